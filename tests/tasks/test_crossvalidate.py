"""Cross-validations that lie on disk: judged over all posters, compared, and refused where they are not whole."""

import shutil

import numpy as np
import pytest

import posters
from posters.catalogue import Catalogue, Poster
from posters.config import TrainConfig
from posters.errors import RunError
from posters.runs import Run
from posters.scores import Scores, write_scores
from posters.splitting.splits import Splits
from posters.tasks.compare import compare_runs
from posters.tasks.crossvalidate import evaluate_crossvalidation, kept_repeats

GENRES = ("Comedy", "Drama", "Horror", "Western")
IDS = tuple("abcdefgh")


@pytest.fixture
def make(golden, tmp_path):
    """Makes a cross-validation of eight posters in two folds with the golden classifier; its scores favour a genre."""
    images = shutil.copytree(golden / "posters", tmp_path / "images")
    for row, id in enumerate(IDS):
        shutil.copy(images / f"{('dusk', 'night', 'ghost')[row % 3]}.png", images / f"{id}.png")
    shown = [Poster(id, f"{id}.png", (GENRES[row % 2],), title=id, year=1999) for row, id in enumerate(IDS)]
    catalogue = Catalogue(tuple(shown), GENRES, images)

    def crossed(name, favoured=0, fold_of=lambda row: row // 4):
        directory = tmp_path / name
        for fold in range(2):
            test = tuple(id for row, id in enumerate(IDS) if fold_of(row) == fold)
            train = tuple(id for id in IDS if id not in test)
            run = Run(directory / f"fold-{fold}")
            run.start(TrainConfig(), Splits(train, (), test, 0, catalogue.fingerprint()), catalogue)
            shutil.copytree(golden / "classifier", run.classifier)
        y_true = np.array([[genre in poster.genres for genre in GENRES] for poster in shown])
        y_score = np.full(y_true.shape, 0.1)
        y_score[:, favoured] += 0.5 * y_true[:, favoured]
        for part in ("model", "prior", "decisions"):
            write_scores(Scores(IDS, GENRES, y_score, y_true), directory / f"{part}.npz")
        return directory

    return crossed


def test_all_posters_are_judged_each_by_its_own_run(make):
    directory = make("cv")
    evaluation = evaluate_crossvalidation(directory)
    assert (evaluation.split, evaluation.posters, evaluation.provenance["folds"]) == ("out-of-fold", 8, 2)
    classifier = posters.load_classifier(directory / "fold-0" / "classifier")
    catalogue = Run(directory / "fold-0").catalogue()
    # All folds have the golden classifier here, so that this is its evaluation on all posters.
    whole = posters.evaluate_classifier(classifier, catalogue)
    assert evaluation.of("model").figures == whole.of("model").figures
    assert [genre.average_precision for genre in evaluation.genres] == [g.average_precision for g in whole.genres]


def test_two_are_compared_over_the_same_folds(make):
    first, second = make("first"), make("second", favoured=1)
    comparison = compare_runs([first, second])
    assert (comparison.split, comparison.posters, comparison.folds) == ("out-of-fold", 8, 2)
    # One is sure of Comedy, the other of Drama; each knows nothing of the other genre, which half of the posters have.
    assert [run.macro_map for run in comparison.runs] == [0.75, 0.75]
    assert [genre.average_precision for genre in comparison.runs[1].genres] == [0.5, 1.0]


def test_other_folds_are_refused_with_the_way_out(make):
    first, second = make("first"), make("second", fold_of=lambda row: row % 2)
    with pytest.raises(RunError, match=r"second has other folds than .*first in repeat 1: .*--folds .*first/folds.csv"):
        compare_runs([first, second])


def test_a_run_beside_a_cross_validation_and_a_split_are_refused(make):
    first, second = make("first"), make("second")
    with pytest.raises(RunError, match="only another cross-validation is compared with it"):
        compare_runs([first, second / "fold-0"])
    with pytest.raises(RunError, match="score every poster once"):
        compare_runs([first, second], split="validation")
    with pytest.raises(RunError, match="is named twice"):
        compare_runs([first, first])


def test_what_is_not_whole_is_refused(make, tmp_path):
    directory = make("cv")
    (directory / "decisions.npz").unlink()
    with pytest.raises(RunError, match="was interrupted: finish it by `posters cross-validate` with"):
        kept_repeats(directory)
    shutil.rmtree(directory / "fold-1" / "classifier")
    with pytest.raises(RunError, match="has no classifier yet"):
        evaluate_crossvalidation(directory)
    with pytest.raises(RunError, match="holds no cross-validation"):
        evaluate_crossvalidation(tmp_path / "images")
