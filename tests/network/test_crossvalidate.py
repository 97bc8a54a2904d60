"""Cross-validation: every poster is scored once, by a run that never saw it, and nothing is made twice."""

from dataclasses import replace

import numpy as np
import pytest

from posters.classifier import load_classifier
from posters.runs import Run
from posters.splitting.folds import draw_folds, read_folds
from posters.tasks.crossvalidate import crossvalidate


@pytest.fixture(scope="module")
def crossed(tmp_path_factory, colours, small):
    folder = tmp_path_factory.mktemp("crossed")
    config = replace(small, epochs=0, head_epochs=5, head_learning_rate=1e-2, head_batch_size=16)
    folds = draw_folds(colours, np.arange(len(colours)), count=2, seed=1)
    return crossvalidate(colours, folder / "cv", config, folds=folds, cache=folder / "cache"), folder, config, folds


def test_every_poster_is_scored_by_the_run_that_never_saw_it(crossed, colours):
    scores, folder, _, folds = crossed
    for name in ("model", "probe", "prior", "decisions"):
        assert sorted(scores[name].ids) == sorted(colours.ids)
    for fold in range(2):
        run = Run(folder / "cv" / f"fold-{fold}")
        tested = {id for id, split in run.splits().items() if split == "test"}
        assert tested == {id for id, own in folds.of.items() if own == fold}
        classifier = load_classifier(run.classifier)
        own = classifier.score(colours.among(tested))
        rows = [scores["model"].ids.index(id) for id in own.ids]
        np.testing.assert_allclose(scores["model"].y_score[rows], own.y_score)
        np.testing.assert_array_equal(scores["decisions"].y_score[rows], classifier.decide(own.y_score))
        np.testing.assert_allclose(scores["prior"].y_score[rows], [classifier.manifest.prior] * len(rows))


def test_what_is_there_is_not_made_again(crossed, colours):
    scores, folder, config, folds = crossed
    before = (folder / "cv" / "fold-0" / "train.log").read_bytes()
    again = crossvalidate(colours, folder / "cv", config, folds=folds, cache=folder / "cache")
    assert (folder / "cv" / "fold-0" / "train.log").read_bytes() == before
    np.testing.assert_array_equal(again["model"].y_score, scores["model"].y_score)


def test_folds_are_drawn_once_and_kept(tmp_path, colours, small):
    config = replace(small, epochs=0, head_epochs=1)
    crossvalidate(colours, tmp_path / "cv", config, cache=tmp_path / "cache")
    kept = read_folds(tmp_path / "cv" / "folds.csv")
    assert kept.count == 5
    assert set(kept.of) == set(colours.ids)
