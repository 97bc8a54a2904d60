"""Fine-tuning in stages: each with its own tables, size, epochs and learning rate."""

from dataclasses import replace

import numpy as np
import pytest

import posters
from posters.config import Stage, read_config
from posters.errors import CatalogueError
from posters.network import fit as fitting
from posters.network import keras
from posters.network.data import Batches
from posters.runs import Run
from posters.scores import read_scores

SMALL_FIRST = (
    Stage(scale=0.75, epochs=2, learning_rate=3e-3, batch_size=16),
    Stage(tables=("films",), scale=1.0, epochs=1, learning_rate=1e-3, batch_size=8),
)


@pytest.fixture(scope="module")
def together(colours):
    """The posters of two tables: 80 of films, 40 of others."""
    rows = [replace(poster, tables=("films" if number < 80 else "others",)) for number, poster in enumerate(colours)]
    return replace(colours, posters=tuple(rows))


@pytest.fixture(scope="module")
def staged(small):
    return replace(small, epochs=4, learning_rate=1e-4, batch_size=32, train_scale=0.75, stages=SMALL_FIRST)


@pytest.fixture(scope="module")
def run(tmp_path_factory, together, staged):
    folder = tmp_path_factory.mktemp("staged")
    posters.train(together, folder / "run", staged, cache=folder / "cache")
    return Run(folder / "run")


def load_weights(run):
    return keras.models.load_model(run / "classifier" / "network.keras").get_weights()


def test_each_stage_has_its_epochs(run):
    assert [(epoch.stage, epoch.epoch) for epoch in run.epochs()] == [
        ("network 1", 1),
        ("network 1", 2),
        ("network 2", 1),
    ]


def test_posters_of_tables_that_only_help_train_neither_choose_nor_judge(run):
    splits = run.splits()
    assert {splits[str(number)] for number in range(80, 120)} == {"train"}
    assert {splits[str(number)] for number in range(80)} == {"train", "validation", "test"}
    figures = posters.evaluate_run(run.path)
    assert figures.posters == sum(split == "test" for split in splits.values())


def test_each_stage_learns_from_its_tables_in_its_size(together, staged, tmp_path, monkeypatch):
    seen = []
    gather = Batches.from_epoch

    def noted(self, *args):
        seen.append((self.x.shape[1:3], len(self.rows), self.batch_size))
        return gather(self, *args)

    monkeypatch.setattr(Batches, "from_epoch", noted)
    posters.train(together, tmp_path / "run", staged, cache=tmp_path / "cache")
    trained = [id for id, split in Run(tmp_path / "run").splits().items() if split == "train"]
    films = sum(int(id) < 80 for id in trained)
    assert seen == [((27, 18), len(trained), 16), ((36, 24), films, 8)]


def test_a_later_stage_goes_on_from_the_one_before(run, staged, together, tmp_path):
    """The last stage at a rate of nearly nothing leaves the weights of the first."""
    still = replace(staged, stages=(SMALL_FIRST[0], replace(SMALL_FIRST[1], learning_rate=1e-8)))
    first = replace(staged, stages=(SMALL_FIRST[0], replace(SMALL_FIRST[1], learning_rate=1e-7)))
    networks = []
    for name, config in (("still", still), ("first", first)):
        posters.train(together, tmp_path / name, config, cache=tmp_path / "cache")
        networks.append(load_weights(tmp_path / name))
    for one, other in zip(*networks, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


class KilledError(Exception):
    pass


@pytest.mark.parametrize("at", [3, 9])
def test_a_killed_run_resumes_to_the_same_network(run, together, staged, tmp_path, monkeypatch, at):
    steps = []
    add_step = fitting.FitState.add_step

    def counted(self, loss):
        steps.append(loss)
        if len(steps) == at:
            raise KilledError
        add_step(self, loss)

    monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(fitting.FitState, "add_step", counted)
    with pytest.raises(KilledError):
        posters.train(together, tmp_path / "run", staged, cache=tmp_path / "cache")
    posters.train(together, tmp_path / "run", staged, cache=tmp_path / "cache", resume=True)
    networks = [load_weights(path) for path in (run.path, tmp_path / "run")]
    for one, other in zip(*networks, strict=True):
        np.testing.assert_array_equal(one, other)
    scores = [read_scores(Run(path).scores("validation")).y_score for path in (run.path, tmp_path / "run")]
    np.testing.assert_array_equal(*scores)


def test_the_stages_stay_in_the_run(run, staged):
    assert read_config(run.path / "config.toml") == staged


def test_a_table_that_was_not_read_is_refused_before_anything_is_packed(together, staged, tmp_path):
    wrong = replace(staged, stages=(*SMALL_FIRST, replace(SMALL_FIRST[1], tables=("film",))))
    with pytest.raises(CatalogueError, match=r"'film' names none of the .* tables: the tables are films, others"):
        posters.train(together, tmp_path / "run", wrong, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
