"""What notebooks show: well-formed HTML with the right pictures and bars, whatever titles and errors hold."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.audit import KINDS, Audit
from posters.catalogue import Catalogue, Poster
from posters.classifier import Prediction
from posters.errors import ImageError
from posters.evaluation import evaluate
from posters.images.notebook import bars_html, thumbnail_html
from posters.scores import Scores
from posters.thresholds import fixed_thresholds


def parsed(html):
    """HTML leaves its pictures open, XML does not."""
    closed = html.replace('height="144">', 'height="144"/>')
    return ElementTree.fromstring(f"<div>{closed}</div>")


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(st.tuples(NAMES, st.floats(0, 1), st.booleans()), max_size=5))
def test_bars_are_rows_whatever_the_names(rows):
    found = parsed(bars_html(rows)).findall(".//tr")
    assert [row[2].text for row in found] == [f"{share:.2f}" for _, share, _ in rows]
    assert ["".join(row[0].itertext()) for row in found] == [name for name, _, _ in rows]


@given(NAMES)
def test_a_caption_is_text(caption):
    html = thumbnail_html(np.zeros((40, 30, 3), np.uint8), caption)
    assert (parsed(html).find(".//figcaption").text or "") == caption


@pytest.mark.parametrize("poster", [np.zeros((40, 30, 3), np.uint8), "path", "bytes"])
def test_a_prediction_shows_its_poster_and_its_likeliest_genres(golden, poster):
    path = golden / "posters" / "dusk.png"
    poster = {"path": path, "bytes": path.read_bytes()}.get(poster, poster) if isinstance(poster, str) else poster
    html = Prediction(("War",), {"Drama": 0.2, "War": 0.9}, poster=poster)._repr_html_()
    assert html.count("data:image/jpeg;base64,") == 1
    assert [row[0].find("b") is not None for row in parsed(html).findall(".//tr")] == [True, False]


@pytest.mark.parametrize("poster", ["https://example.org/a.jpg", None])
def test_nothing_is_fetched_again(poster):
    assert "<img" not in Prediction(("War",), {"War": 0.9}, poster=poster)._repr_html_()


def test_an_unreadable_poster_shows_why():
    html = Prediction((), {}, poster="none.jpg", error=ImageError("none.jpg: <b>no such file"))._repr_html_()
    assert html.count("none.jpg: &lt;b&gt;no such file") == 1


def test_a_catalogue_shows_a_few_posters_and_its_genres(golden):
    rows = tuple(Poster(str(n), "dusk.png", ("War",) if n % 2 else ("Drama",)) for n in range(100))
    html = Catalogue(rows, ("Drama", "War"), golden / "posters")._repr_html_()
    assert html.count("<img") == 6
    assert "100 posters, 2 genres" in html
    assert Catalogue((), ("Drama",), Path("none"))._repr_html_()


def test_an_audit_is_its_counts_and_its_worst_findings():
    findings = tuple(KINDS["unreadable-image"].finding(f"<b>{number}.jpg", ids=(str(number),)) for number in range(25))
    shown = parsed(Audit("a&b.csv", "images", 30, 2, False, findings)._repr_html_())
    assert "a&b.csv (30 posters, 2 genres): 25 errors" in "".join(shown.itertext())
    rows = ["".join(row.itertext()) for row in shown.findall(".//tr")]
    assert (len(rows), rows[0]) == (20, "error<b>0.jpg")
    assert "and 5 more" in "".join(shown.itertext())
    assert "nothing is wrong" in Audit("a.csv", "images", 1, 1, False, ())._repr_html_()


def test_an_evaluation_is_the_model_beside_what_does_not_look_and_each_genre():
    y_score, names = np.array([[0.9, 0.1], [0.2, 0.3], [0.4, 0.2]]), ("War", "Sci-Fi & <b>")
    scores = Scores(("a", "b", "c"), names, y_score, np.array([[1, 0], [0, 0], [0, 0]]))
    evaluation = evaluate(scores, [fixed_thresholds(names)], np.array([0.5, 0.1]), samples=5)
    shown = parsed(evaluation._repr_html_())
    rows = ["".join(row.itertext()) for row in shown.findall(".//tr")]
    assert rows[0] == f"macro mAP of model{evaluation.of('model').figures['macro_map'].value:.2f}"
    assert any(row.startswith("macro mAP of prior") for row in rows)
    for genre in evaluation.genres:
        assert f"{genre.name}{genre.average_precision or 0:.2f}" in rows
