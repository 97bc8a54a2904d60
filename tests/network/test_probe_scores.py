"""What training keeps of its linear probe: in the run, in the cache, and after a kill."""

from dataclasses import replace

import numpy as np
import pytest

import posters
from posters.baselines import standardised
from posters.config import PreprocessConfig
from posters.metrics import METRICS
from posters.network import fit
from posters.runs import Run
from posters.scores import read_scores
from posters.splitting.splits import Splits
from posters.store.packed_posters import PosterArrays
from posters.tasks import probe
from posters.tasks.probe import NAMES


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


@pytest.fixture
def head(small):
    """Frozen random features, and a head on them."""
    return replace(small, epochs=0, head_epochs=5)


def scores_of(run):
    return {name: read_scores(Run(run).scores(name)) for name in NAMES}


def test_a_run_keeps_the_probe_and_its_out_of_fold_scores(colours, head, tmp_path, messages):
    posters.train(colours, tmp_path / "run", head, cache=tmp_path / "cache")
    y = colours.multi_hot()
    for scores in scores_of(tmp_path / "run").values():
        assert (scores.ids, scores.genre_names) == (colours.ids, colours.genre_names)
        np.testing.assert_array_equal(scores.y_true, y)
        assert METRICS["macro_map"](y, scores.y_score) > y.mean() + 0.2
    splits = Run(tmp_path / "run").splits()
    rows = [row for row, id in enumerate(colours.ids) if splits[id] == "validation"]
    figure = METRICS["macro_map"](y[rows], scores_of(tmp_path / "run")["probe"].y_score[rows])
    assert f"logistic regression on the same features: validation macro mAP {figure:.4f}" in messages


def test_it_is_fitted_once_for_the_same_features_labels_and_split(colours, head, tmp_path, monkeypatch):
    posters.train(colours, tmp_path / "first", head, cache=tmp_path / "cache")
    fits = []
    fit = probe.fit_probe
    monkeypatch.setattr(probe, "fit_probe", lambda *arguments: fits.append(1) or fit(*arguments))
    posters.train(colours, tmp_path / "second", head, loss="focal", cache=tmp_path / "cache")
    assert not fits
    first, second = scores_of(tmp_path / "first"), scores_of(tmp_path / "second")
    for name in NAMES:
        np.testing.assert_array_equal(first[name].y_score, second[name].y_score)
    posters.train(colours, tmp_path / "third", head, seed=1, weights="none", cache=tmp_path / "cache")
    assert fits == [1]


def test_a_killed_run_has_them_once_it_is_resumed(colours, head, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(probe, "out_of_fold_scores", killed)
    with pytest.raises(Killed):
        posters.train(colours, tmp_path / "run", head, cache=tmp_path / "cache")
    monkeypatch.undo()
    monkeypatch.setattr(fit, "fit", killed)
    with pytest.raises(Killed):
        posters.train(colours, tmp_path / "run", head, cache=tmp_path / "cache", resume=True)
    monkeypatch.undo()
    posters.train(colours, tmp_path / "run", head, cache=tmp_path / "cache", resume=True)
    posters.train(colours, tmp_path / "whole", head, cache=tmp_path / "other cache")
    resumed, whole = scores_of(tmp_path / "run"), scores_of(tmp_path / "whole")
    for name in NAMES:
        np.testing.assert_allclose(resumed[name].y_score, whole[name].y_score, atol=1e-6)


def test_a_run_whose_features_do_not_fit_into_memory_is_that_of_one_whose_features_do(
    colours, head, tmp_path, monkeypatch
):
    posters.train(colours, tmp_path / "whole", head, cache=tmp_path / "cache")
    monkeypatch.setattr(standardised, "MEMORY", 0)
    monkeypatch.setattr(standardised, "BLOCK", 5000)
    posters.train(colours, tmp_path / "blocks", head, cache=tmp_path / "other cache")
    for name in (*NAMES, "validation"):
        whole, blocks = (read_scores(Run(tmp_path / run).scores(name)).y_score for run in ("whole", "blocks"))
        np.testing.assert_allclose(blocks, whole, atol=1e-4 if name in NAMES else 1e-6)


def test_training_from_scratch_has_none_and_gives_the_reason(colours, small, tmp_path, messages):
    posters.train(colours, tmp_path / "run", replace(small, epochs=1), cache=tmp_path / "cache")
    assert not any(Run(tmp_path / "run").scores(name).exists() for name in NAMES)
    assert any("trained from scratch, so there are no frozen features" in message for message in messages)


def test_a_head_that_had_too_few_steps_is_logistic_regression(colours, small, tmp_path, messages):
    """One epoch of 72 posters is one step."""
    config = replace(small, epochs=0, head_epochs=1)
    posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert any(message.startswith("head: logistic regression takes its place") for message in messages)
    kept = read_scores(Run(tmp_path / "run").scores("validation"))
    probe_scores = read_scores(Run(tmp_path / "run").scores("probe"))
    rows = [probe_scores.ids.index(id) for id in kept.ids]
    np.testing.assert_allclose(kept.y_score, probe_scores.y_score[rows], atol=1e-4)


def test_a_head_by_another_loss_is_never_replaced(colours, small, tmp_path, messages):
    config = replace(small, epochs=0, head_epochs=1, loss="asymmetric")
    posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert not any("takes its place" in message for message in messages)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", None])
def test_a_kept_probe_that_was_damaged_is_fitted_again(tmp_path, name, content):
    labels, ids = np.arange(20)[:, None] % 2, tuple(map(str, range(20)))
    np.save(tmp_path / "features.npy", labels.astype(np.float32))
    arrays = PosterArrays(np.zeros(0), labels, ids, ("Drama",), PreprocessConfig(), "0123")
    given = (arrays, Splits(ids[:10], ids[10:], (), 0, ""), np.arange(20), tmp_path / "features.npy")
    right = probe.write_probe_scores(Run(tmp_path / "run"), *given)
    kept = next(tmp_path.glob(f"{name}-*.npz"))
    if content is None:  # of other features
        np.savez(kept, kernel=np.zeros((7, 1)), bias=np.zeros(1), strength=1.0)
    else:
        kept.write_bytes(content)
    again = probe.write_probe_scores(Run(tmp_path / "run"), *given)
    np.testing.assert_array_equal(again.kernel, right.kernel)
