"""Evaluations to draw, nice and nasty."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters.catalogue import Catalogue, Poster
from posters.evaluation import Context, Epoch, evaluate
from posters.evaluation.label_issues import LabelIssue
from posters.scores import Scores
from posters.thresholds import Thresholds, fixed_thresholds

NASTY = ("<script>window.ran = 1</script>", '=HYPERLINK("http://evil")', "שלום </style><b>", "A" * 60, "Drama & 'Co'")


@cache
def evaluated(names, posters=120, images=None, *, bare=False, samples=50):
    """An evaluation of drawn scores; the last genre has no positives, unless it is the only one."""
    random = np.random.default_rng(len(names))
    y_true = random.random((posters, len(names))) < np.linspace(0.4, 0.05, len(names))
    y_true[:, -1] = len(names) == 1
    y_score = np.clip(0.3 * y_true + 0.7 * random.random(y_true.shape), 0, 1)
    scores = Scores(tuple(f"tt{row}" for row in range(posters)), names, y_score, y_true)
    rules = [
        Thresholds(names, (0.4,) * len(names), "f1", "validation, 50 posters"),
        Thresholds(names, (np.inf,) + (0.0,) * (len(names) - 1), "precision=0.8", "validation, 50 posters"),
        Thresholds(names, (0.3,) * len(names), "miss-rate=0.1", "validation, 50 posters"),
        fixed_thresholds(names),
    ]
    context = None if bare else full_context(scores, images or Path("images"))
    return evaluate(scores, rules, np.full(len(names), 0.2), context=context, samples=samples)


@cache
def judged_by_hand():
    """An evaluation that can be counted by hand: four posters, twenty times each."""
    y_true = np.tile([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], (20, 1))
    y_score = np.tile([[0.9, 0.1, 0.2], [0.8, 0.7, 0.1], [0.1, 0.3, 0.6], [0.2, 0.2, 0.9]], (20, 1))
    names = ("A", "B", "C")
    scores = Scores(tuple(map(str, range(80))), names, y_score, y_true)
    return evaluate(scores, [fixed_thresholds(names)], np.full(3, 0.4), samples=50)


def full_context(scores, images):
    rows = [
        Poster(id, f"{row % 40}.jpg", (), title=f"{NASTY[row % 5]} {row}", year=1950 + row % 70)
        for row, id in enumerate(scores.ids)
    ]
    issues = tuple(
        LabelIssue(poster.id, poster.title, poster.image, scores.genre_names[0], kind, 0.9, 0.8, scores.genre_names[:2])
        for poster, kind in zip(rows[:6], ("missing", "false") * 3, strict=True)
    )
    return Context(
        uncalibrated=scores,
        baseline=scores,
        groups=np.arange(len(scores)) // 2,
        catalogue=Catalogue(tuple(rows), scores.genre_names, images),
        learning=tuple(Epoch("head", epoch, 0.3 / epoch, 0.1 * epoch) for epoch in (1, 2, 3)),
        label_issues=issues,
        label_issues_from="scores that were drawn",
        provenance={"catalogue": NASTY[0], "sizes": [288, 192]},
    )


@pytest.fixture(scope="session")
def drawn_images(tmp_path_factory):
    """Forty posters of noise in a thumbnail's own size: nothing takes more room in the page."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for place in range(40):
        Image.fromarray(random.integers(0, 256, (144, 96, 3), dtype=np.uint8)).save(folder / f"{place}.jpg")
    return folder
