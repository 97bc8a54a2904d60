"""`posters pack`: what training then finds, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from posters.catalogue import read_catalogue
from posters.config import PreprocessConfig, TrainConfig
from posters.store.cache import arrays_directory
from posters.store.packed_posters import pack

OPTIONS = ("--min-posters", 1, "--height", 48, "--width", 32)


def test_it_packs_in_the_sizes_that_training_looks_for(posters, table, tmp_path, messages):
    outcome = posters("pack", table, *OPTIONS, "--train-scale", 0.5, "--cache", tmp_path / "cache")
    assert outcome.code == 0
    config = TrainConfig(preprocess=PreprocessConfig(height=48, width=32), train_scale=0.5)
    catalogue = read_catalogue(table, min_posters=1, report=False)
    sizes = [config.preprocess, config.stage_preprocess(config.fine_tuning[0])]
    places = [arrays_directory(tmp_path / "cache", catalogue, size) for size in sizes]
    assert outcome.out == "".join(f"{place}: {len(catalogue)} posters\n" for place in places)
    for size, place in zip(sizes, places, strict=True):
        messages.clear()
        assert pack(catalogue, place, size).posters.shape == (len(catalogue), *size.shape)
        assert messages == [f"{len(catalogue)} posters are packed already in {place}"]


def test_one_size_is_packed_where_training_needs_one(posters, table, tmp_path):
    outcome = posters("pack", table, *OPTIONS, "--epochs", 0, "--cache", tmp_path)
    assert len(outcome.out.splitlines()) == 1
    place = Path(outcome.out.partition(":")[0])
    assert np.load(place / "posters.npy").shape[1:] == (48, 32, 3)


def test_a_poster_that_is_no_picture_is_named_and_the_rest_is_packed(posters, table, tmp_path, messages):
    (table.parent / "images" / "night.png").write_bytes(b"no picture")
    outcome = posters("pack", table, *OPTIONS, "--epochs", 0, "--cache", tmp_path)
    assert outcome.code == 1
    assert "2 posters" in outcome.out
    assert any("night.png" in line for line in messages)


def test_an_address_without_a_cluster_is_refused(posters, table, tmp_path):
    outcome = posters("pack", table, *OPTIONS, "--cache", tmp_path, "--address", "10.0.0.1:6379")
    assert (outcome.code, outcome.out) == (2, "")
    assert "--address is that of a Ray cluster: add --engine ray" in outcome.err


def test_it_packs_into_shards_of_each_size(posters, table, tmp_path):
    pytest.importorskip("pyarrow")
    place = tmp_path / "shards"
    outcome = posters("pack", table, *OPTIONS, "--train-scale", 0.5, "--shards", place, "--cache", tmp_path / "cache")
    assert outcome.code == 0
    sizes = sorted(path.name for path in place.iterdir())
    assert sizes == sorted(Path(line.partition(":")[0]).name for line in outcome.out.splitlines())
    assert sizes[-1] == "48x32"
    assert len(sizes) == 2
    assert not (tmp_path / "cache").exists()
    other = posters("pack", table, *OPTIONS, "--aspect", "pad", "--shards", place)
    assert other.code == 2
    assert "was packed with aspect = 'stretch', not 'pad': give the same options, or name another folder" in other.err
