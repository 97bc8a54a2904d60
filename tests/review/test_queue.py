"""The order of posters: likely label errors first, the two kinds in turns, then what is uncertain; or at random."""

from pathlib import Path

import numpy as np
import pytest

from posters.catalogue import Catalogue, Poster
from posters.errors import ReviewError
from posters.review import doubt_queue, random_queue
from posters.scores import Scores

IDS = tuple(f"tt{number}" for number in range(60))


@pytest.fixture
def catalogue():
    return Catalogue(tuple(Poster(id, f"{id}.jpg", ()) for id in IDS), ("War", "Drama"), Path("images"))


def test_doubts_come_first_in_turns_and_then_the_uncertain(catalogue):
    y_true = np.tile([[1, 0], [0, 1]], (30, 1))
    y_score = np.where(y_true, 0.97, 0.03)
    y_score[11, 0], y_score[13, 0] = 0.99, 0.95  # War seems to be missing.
    y_score[20, 0], y_score[22, 0] = 0.01, 0.04  # War seems to be false.
    y_score[40, 1] = 0.45  # Right, and hardly so.
    queue = doubt_queue(Scores(IDS, ("War", "Drama"), y_score, y_true), catalogue)
    assert queue.posters[:5] == ("tt11", "tt20", "tt13", "tt22", "tt40")
    assert {id: [(issue.genre, issue.kind) for issue in issues] for id, issues in queue.doubts.items()} == {
        "tt11": [("War", "missing")],
        "tt20": [("War", "false")],
        "tt13": [("War", "missing")],
        "tt22": [("War", "false")],
    }
    assert sorted(queue.posters) == sorted(IDS)
    assert not queue.blind


def test_a_random_sample_is_the_same_for_everybody_and_its_beginning_is_a_sample_too(catalogue):
    whole = random_queue(catalogue)
    assert whole.blind
    assert sorted(whole.posters) == sorted(IDS)
    assert whole.posters != IDS
    assert random_queue(catalogue, 10).posters == whole.posters[:10]
    assert random_queue(catalogue, 10, seed=8).posters != whole.posters[:10]


def test_a_table_that_grows_keeps_the_order_of_its_sample(catalogue):
    grown = Catalogue((Poster("new", "new.jpg", ()), *catalogue.posters), catalogue.genre_names, Path("images"))
    rest = [id for id in random_queue(grown).posters if id != "new"]
    assert tuple(rest) == random_queue(catalogue).posters


def test_every_poster_is_as_likely_to_be_drawn(catalogue):
    drawn = [id for seed in range(600) for id in random_queue(catalogue, 6, seed).posters]
    counts = np.array([drawn.count(id) for id in IDS])
    # 60 of each are expected; the statistic of chi squared has 59 degrees of freedom.
    assert ((counts - 60) ** 2 / 60).sum() < 100


def test_an_empty_sample_is_refused(catalogue):
    with pytest.raises(ReviewError, match="sample must be at least 1, but got 0"):
        random_queue(catalogue, 0)
