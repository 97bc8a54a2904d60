"""scripts/decisions.py: every way of deciding, on scores with known answers."""

import sys

import numpy as np

from posters.scores import Scores, write_scores
from posters.splitting.folds import Folds, write_folds
from scripts.decisions import WAYS, best_common, between, chain_of, drawn_decisions, main


def scores_of(y_true, y_score):
    ids = tuple(str(row) for row in range(len(y_true)))
    return Scores(ids, ("Comedy", "Drama", "War"), np.array(y_score), np.array(y_true))


def test_one_genre_at_least_and_the_limit_at_most():
    p = np.array([[0.1, 0.2, 0.0], [0.9, 0.8, 0.7]])
    assert between(p, 0.5, 2).tolist() == [[0, 1, 0], [1, 1, 0]]


def test_the_common_threshold_divides_what_can_be_divided():
    y_true = np.tile(np.eye(3, dtype=int), (4, 1))
    fitted = scores_of(y_true, np.where(y_true, 0.5, 0.2))
    assert 0.2 < best_common(fitted) <= 0.5


def test_every_way_has_a_row(tmp_path, monkeypatch, capsys):
    y_true = np.tile(np.eye(3, dtype=int), (20, 1))
    scores = scores_of(y_true, np.where(y_true, 0.9, 0.1))
    write_scores(scores, tmp_path / "probe.npz")
    write_folds(Folds({id: row // 3 % 5 for row, id in enumerate(scores.ids)}, 5), tmp_path / "folds.csv")
    monkeypatch.setattr(
        sys, "argv", ["decisions.py", str(tmp_path / "probe.npz"), "--folds", str(tmp_path / "folds.csv")]
    )
    main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == [f"| {way}" for way in WAYS]
    assert all("1.000 ± 0.000" in row for row in rows if "likeliest" not in row)


def test_sets_drawn_from_a_chain_know_which_genres_come_together():
    """Comedy with Drama, or War alone: all three have an F1 of 0.8 or 0.5, and one of the two sets has 1 or 0."""
    together = np.random.default_rng(0).random(3000) < 0.5
    y_true = np.column_stack([together, together, ~together]).astype(int)
    chain = chain_of(scores_of(y_true, np.full((3000, 3), 0.5)))
    assert drawn_decisions(chain, np.array([[0.5, 0.5, 0.5]]), most=3).tolist() == [[1, 1, 1]]
