"""The page: whole, escaped, small, and drawn from the figures; the CSV beside it."""

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from posters.report import write_report
from posters.report.html import Thumbnails, page
from posters.report.html.charts import Plane
from posters.report.html.shelves import shown_ids
from posters.report.label_csv import label_csv
from posters.spreadsheet import plain_cell

from .conftest import NASTY, evaluated

VOID = {"meta", "link", "br", "img"}


class Outline(HTMLParser):
    """Checks that tags nest, and collects ids, texts and addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.addresses, self.tags, self.text = [], [], [], [], ""

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.addresses += [values[name] for name in ("href", "src") if name in values]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += "" if self.open[-1:] in (["script"], ["style"]) else data


def outline(text):
    parsed = Outline()
    parsed.feed(text)
    assert parsed.open == []
    return parsed


def drawn(evaluation, images=None):
    return page(evaluation, Thumbnails(images or {}, shown_ids(evaluation)))


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("names", [("Drama",), NASTY, tuple(f"genre {g}" for g in range(60))], ids=["1", "5", "60"])
def test_a_page_is_whole_and_asks_for_nothing_from_anywhere(names, bare):
    found = outline(drawn(evaluated(names, bare=bare)))
    assert len(set(found.ids)) == len(found.ids)
    for address in found.addresses:
        assert address.startswith("data:") or address[1:] in found.ids, address
    assert "nan" not in found.text.casefold().replace("finance", "")
    assert "None" not in found.text


def test_strangers_text_is_text():
    text = drawn(evaluated(NASTY))
    found = outline(text)
    assert found.tags.count("script") == 1  # Our own.
    assert "<b>" not in text.replace("<figcaption><b>", "").replace("<b>&", "").split("</style>")[0]
    for name in NASTY:
        assert " ".join(name.split()) in found.text


def test_every_figure_of_a_genre_stands_in_its_row():
    evaluation = evaluated(("Comedy", "Drama", "N/A"))
    text = drawn(evaluation)
    for genre in evaluation.genres:
        row = re.search(rf'<tr><th scope="row">{genre.name}</th>(.*?)</tr>', text, re.S)[1]
        cells = [re.sub("<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.S)]
        figures = [genre.average_precision, genre.lift, genre.roc_auc, *vars(genre.decisions["f1"]).values()]
        shown = ["n/a" if value is None else f"{value:.3f}" for value in figures]
        assert cells[0] == str(genre.positives)
        assert cells[1] == shown[0]
        assert cells[5] == shown[2]
        assert cells[7:] == shown[5:]
    assert "1 genre without positives, left out of every macro figure: N/A." in outline(text).text


def test_the_verdict_stands_beside_its_baselines():
    evaluation = evaluated(("Comedy", "Drama", "N/A"))
    text = outline(drawn(evaluation)).text
    figure = evaluation.of("model").figures["macro_map"]
    assert f"{figure.value:.3f}macro mAP, 95% interval {figure.interval.low:.3f} to" in text.replace("\n", "")
    for name in ("logistic regression", "chance"):
        assert name in text
    assert "predicting no genre at all has" in text


def test_points_lie_where_the_figures_say():
    plane = Plane(x=(0, 2), y=(0, 10))
    left, right, floor, top = plane.right(0), plane.right(2), plane.down(0), plane.down(10)
    assert (left, right, floor, top) == (34, 232, 140, 8)
    assert plane.line((0, 1, 2), (0, 5, 10), "main").points == f"{left:g},{floor:g} 133,74 {right:g},{top:g}"
    assert plane.bar(0, 1, 5, "x").height == pytest.approx((floor - top) / 2)
    assert Plane(x=(3, 3)).right(3) == 133
    assert plane.right(5) == right


def test_posters_are_drawn_small_and_those_that_can_not_be_read_are_counted(drawn_images):
    evaluation = evaluated(("Comedy", "Drama"), images=drawn_images)
    ids = shown_ids(evaluation)
    images = {id: drawn_images / f"{place % 40}.jpg" for place, id in enumerate(ids)}
    images[ids[0]] = Path("missing.jpg")
    text = drawn(evaluation, images)
    assert text.count("data:image/jpeg;base64,") >= len(set(ids)) - 1
    assert "1 pictures could not be read" in outline(text).text
    thumbnails = Thumbnails(images, ids)
    assert thumbnails[ids[0]] is None
    assert len(thumbnails[ids[1]]) < 20_000


def test_however_many_genres_the_page_stays_under_5_mb(drawn_images, tmp_path):
    """Noise compresses worst of all, three times as badly as real posters."""
    evaluation = evaluated(tuple(f"genre {g}" for g in range(60)), 400, drawn_images, samples=10)
    ids = {id: drawn_images / f"{place % 40}.jpg" for place, id in enumerate(evaluation_ids(evaluation))}
    path, *_ = write_report(evaluation, tmp_path, images=ids)
    assert 1_000_000 < path.stat().st_size < 5_000_000


def evaluation_ids(evaluation):
    return list(dict.fromkeys(shown_ids(evaluation)))


def test_the_csv_of_label_issues_is_safe_and_says_what_to_change(tmp_path):
    evaluation = evaluated(NASTY)
    *_, path = write_report(evaluation, tmp_path)
    assert path.name == "label_issues.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    assert len(rows) == len(evaluation.label_issues)
    for row, issue in zip(rows, evaluation.label_issues, strict=True):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
        assert (plain_cell(row["id"]), plain_cell(row["genre"]), plain_cell(row["title"])) == (
            issue.id,
            issue.genre,
            issue.title,
        )
        assert (row["change"], row["accept"]) == ({"missing": "add", "false": "remove"}[issue.kind], "")
    assert label_csv(()).splitlines() == ["id,title,image,genre,change,accept,probability,confidence,labels"]


def test_an_earlier_reports_label_issues_do_not_stay(tmp_path):
    write_report(evaluated(NASTY), tmp_path)
    write_report(evaluated(NASTY, bare=True), tmp_path)
    assert not (tmp_path / "label_issues.csv").exists()


def test_a_thumbnail_keeps_the_posters_shape(tmp_path):
    Image.new("RGB", (600, 300), "red").save(tmp_path / "wide.png")
    uri = Thumbnails({"a": tmp_path / "wide.png"}, ["a", "a", "unknown"])["a"]
    import base64

    small = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert small.size == (96, 48)
