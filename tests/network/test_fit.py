"""One fit by itself: averaging, early stopping, and checkpoints that any version can resume or refuse."""

import json

import numpy as np
import pytest

from posters.errors import RunError, TrainingError
from posters.network import keras
from posters.network.data import Batches
from posters.network.fit import FitState, MovingAverage, compile_model, fit
from posters.network.schedules import make_schedule

X = np.linspace(-1, 1, 12, dtype=np.float32)[:, None]
BATCHES = Batches(X, 3 * X, rows=np.arange(12), batch_size=4, seed=0)


def line(units=1, rate=0.1):
    """A model of one slope, 3 once it is fitted, compiled and fresh."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units, kernel_initializer="zeros")])
    compile_model(model, keras.losses.MeanSquaredError(), make_schedule("cosine", rate, steps=12), weight_decay=0.0)
    return model


def fitted(path, scores, epochs=4, patience=4, rate=0.1, best_score=float("-inf")):
    """Fit with the validation scores that are given, one an epoch; the state and the slopes that were validated."""
    state = FitState("head", line(rate=rate), ema=0.5, best_score=best_score)
    slopes = []

    def validate():
        slopes.append(float(state.model.get_weights()[0][0, 0]))
        return {"macro_map": scores[len(state.history)]}

    fit(state, BATCHES, validate, epochs=epochs, patience=patience, checkpoint=path)
    return state, slopes


def test_the_best_epoch_is_kept(tmp_path):
    state, slopes = fitted(tmp_path / "head.npz", [0.1, 0.3, 0.2, 0.25])
    assert (state.best_epoch, state.best_score, state.epoch) == (1, 0.3, 4)
    assert float(state.model.get_weights()[0][0, 0]) == slopes[1]
    assert len(set(slopes)) == 4
    assert [row["validation_macro_map"] for row in state.history] == [0.1, 0.3, 0.2, 0.25]
    assert state.history[-1]["learning_rate"] == 0.0


def test_it_stops_after_epochs_without_a_better_score(tmp_path):
    state, _ = fitted(tmp_path / "head.npz", [0.3, 0.2, 0.1, 0.9], patience=2)
    assert (state.epoch, state.best_epoch) == (3, 0)


def test_weights_that_no_epoch_beats_stay(tmp_path):
    state, _ = fitted(tmp_path / "head.npz", [0.3, 0.2, 0.1, 0.2], best_score=0.5)
    assert (state.best_epoch, state.best_score) == (-1, 0.5)
    assert float(state.model.get_weights()[0][0, 0]) == 0.0


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_a_resumed_fit_ends_as_one_that_was_not_interrupted(tmp_path, epochs):
    scores = [0.1, 0.3, 0.2, 0.4]
    whole, _ = fitted(tmp_path / "whole.npz", scores)
    fitted(tmp_path / "cut.npz", scores, epochs=epochs)
    resumed, _ = fitted(tmp_path / "cut.npz", scores)
    np.testing.assert_array_equal(resumed.model.get_weights()[0], whole.model.get_weights()[0])
    assert [row["train_loss"] for row in resumed.history] == [row["train_loss"] for row in whole.history]


# Checkpoints


def test_a_checkpoint_of_version_0_1_is_resumed(tmp_path):
    """Its layout: arrays numbered within "model", "optimizer", "average" and "best", and the progress as JSON."""
    state = FitState("head", line(), ema=0.5)
    optimizer = [variable.numpy() for variable in state.model.optimizer.variables]
    arrays = {
        "model": [np.array([[2.5]], np.float32), np.zeros(1, np.float32)],
        "optimizer": optimizer,
        "average": [np.array([[2.0]], np.float32), np.zeros(1, np.float32), np.float32(9)],
        "best": [np.array([[1.5]], np.float32), np.zeros(1, np.float32)],
    }
    progress = {"epoch": 3, "step": 1, "loss": 0.5, "best_score": 0.75, "best_epoch": 2, "history": [{"epoch": 3}]}
    named = {f"{name}/{place}": array for name, values in arrays.items() for place, array in enumerate(values)}
    np.savez(tmp_path / "head.npz", **named, progress=np.frombuffer(json.dumps(progress).encode(), np.uint8))
    state.restore(tmp_path / "head.npz")
    assert (state.epoch, state.step, state.loss, state.best_score, state.best_epoch) == (3, 1, 0.5, 0.75, 2)
    assert float(state.model.get_weights()[0][0, 0]) == 2.5
    fit(state, BATCHES, lambda: {"macro_map": 0.1}, epochs=4, patience=4, checkpoint=tmp_path / "new.npz")
    assert float(state.model.get_weights()[0][0, 0]) == 1.5
    assert [row["epoch"] for row in state.history] == [3, 4]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_damaged_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "head.npz").write_bytes(content)
    with pytest.raises(RunError, match=r"is damaged .*: remove it to train this stage again"):
        fitted(tmp_path / "head.npz", [0.1] * 4)


def test_a_checkpoint_of_another_version_is_refused(tmp_path):
    np.savez(tmp_path / "head.npz", progress=np.frombuffer(b'{"epoch": 3, "lr": 0.1}', np.uint8))
    with pytest.raises(RunError, match="another version wrote the checkpoint"):
        fitted(tmp_path / "head.npz", [0.1] * 4)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    fitted(tmp_path / "head.npz", [0.1] * 4)
    with pytest.raises(TrainingError, match="the checkpoint belongs to another network"):
        FitState("head", line(units=2), ema=0.5).restore(tmp_path / "head.npz")


def test_a_loss_that_is_no_number_names_the_step(tmp_path):
    with pytest.raises(TrainingError, match="the loss became nan in step 1 of epoch 1 of the head"):
        FitState("head", line(), ema=0.5).add_step(float("nan"))


# Averaged weights, and logs


def test_the_average_follows_its_formula():
    variable = keras.Variable([0.0])
    average = MovingAverage([variable], decay=0.5)
    expected = 0.0
    for step, value in enumerate([1.0, 3.0, 2.0, 5.0, 4.0, 7.0, 1.0, 9.0, 2.0, 2.0], start=1):
        variable.assign([value])
        average.update()
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    with average.in_place():
        assert float(variable.value[0]) == pytest.approx(expected)
    assert float(variable.value[0]) == 2.0


def test_no_decay_keeps_the_weights_themselves():
    variable = keras.Variable([0.0])
    average = MovingAverage([variable], decay=0.0)
    variable.assign([3.0])
    average.update()
    with average.in_place():
        assert float(variable.value[0]) == 3.0
