"""Keras callbacks in `posters.train`: what they are told and when, and what a stop leaves behind."""

import csv

import numpy as np
import pytest

import posters
from posters.config import RayWorkers
from posters.errors import ConfigError
from posters.network import keras
from posters.network.data import Batches
from posters.network.fit import FitState, compile_model, fit
from posters.runs import Run


class Diary(keras.callbacks.Callback):
    """Writes down what it is told."""

    def __init__(self):
        super().__init__()
        self.entries, self.logs, self.slopes = [], [], []

    def on_train_begin(self, logs=None):
        self.entries.append((self.params.get("stage"), "begins"))

    def on_epoch_begin(self, epoch, logs=None):
        self.entries.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch, logs=None):
        self.entries.append(batch)
        self.logs.append(logs)

    def on_epoch_end(self, epoch, logs=None):
        self.entries.append(f"end of {epoch}")
        self.logs.append(logs)
        self.slopes.append(self.model.get_weights()[0].ravel()[0])

    def on_train_end(self, logs=None):
        self.entries.append("ends")


class Stop(keras.callbacks.Callback):
    """Ends a fit after some steps or epochs."""

    def __init__(self, step=None, epoch=None):
        super().__init__()
        self.step, self.epoch = step, epoch

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training |= batch == self.step

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training |= epoch == self.epoch


def fitted(path, *callbacks, epochs=3):
    """A slope fitted in epochs of two steps; its state, and the slopes that were validated."""
    x = np.linspace(-1, 1, 12, dtype=np.float32)[:, None]
    batches = Batches(x, 3 * x, rows=np.arange(12), batch_size=6, seed=0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    compile_model(model, keras.losses.MeanSquaredError(), schedule=0.1, weight_decay=0.0)
    state, slopes = FitState("head", model, ema=0.5), []

    def validate():
        slopes.append(float(model.get_weights()[0][0, 0]))
        return {"macro_map": 0.5 + len(slopes) / 10, "loss": 0.25}

    fit(state, batches, validate, epochs=epochs, patience=9, checkpoint=path, callbacks=callbacks)
    return state, slopes


def test_they_are_called_as_by_fit_of_keras(tmp_path):
    diary, theirs = Diary(), Diary()
    fitted(tmp_path / "fit.npz", diary, epochs=2)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((12, 1)), np.zeros((12, 1)), batch_size=6, epochs=2, callbacks=[theirs], verbose=0)
    assert diary.entries[1:] == theirs.entries[1:]
    assert diary.entries[0] == ("head", "begins")
    assert diary.params == {"epochs": 2, "steps": 2, "stage": "head"}


def test_an_epoch_ends_with_its_figures_and_with_the_weights_that_were_validated(tmp_path):
    diary = Diary()
    state, slopes = fitted(tmp_path / "fit.npz", diary, epochs=2)
    of_epochs = [logs for logs in diary.logs if len(logs) > 1]
    assert [list(logs) for logs in of_epochs] == [["learning_rate", "loss", "val_loss", "val_macro_map"]] * 2
    assert [logs["val_macro_map"] for logs in of_epochs] == [0.6, 0.7]
    assert of_epochs[0]["loss"] == pytest.approx(state.history[0]["train_loss"], abs=1e-6)
    assert of_epochs[0]["learning_rate"] == pytest.approx(0.1)
    assert diary.logs[1]["loss"] == of_epochs[0]["loss"]  # The mean of the epoch after its last step.
    np.testing.assert_allclose(diary.slopes, slopes)


def test_watching_changes_nothing(tmp_path):
    watched, _ = fitted(tmp_path / "watched.npz", Diary())
    alone, _ = fitted(tmp_path / "alone.npz")
    np.testing.assert_array_equal(watched.model.get_weights()[0], alone.model.get_weights()[0])


@pytest.mark.parametrize(("stop", "epochs", "steps"), [(Stop(epoch=1), 2, 4), (Stop(step=0), 1, 1)])
def test_a_stop_is_remembered_by_a_resumed_fit(tmp_path, stop, epochs, steps):
    diary, none = Diary(), Diary()
    first, _ = fitted(tmp_path / "fit.npz", stop, diary)
    assert (len(first.history), sum(isinstance(entry, int) for entry in diary.entries)) == (epochs, steps)
    assert diary.entries[-1] == "ends"
    again, _ = fitted(tmp_path / "fit.npz", none)
    assert again.stopped
    assert none.entries == []
    np.testing.assert_array_equal(again.model.get_weights()[0], first.model.get_weights()[0])


def test_what_keras_has_works_in_a_run(colours, small, tmp_path):
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", min_delta=9.0, patience=1, restore_best_weights=True)
    kept = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    table = keras.callbacks.CSVLogger(tmp_path / "epochs.csv")
    posters.train(colours, tmp_path / "run", small, cache=tmp_path / "cache", callbacks=[stop, kept, table])
    history = Run(tmp_path / "run").epochs()
    rows = list(csv.DictReader((tmp_path / "epochs.csv").read_text().splitlines()))
    assert [epoch.epoch for epoch in history] == [1, 2]
    assert [float(row["val_macro_map"]) for row in rows] == pytest.approx(
        [e.validation_macro_map for e in history], abs=1e-6
    )
    # The epoch that the run kept, whatever `restore_best_weights` put back.
    best = max(history, key=lambda epoch: epoch.validation_macro_map).epoch
    ours = keras.models.load_model(tmp_path / "run" / "classifier" / "network.keras")
    theirs = keras.models.load_model(tmp_path / f"{best}.keras")
    for own, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


@pytest.mark.parametrize("wrong", [keras.callbacks.EarlyStopping, "tensorboard", print])
def test_what_is_no_callback_is_refused_before_anything_is_packed(colours, small, tmp_path, wrong):
    with pytest.raises(ConfigError, match="callbacks must be Keras callbacks, such as"):
        posters.train(colours, tmp_path / "run", small, cache=tmp_path / "cache", callbacks=[wrong])
    assert list(tmp_path.iterdir()) == []


def test_callbacks_and_workers_are_refused_together(colours, small, tmp_path):
    with pytest.raises(ConfigError, match="callbacks can't watch what workers fine-tune"):
        posters.train(colours, tmp_path / "run", small, workers=RayWorkers(2), callbacks=[Diary()])
