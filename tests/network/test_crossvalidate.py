"""Cross-validation: every poster is scored once, by a run that never saw it, and nothing is made twice."""

from dataclasses import replace

import numpy as np
import pytest

from posters.classifier import load_classifier
from posters.cli import main
from posters.errors import CatalogueError, RunError
from posters.metrics import METRICS
from posters.runs import Run
from posters.scores import read_scores
from posters.splitting.folds import draw_folds, read_folds
from posters.tasks.compare import compare_runs
from posters.tasks.crossvalidate import crossvalidate, evaluate_crossvalidation, with_judged_genres

NAMES = ("model", "probe", "prior", "decisions")


@pytest.fixture(scope="module")
def quick(small):
    return replace(small, epochs=0, head_epochs=5, head_learning_rate=1e-2, head_batch_size=16)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory, colours, quick):
    folder = tmp_path_factory.mktemp("crossed")
    folds = draw_folds(colours, np.arange(len(colours)), count=2, seed=1)
    figures = crossvalidate(colours, folder / "cv", quick, folds=folds, cache=folder / "cache")
    return figures, folder, folds


def kept(directory):
    return {name: read_scores(directory / f"{name}.npz") for name in NAMES}


def test_every_poster_is_scored_by_the_run_that_never_saw_it(crossed, colours):
    _, folder, folds = crossed
    scores = kept(folder / "cv")
    for name in NAMES:
        assert sorted(scores[name].ids) == sorted(colours.ids)
    for fold in range(2):
        run = Run(folder / "cv" / f"fold-{fold}")
        tested = {id for id, split in run.splits().items() if split == "test"}
        assert tested == {id for id, own in folds.of.items() if own == fold}
        classifier = load_classifier(run.classifier)
        own = classifier.score(colours.among(tested))
        rows = [scores["model"].ids.index(id) for id in own.ids]
        np.testing.assert_allclose(scores["model"].y_score[rows], own.y_score)
        np.testing.assert_array_equal(scores["decisions"].y_score[rows], classifier.decide(own.y_score, "f1"))
        np.testing.assert_allclose(scores["prior"].y_score[rows], [classifier.manifest.prior] * len(rows))


def test_what_is_there_is_not_made_again_and_a_repeat_has_the_next_seed(crossed, colours, quick):
    figures, folder, folds = crossed
    before = (folder / "cv" / "fold-0" / "train.log").read_bytes()
    assert crossvalidate(colours, folder / "cv", quick, folds=folds, cache=folder / "cache") == figures
    both = crossvalidate(colours, folder / "cv", quick, repeats=2, cache=folder / "cache")
    assert (folder / "cv" / "fold-0" / "train.log").read_bytes() == before
    assert (both.repeats, both.of("model").of_folds[0]) == (2, figures.of("model").of_folds[0])
    assert Run(folder / "cv" / "repeat-2" / "fold-0").config().seed == quick.seed + 1
    with pytest.raises(RunError, match="keeps 2 folds, and the cross-validation can't be resumed with 3 of them"):
        crossvalidate(colours, folder / "cv", quick, folds=3, cache=folder / "cache")


def test_the_evaluation_is_of_all_posters_each_decided_by_its_own_run(crossed, colours):
    figures, folder, _ = crossed
    evaluation, scores = evaluate_crossvalidation(folder / "cv"), kept(folder / "cv")
    assert (evaluation.split, evaluation.posters) == ("out-of-fold", len(colours))
    assert evaluation.of("model").figures["macro_map"].value == pytest.approx(figures.of("model").pooled.value)
    y_true = scores["model"].labelled("a test").y_true
    for name in ("macro_f1", "micro_f1"):
        decided = METRICS[name](y_true, scores["decisions"].y_score.astype(np.uint8))
        assert evaluation.of("model", "f1").figures[name].value == pytest.approx(decided)
        assert figures.of("model").figures[name] == pytest.approx(decided)
    assert evaluation.label_issues_from.startswith("the networks of the folds")


def test_cross_validations_over_the_same_folds_are_compared(crossed, colours, quick, tmp_path):
    figures, folder, folds = crossed
    other = replace(quick, head_epochs=1)
    crossvalidate(colours, tmp_path / "other", other, folds=folds, cache=folder / "cache")
    comparison = compare_runs([folder / "cv", tmp_path / "other"])
    assert comparison.runs[0].macro_map == pytest.approx(figures.of("model").by_fold.value)
    assert (comparison.posters, comparison.folds, comparison.repeats) == (len(colours), 2, 1)
    crossvalidate(colours, tmp_path / "third", other, folds=2, cache=folder / "cache")
    with pytest.raises(RunError, match=r"third has other folds than .*cv in repeat 1: make it anew"):
        compare_runs([folder / "cv", tmp_path / "third"])


def test_the_command_writes_the_report_and_the_table_and_goes_on(colours, tmp_path, capsys):
    rows = [f"{poster.id},{poster.image},{'|'.join(poster.genres)}" for poster in colours]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["id,image,genres", *rows]))
    words = ["cross-validate", str(table), "--images", str(colours.image_root), "--run", str(tmp_path / "cv")]
    words += ["--cache", str(tmp_path / "cache"), "--folds", "2"]
    options = "--backbone small_cnn --weights none --height 36 --width 24 --epochs 0 --head-epochs 2 --no-look"
    assert main([*words, *options.split(), "--average"]) == 0
    assert capsys.readouterr().out.startswith("2 folds: 120 posters of ")
    report = tmp_path / "cv" / "report"
    names = ("crossvalidation.csv", "crossvalidation.tex", "crossvalidation.md", "crossvalidation.json", "index.html")
    assert all((report / name).is_file() for name in names)
    assert load_classifier(tmp_path / "cv" / "average").genre_names == colours.genre_names
    report.joinpath("index.html").unlink()
    assert main(["evaluate", str(tmp_path / "cv"), "--images", str(colours.image_root)]) == 0
    assert (report / "index.html").is_file()
    assert main(["evaluate", str(tmp_path / "cv"), "--split", "test"]) == 2
    assert "judges all its posters" in capsys.readouterr().err
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err
    # Without its options: the config is that of the runs.
    assert main([*words, "--resume", "--repeats", "2"]) == 0
    assert capsys.readouterr().out.startswith("2 folds, 2 repeats: 120 posters of ")


def test_folds_are_drawn_once_and_kept(tmp_path, colours, small):
    config = replace(small, epochs=0, head_epochs=1)
    crossvalidate(colours, tmp_path / "cv", config, cache=tmp_path / "cache")
    folds = read_folds(tmp_path / "cv" / "folds.csv")
    assert folds.count == 5
    assert set(folds.of) == set(colours.ids)


def test_posters_of_a_table_that_is_not_scored_train_in_every_fold(colours, quick, tmp_path):
    rows = [replace(poster, tables=("own.csv",) if n < 60 else ("more.csv",)) for n, poster in enumerate(colours)]
    both = replace(colours, posters=tuple(rows))
    own, more = set(colours.ids[:60]), set(colours.ids[60:])
    figures = crossvalidate(both, tmp_path / "cv", quick, folds=2, scored=["own.csv"], cache=tmp_path / "cache")
    assert figures.posters == 60
    assert with_judged_genres(both, ["own.csv"], 1) is both
    # Of Red, none that is scored.
    without = both.among(own).with_genres(["Blue", "Green"]).posters + both.among(more).posters
    assert with_judged_genres(replace(both, posters=without), ["own.csv"], 1).genre_names == ("Blue", "Green")
    assert set(read_scores(tmp_path / "cv" / "model.npz").ids) == own
    for fold in range(2):
        splits = Run(tmp_path / "cv" / f"fold-{fold}").splits()
        assert {split for id, split in splits.items() if id in more} == {"train"}
        assert {split for id, split in splits.items() if id in own} == {"train", "validation", "test"}
    with pytest.raises(CatalogueError, match=r"other\.csv"):
        crossvalidate(both, tmp_path / "none", quick, folds=2, scored=["other.csv"], cache=tmp_path / "cache")
