"""Fit a compiled Keras model: an explicit step, averaged weights, early stopping and exact resume.

Keras's own `fit` restores neither patience nor best score nor the order of the data after a kill, so this loop is ours:
`fit` drives it, and a `FitState` is all that it must remember. The model stays an ordinary compiled Keras model, which
anyone may `fit`.
"""

import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.atomic_files import replacing
from posters._base.interrupts import Interrupts, deferred_interrupts
from posters._base.log import logger
from posters._base.npz import open_npz
from posters._base.progress import tqdm
from posters.errors import RunError, TrainingError
from posters.network.data import Batches, failures_named
from posters.network.tensorflow import keras, tf

# Least time between two checkpoints; one more is written at the end.
CHECKPOINT_SECONDS = 60.0
_STOPPED = "stopped"  # in a checkpoint only where it is so: older versions refuse names that they don't know
# Of AdamW: parameters that shift or scale activations are not pulled towards zero.
_NOT_DECAYED = ["bias", "beta", "gamma"]


class MovingAverage:
    r"""Average the weights of the last steps, which generalises better than the weights of the last one.

    .. math:: \bar w_t = d_t \bar w_{t-1} + (1 - d_t) w_t, \quad d_t = \min(d, (1 + t) / (10 + t))

    The rising d_t, as in TensorFlow's ExponentialMovingAverage, lets a short fit forget where it began (Tarvainen
    and Valpola 2017, "Mean teachers are better role models", on averaging weights).

    Args:
        variables: Keras variables of the model, statistics of batch normalisation included; those that are not floats
            are not averaged.
        decay: d, at least 0 and below 1; 0 makes the average the weights themselves.

    Examples:
        >>> weight = keras.Variable([4.0])
        >>> average = MovingAverage([weight], decay=0.0)
        >>> weight.assign([2.0]) is None or average.update()
        >>> with average.in_place():
        ...     float(weight.value[0])
        2.0
    """

    def __init__(self, variables: list[Any], decay: float) -> None:
        self.decay = decay
        self.variables = [variable for variable in variables if "float" in str(variable.dtype)]
        self.averages = [tf.Variable(variable.value, trainable=False) for variable in self.variables]
        self.step = tf.Variable(0.0, trainable=False)

    @property
    def state(self) -> list[Any]:
        """The variables that a checkpoint must hold."""
        return [*self.averages, self.step]

    def update(self) -> None:
        """Take in the present weights; may be called inside a `tf.function`."""
        # Counted in a variable, since a Python number would be frozen into the traced step.
        self.step.assign_add(1.0)
        decay = tf.minimum(self.decay, (1 + self.step) / (10 + self.step))
        for average, variable in zip(self.averages, self.variables, strict=True):
            average.assign(decay * average + (1 - decay) * tf.cast(variable.value, average.dtype))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the model the averages for weights while the block runs."""
        own = [np.array(variable.value.numpy()) for variable in self.variables]
        for average, variable in zip(self.averages, self.variables, strict=True):
            variable.assign(average)
        try:
            yield
        finally:
            for value, variable in zip(own, self.variables, strict=True):
                variable.assign(value)


class FitState:
    """All that one fit must remember: weights, optimizer, averages, the best weights, and how far it has come.

    Args:
        stage: "head" or "network"; names the fit in the progress bar, the history and error messages.
        model: compiled; its loss and optimizer are used.
        ema: decay of the weights' moving average; the averages are what is validated and kept.
        best_score: what the model's present weights score already; they are kept if no epoch beats it.

    Attributes:
        epoch: the running epoch, from 0.
        step: its next step.
        loss: mean training loss of the running epoch's steps so far.
        best_score: highest validation score.
        best_epoch: the epoch that reached it, or -1.
        history: a row for each finished epoch.
        stopped: whether a Keras callback ended the fit before its time.

    Examples:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> state = FitState("head", model, ema=0.9)
        >>> state.epoch, state.best_epoch, state.history
        (0, -1, [])
    """

    # A checkpoint of any version holds exactly these; another set of names makes it unreadable to older versions.
    _PLAIN = ("epoch", "step", "loss", "best_score", "best_epoch", "history")

    def __init__(self, stage: str, model: Any, ema: float, best_score: float = float("-inf")) -> None:
        self.stage = stage
        self.model = model
        model.optimizer.build(model.trainable_variables)
        self.average = MovingAverage(model.variables, ema)
        self.epoch, self.step, self.loss = 0, 0, 0.0
        self.best_score, self.best_epoch = best_score, -1
        self.best_weights = self._weights()
        self.history: list[dict[str, Any]] = []
        self.stopped = False

    def _weights(self) -> list[np.ndarray]:
        # Copied: an array from `numpy()` may share its memory with the variable, which training goes on to change.
        return [np.array(variable.value.numpy()) for variable in self.average.variables]

    def add_step(self, loss: float) -> None:
        """Count one training step with its mean loss.

        Raises:
            TrainingError: the loss is not a finite number.
        """
        if not np.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} in step {self.step + 1} of epoch {self.epoch + 1} of the {self.stage}: "
                "lower the learning rate"
            )
        self.step += 1
        self.loss += (loss - self.loss) / self.step

    def finish_epoch(self, validate: Callable[[], Mapping[str, float]], seconds: float) -> dict[str, float]:
        """Validate the averaged weights, keep them if they are the best so far, and add a row to the history.

        Returns:
            What Keras calls the logs of the epoch: `loss`, the validation figures by `val_` and their names, and
            `learning_rate`.
        """
        # The averages are what is judged and kept; training itself goes on from the weights of the last step.
        with self.average.in_place():
            figures = validate()
            score = float(figures["macro_map"])
            if score > self.best_score:
                self.best_score, self.best_epoch = score, self.epoch
                self.best_weights = self._weights()
        rate = float(self.model.optimizer.learning_rate.numpy())
        logs = {"loss": self.loss, **{f"val_{name}": value for name, value in figures.items()}, "learning_rate": rate}
        row = {
            "stage": self.stage,
            "epoch": self.epoch + 1,
            "train_loss": round(self.loss, 6),
            "validation_macro_map": round(score, 6),
            "learning_rate": float(f"{rate:.4g}"),
            "seconds": round(seconds, 2),
        }
        self.history.append(row)
        # Only now, so that a checkpoint written before repeats the validation of a full epoch.
        self.epoch, self.step, self.loss = self.epoch + 1, 0, 0.0
        return logs

    def is_finished(self, epochs: int, patience: int) -> bool:
        """Whether all epochs have run, or `patience` of them without a better score, or a callback stopped the fit."""
        return self.stopped or self.epoch >= epochs or self.epoch - 1 - self.best_epoch >= patience

    def save(self, path: Path) -> None:
        """Write everything to a checkpoint; a kill leaves the one before or this one."""
        arrays = {name: [each.numpy() for each in variables] for name, variables in self._variables().items()}
        progress = {name: getattr(self, name) for name in self._PLAIN} | ({_STOPPED: True} if self.stopped else {})
        write_checkpoint(path, {**arrays, "best": self.best_weights}, progress)

    def restore(self, path: Path) -> None:
        """Continue from a checkpoint.

        Raises:
            RunError: the file is damaged, or another version wrote it.
            TrainingError: it belongs to another network.
        """
        arrays, progress = read_checkpoint(path)
        if progress.keys() - {_STOPPED} != set(self._PLAIN):
            raise RunError(f"another version wrote the checkpoint {path}: remove it to train this stage again")
        for name, variables in self._variables().items():
            _assign(variables, arrays.get(name, []))
        self.best_weights = arrays.get("best", [])
        for name, value in progress.items():
            setattr(self, name, value)

    def keep_best(self) -> None:
        """Leave the best weights in the model."""
        _assign(self.average.variables, self.best_weights)

    def _variables(self) -> dict[str, list[Any]]:
        optimizer = self.model.optimizer.variables
        return {"model": self.model.variables, "optimizer": optimizer, "average": self.average.state}


def _assign(variables: list[Any], values: list[np.ndarray]) -> None:
    # Compared before anything is assigned, so that the error is one line of ours and nothing is half restored.
    if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
        raise TrainingError(
            "the checkpoint belongs to another network: remove the run, or resume it with its own config"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def compile_model(model: Any, loss: Any, schedule: Any, weight_decay: float) -> None:
    """Compile a Keras model with AdamW (Loshchilov and Hutter 2019).

    Args:
        model: compiled in place.
        loss: a Keras loss; see `posters.network.losses`.
        schedule: a learning rate, or a Keras schedule of one; see `posters.network.schedules`.
        weight_decay: not applied to biases and to the scales and shifts of normalisation.

    Examples:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> compile_model(model, keras.losses.MeanSquaredError(), schedule=0.1, weight_decay=0.05)
        >>> type(model.optimizer).__name__
        'AdamW'
    """
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=weight_decay)
    optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    model.compile(optimizer=optimizer, loss=loss)


def fit(  # noqa: PLR0913 -- what `keras.Model.fit` is told, and what it can't be: state and checkpoint
    state: FitState,
    batches: Batches,
    validate: Callable[[], Mapping[str, float]],
    *,
    epochs: int,
    patience: int,
    checkpoint: Path,
    on_epoch: Callable[[FitState], None] = lambda state: None,
    callbacks: Sequence[Any] = (),
    checkpoint_seconds: float | None = None,
) -> None:
    """Fit a model to the end, from where its checkpoint left off or from the start, and leave its best weights in it.

    A fit that was killed and resumed ends with the same weights, bit for bit, as one that was not. In the scope of a
    `tf.distribute` strategy, its replicas share each batch.

    Args:
        state: made of the compiled model.
        batches: the training data.
        validate: returns figures of the model's present weights; called once an epoch. "macro_map" is the score, of
            which larger is better; the others are for callbacks.
        epochs: most epochs.
        patience: epochs without a better score before the fit stops.
        checkpoint: the file that keeps the state.
        on_epoch: called after each finished epoch.
        callbacks: Keras callbacks, called as Keras's own `fit` does, but with the averaged weights in the model at the
            end of an epoch, since these were validated. `self.params["stage"]` tells them which fit it is.
        checkpoint_seconds: least time between two checkpoints; by default `CHECKPOINT_SECONDS`.

    Raises:
        RunError: the checkpoint is damaged.
        TrainingError: the checkpoint belongs to another network, or the loss is not a finite number.

    Examples:
        >>> import tempfile
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
        >>> compile_model(model, keras.losses.MeanSquaredError(), schedule=0.1, weight_decay=0.0)
        >>> x = np.linspace(-1, 1, 8, dtype=np.float32)[:, None]
        >>> batches = Batches(x, 3 * x, rows=np.arange(8), batch_size=8, seed=0)
        >>> state, path = FitState("head", model, ema=0.0), Path(tempfile.mkdtemp()) / "head.npz"
        >>> def validate():
        ...     return {"macro_map": float(model.get_weights()[0][0, 0])}
        >>> fit(state, batches, validate, epochs=2, patience=2, checkpoint=path)
        >>> [row["epoch"] for row in state.history], path.exists()
        ([1, 2], True)
    """
    if checkpoint.exists():
        state.restore(checkpoint)
    train_step = _make_train_step(state.model, batches.size, state.average)
    saved, seconds = time.monotonic(), CHECKPOINT_SECONDS if checkpoint_seconds is None else checkpoint_seconds
    # One endless dataset: epochs follow each other in it.
    steps = iter(_among_replicas(batches, state))
    done = state.epoch * batches.steps + state.step
    bar = tqdm(total=epochs * batches.steps, initial=done, desc=state.stage, unit="step")
    calls = _CallbackCalls(callbacks, state, epochs, batches.steps)
    with bar, failures_named(batches.x), _saved_on_interrupt(state, checkpoint) as interrupts:
        while not state.is_finished(epochs, patience):
            began = time.monotonic()
            bar.set_description(f"{state.stage}, epoch {state.epoch + 1} of {epochs}", refresh=False)
            calls.begin_epoch()
            for x, y in islice(steps, batches.steps - state.step):
                calls.begin_step()
                state.add_step(float(train_step(x, y)))
                stopped = calls.end_step()
                bar.set_postfix(loss=f"{state.loss:.4f}", best_map=f"{state.best_score:.4f}", refresh=False)
                bar.update()
                interrupts.check()
                if time.monotonic() - saved > seconds:
                    state.save(checkpoint)
                    saved = time.monotonic()
                if stopped:
                    break
            logs = state.finish_epoch(interrupts.letting(validate), time.monotonic() - began)
            calls.end_epoch(logs)
            on_epoch(state)
    calls.end()
    state.save(checkpoint)
    state.keep_best()


class _CallbackCalls:
    """Calls the callbacks of one fit when Keras's own `fit` would; without callbacks, nothing is done."""

    def __init__(self, callbacks: Sequence[Any], state: FitState, epochs: int, steps: int) -> None:
        self._state = state
        parameters = {"epochs": epochs, "steps": steps, "stage": state.stage}
        # None where there are none: an empty list of Keras's starts a thread that it hands every step to.
        everyone = list(callbacks)
        self._list: Any = keras.callbacks.CallbackList(everyone, model=state.model, **parameters) if everyone else None
        self._begun = False

    def begin_epoch(self) -> None:
        if self._list and not self._begun:
            # Here, since of a fit that is finished nothing begins.
            self._state.model.stop_training, self._begun = False, True
            self._list.on_train_begin()
        if self._list:
            self._list.on_epoch_begin(self._state.epoch)

    def begin_step(self) -> None:
        if self._list:
            self._list.on_train_batch_begin(self._state.step)

    def end_step(self) -> bool:
        """Return whether a callback wants no more steps."""
        if not self._list:
            return False
        # The mean of the epoch so far, as Keras reports it.
        self._list.on_train_batch_end(self._state.step - 1, {"loss": self._state.loss})
        return bool(self._state.model.stop_training)

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        if self._list:
            # What a callback keeps at this point should be what was validated.
            with self._state.average.in_place():
                self._list.on_epoch_end(self._state.epoch - 1, dict(logs))
            self._state.stopped = bool(self._state.model.stop_training)

    def end(self) -> None:
        if self._begun:
            self._list.on_train_end()


@contextmanager
def _saved_on_interrupt(state: FitState, checkpoint: Path) -> Iterator[Interrupts]:
    """Hold interrupts back within a step, and write a checkpoint before giving way to one."""
    with deferred_interrupts() as interrupts:
        try:
            yield interrupts
        except KeyboardInterrupt:
            # In the midst of a step, weights and counters don't belong together: the last checkpoint stays.
            if not interrupts.in_midst:
                state.save(checkpoint)
                logger.info(f"interrupted after step {state.step} of epoch {state.epoch + 1}; --resume continues there")
            raise


def _among_replicas(batches: Batches, state: FitState) -> Any:
    """Return the batches that follow so that each replica of the strategy in scope gets its equal share of each."""
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batches.from_epoch(state.epoch, state.step)

    # Not experimental_distribute_dataset: with any policy of sharding that keeps the order, each process would read
    # and augment whole batches, and throw away what is not its own.
    def own(context: Any) -> Any:
        here = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * here
        return batches.from_epoch(state.epoch, state.step, range(first, first + here), replicas)

    return strategy.distribute_datasets_from_function(own)


def _make_train_step(model: Any, batch_size: int, average: MovingAverage) -> Any:
    """Return the one training step: (x, y) to the mean loss of the batch, on one device or many."""
    strategy = tf.distribute.get_strategy()

    def on_replica(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            # `call` gives a value for each poster, where the loss itself would average over one device's share.
            per_poster = model.loss.call(y, model(x, training=True))
            loss = tf.nn.compute_average_loss(per_poster, global_batch_size=batch_size)
            # float16 gradients underflow unless the optimizer scales the loss; it does nothing in float32.
            scaled = model.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def train_step(x: Any, y: Any) -> Any:
        loss = strategy.reduce("SUM", strategy.run(on_replica, args=(x, y)), axis=None)
        # Inside the traced step, where it is part of one graph and not an eager operation for each variable.
        average.update()
        return loss

    return train_step


def write_checkpoint(path: Path, arrays: dict[str, list[np.ndarray]], progress: dict[str, Any]) -> None:
    """Write named lists of arrays, and plain data, so that a kill leaves the checkpoint before or this one.

    Args:
        path: an .npz file.
        arrays: lists by name.
        progress: plain data, ready for JSON.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "head.npz"
        >>> write_checkpoint(path, {"model": [np.ones(2)]}, {"epoch": 3})
        >>> read_checkpoint(path)
        ({'model': [array([1., 1.])]}, {'epoch': 3})
    """
    named: dict[str, Any] = {"progress": np.frombuffer(json.dumps(progress).encode(), np.uint8)}
    for name, values in arrays.items():
        named |= {f"{name}/{place}": array for place, array in enumerate(values)}
    with replacing(path) as temporary:
        np.savez(temporary, **named)


def read_checkpoint(path: Path) -> tuple[dict[str, list[np.ndarray]], dict[str, Any]]:
    """Return the arrays and the plain data that `write_checkpoint` wrote.

    Raises:
        RunError: the file is damaged.

    Examples:
        >>> read_checkpoint(Path("none.npz"))
        Traceback (most recent call last):
        posters.errors.RunError: the checkpoint none.npz is damaged (...): remove it to train this stage again
    """
    try:
        # Without pickled objects: a checkpoint from somebody else must not run code.
        with open_npz(path) as stored:
            progress = json.loads(stored["progress"].tobytes())
            arrays: dict[str, list[np.ndarray]] = {}
            for key in stored.files:
                name, separator, _ = key.partition("/")
                if separator:
                    arrays.setdefault(name, []).append(stored[key])
            return arrays, progress
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"the checkpoint {path} is damaged ({error}): remove it to train this stage again") from error
