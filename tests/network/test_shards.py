"""Training from shards ends in the weights of training from packed posters, to the bit."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

import posters
from posters.errors import ArraysError, RunError
from posters.network import keras
from posters.runs import Run
from posters.store import shards as shards_module
from posters.store.shards import pack_shards, shards_place
from posters.tasks import train as train_module

pytest.importorskip("pyarrow")


@pytest.fixture
def shards(monkeypatch, colours, small, tmp_path):
    """The colours in eight shards."""
    for module in (shards_module, train_module):
        monkeypatch.setattr(module, "SHARD", 16)
    pack_shards(colours, shards_place(tmp_path / "shards", small.preprocess), small.preprocess)
    return tmp_path / "shards"


def weights(run):
    return keras.models.load_model(run / "classifier" / "network.keras").get_weights()


def assert_equal(run, other):
    for mine, others in zip(weights(run), weights(other), strict=True):
        np.testing.assert_array_equal(mine, others)


@pytest.mark.parametrize("window", [24, 8_192])
def test_the_weights_are_those_of_packed_posters(colours, small, shards, tmp_path, window):
    config = replace(small, augment=True, mixup=0.4, window=window, epochs=2)
    posters.train(colours, tmp_path / "packed", config, cache=tmp_path / "cache")
    posters.train(colours, tmp_path / "streamed", config, cache=tmp_path / "empty", shards=shards)
    assert_equal(tmp_path / "packed", tmp_path / "streamed")
    assert not list((tmp_path / "empty").rglob("posters.npy"))


def test_a_killed_run_goes_on_to_the_same_weights(colours, small, shards, tmp_path, monkeypatch):
    """Killed in the second epoch, and resumed from packed posters, which lie elsewhere."""
    config = replace(small, window=24, epochs=2)
    posters.train(colours, tmp_path / "whole", config, cache=tmp_path / "cache", shards=shards)
    left, read = [8], shards_module.ShardedPosters.__getitem__

    def killed(self, rows):
        left[0] -= len(rows) == config.batch_size
        if left[0] < 0:
            raise KeyboardInterrupt
        return read(self, rows)

    monkeypatch.setattr("posters.network.fit.CHECKPOINT_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(shards_module.ShardedPosters, "__getitem__", killed)
        with pytest.raises(BaseException):  # noqa: B017, PT011  # Whatever TensorFlow makes of it.
            posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache", shards=shards)
    assert (tmp_path / "run" / "checkpoints" / "network.npz").exists()
    assert not Run(tmp_path / "run").finished
    posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache", resume=True)
    assert_equal(tmp_path / "whole", tmp_path / "run")


def test_the_window_is_part_of_the_run(colours, small, shards, tmp_path):
    posters.train(colours, tmp_path / "run", small, cache=tmp_path / "cache", shards=shards, epochs=1)
    assert Run(tmp_path / "run").config().window == 8_192
    with pytest.raises(RunError, match="began with window = 8192, and can't be resumed with 16"):
        posters.train(colours, tmp_path / "run", small, shards=shards, epochs=1, window=16, resume=True)


def test_a_damaged_shard_is_one_line(colours, small, shards, tmp_path):
    place = shards_place(shards, small.preprocess)
    shutil.copy(place / "shard-00000.parquet", place / "shard-00004.parquet")
    with pytest.raises(ArraysError, match=r"^[^\n]*shard-00004\.parquet is damaged, or has other posters by now"):
        posters.train(colours, tmp_path / "run", small, cache=tmp_path / "cache", shards=shards)
    assert not (tmp_path / "run").exists()
