"""The page: whole, escaped, small, and drawn from the figures."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from posters.report import write_report
from posters.report.html import Thumbnails, page
from posters.report.html.galleries import shown_ids
from tests.report.conftest import NASTY, evaluated

VOID = {"meta", "link"}


class Outline(HTMLParser):
    """Checks that tags nest, and collects ids, texts and addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.addresses, self.tags, self.text = [], [], [], [], ""

    def handle_startendtag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.addresses += [values[name] for name in ("href", "src") if name in values]

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

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


def genres(count):
    return tuple(f"genre {place}" for place in range(count))


def images_of(evaluation, folder):
    return {id: folder / f"{place % 40}.jpg" for place, id in enumerate(shown_ids(evaluation))}


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("names", [("Drama",), NASTY, genres(60)], ids=["1", "5", "60"])
def test_a_page_is_whole_and_asks_for_nothing_from_anywhere(names, bare, drawn_images):
    evaluation = evaluated(names, bare=bare)
    found = outline(drawn(evaluation, images_of(evaluation, drawn_images)))
    assert len(set(found.ids)) == len(found.ids)
    for address in found.addresses:
        assert address.startswith("data:") or address[1:] in found.ids, address
    assert not re.search(r"\b(nan|none|inf)\b", found.text, re.IGNORECASE)


def test_the_contents_name_every_section_that_there_is():
    for names, bare, count in ((NASTY, False, 13), (NASTY, True, 10), (("Drama",), True, 8)):
        text = drawn(evaluated(names, bare=bare))
        contents = re.findall(r'<li><a href="#(\w+)">', text)
        assert contents == re.findall(r'<(?:section|footer) id="(\w+)">', text)
        assert len(contents) == count


def test_strangers_text_is_text():
    text = drawn(evaluated(NASTY))
    found = outline(text)
    assert found.tags.count("script") == 1  # Our own.
    assert found.tags.count("style") == 1
    for name in NASTY:
        assert " ".join(name.split()) in found.text


def test_every_figure_of_a_genre_is_in_its_row():
    evaluation = evaluated(("Comedy", "Drama", "N/A"))
    text = drawn(evaluation)
    for genre in evaluation.genres:
        row = re.search(rf'<tr><th scope="row">{genre.name}</th>(.*?)</tr>', text, re.DOTALL)[1]
        cells = [re.sub("<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)]
        made = genre.decisions[evaluation.default_rule]
        interval = genre.interval and f"{genre.interval.low:.3f} to {genre.interval.high:.3f}"
        figures = [genre.roc_auc, made.threshold, made.precision, made.recall, made.f1]
        assert cells[0] == str(genre.positives)
        assert cells[1] == ("n/a" if genre.average_precision is None else f"{genre.average_precision:.3f}")
        assert cells[2:4] == ["n/a", "n/a"] if interval is None else ["", interval]
        assert cells[4] == ("n/a" if genre.lift is None else f"{genre.lift:.1f}")
        assert cells[5:] == ["n/a" if value is None else f"{value:.3f}" for value in figures]
    assert "1 genre without positives, left out of every macro figure: N/A." in outline(text).text


def test_the_verdict_is_beside_its_baselines():
    evaluation = evaluated(("Comedy", "Drama", "N/A"))
    text = outline(drawn(evaluation)).text
    figure = evaluation.of("model").figures["macro_map"]
    ends = f"{figure.interval.low:.3f} to {figure.interval.high:.3f}"
    assert f"{figure.value:.3f} macro mAP, 95% interval {ends}, over 2 genres" in text
    assert f"logistic regression\n{figure.value:.3f} {ends}" in text  # The same scores, in this case.
    assert f"chance\n{evaluation.of('prior').figures['macro_map'].value:.3f}" in text
    assert "predicting no genre at all scores" in text


def test_each_poster_is_in_the_page_once_however_often_it_is_shown(drawn_images):
    evaluation = evaluated(genres(30), images=drawn_images)
    ids = shown_ids(evaluation)
    text = drawn(evaluation, images_of(evaluation, drawn_images))
    assert len(ids) > len(set(ids))
    assert text.count("data:image/jpeg;base64,") == len(set(ids))
    assert text.count("<use ") == len(ids)
    assert "lacking" not in text


def test_posters_that_can_not_be_read_are_counted(drawn_images):
    evaluation = evaluated(("Comedy", "Drama"), images=drawn_images)
    images = images_of(evaluation, drawn_images)
    first, second, *_ = images
    images[first] = Path("missing.jpg")
    del images[second]
    text = drawn(evaluation, images)
    shown = shown_ids(evaluation)
    assert f"2 of the {len(set(shown))} pictures on this page are missing" in text
    assert text.count("no picture") == shown.count(first) + shown.count(second)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "shelves"), [(61, 3 * 60), (130, 3 * 60)])
def test_however_many_genres_the_page_stays_under_5_mb_and_states_what_it_leaves_out(
    count, shelves, drawn_images, tmp_path
):
    """Of noise, which takes twice as much room as real posters."""
    evaluation = evaluated(genres(count), 1500, drawn_images, samples=3)
    path, *_ = write_report(evaluation, tmp_path, images=images_of(evaluation, drawn_images))
    assert 1_000_000 < path.stat().st_size < 5_000_000
    text = path.read_text(encoding="utf-8")
    assert text.count('<ul class="shelf"') == shelves + 2
    assert "a row has room for 2 posters." in text
    assert ("Drawn are the 60 commonest of 129 genres with positives." in text) == (count == 130)
    assert text.count('<tr><th scope="row">genre 129</th>') == (2 if count == 130 else 0)


def test_a_thumbnail_keeps_the_posters_shape(tmp_path):
    Image.new("RGB", (600, 300), "red").save(tmp_path / "wide.png")
    thumbnails = Thumbnails({"a": tmp_path / "wide.png"}, ["a", "a", "unknown"])
    small = Image.open(io.BytesIO(base64.b64decode(thumbnails.uris[thumbnails["a"]].partition(",")[2])))
    assert small.size == (96, 48)
    assert (thumbnails["unknown"], thumbnails.asked, thumbnails.lacking) == (None, 2, 1)


def test_the_progress_bar_runs_over_each_poster_once(drawn_images, tmp_path):
    evaluation, bars = evaluated(("Comedy", "Drama"), images=drawn_images), []
    write_report(evaluation, tmp_path, progress=lambda ids: bars.append(ids) or ids)
    assert [sorted(bar) for bar in bars] == [sorted(set(shown_ids(evaluation)))]
