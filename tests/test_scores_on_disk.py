"""Scores on disk: read back as written, by name if asked, and nothing else is taken for scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posters.errors import ScoresError
from posters.scores import Scores, fresh_scores, read_scores, write_scores

SCORES = Scores(("a", "b"), ("Drama", "ドラマ"), np.array([[0.1, 0.9], [0.5, 1 / 3]]), np.array([[0, 1], [1, 0]]))


def same(left, right):
    assert (left.ids, left.genre_names) == (right.ids, right.genre_names)
    np.testing.assert_array_equal(left.y_score, right.y_score)
    assert (left.y_true is None) == (right.y_true is None)
    if left.y_true is not None:
        np.testing.assert_array_equal(left.y_true, right.y_true)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.integers(0, 4), st.integers(1, 3), st.booleans())
def test_what_is_written_is_read_back(tmp_path_factory, data, posters, genres, labelled):
    text = st.text(st.characters(exclude_categories=("Cs",)))
    ids = data.draw(st.lists(text, min_size=posters, max_size=posters, unique=True))
    names = data.draw(st.lists(text, min_size=genres, max_size=genres, unique=True))
    y_score = data.draw(hnp.arrays(np.float64, (posters, genres), elements=st.floats(0, 1)))
    scores = Scores(tuple(ids), tuple(names), y_score, np.zeros((posters, genres)) if labelled else None)
    path = tmp_path_factory.mktemp("scores") / "new" / "scores.npz"
    write_scores(scores, path)
    same(read_scores(path), scores)


def test_stale_scores_are_not_given(tmp_path):
    path = tmp_path / "scores.npz"
    assert fresh_scores(path, "network 1") is None
    write_scores(SCORES, path, "network 1")
    same(fresh_scores(path, "network 1"), SCORES)
    assert fresh_scores(path, "network 2") is None


@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_half_a_file_is_no_scores(tmp_path, share):
    path = tmp_path / "scores.npz"
    write_scores(SCORES, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ScoresError, match=r"scores\.npz: "):
        read_scores(path)


def test_other_files_are_refused_by_name(tmp_path):
    with pytest.raises(ScoresError, match=r"none\.npz: the scores can't be read"):
        read_scores(tmp_path / "none.npz")
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "arrays.npz", x=np.zeros(3))
    np.savez(tmp_path / "code.npz", words=np.array([{"a": 1}], dtype=object))
    (tmp_path / "text.npz").write_text("no scores")
    for name in ("array.npy", "arrays.npz", "code.npz", "text.npz"):
        with pytest.raises(ScoresError, match=f"{name}: "):
            read_scores(tmp_path / name)
