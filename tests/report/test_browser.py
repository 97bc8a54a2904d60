"""The page in a real browser: no error, no request, no accessibility fault; light and dark, phone and desktop."""

import csv
import os
import subprocess
import sys

import pytest

from posters.report import write_report
from posters.report.html.galleries import shown_ids
from tests.browsing import CHROMIUM, DESKTOP, PHONE
from tests.report.conftest import NASTY, evaluated

NICE = ("Comedy", "Drama", "Horror", "War", "N/A")
KINDS = {"nice": (NICE, False), "nasty": (NASTY, False), "bare": (NICE, True), "one": (("Drama",), False)}
KINDS["many"] = (tuple(f"a genre with a long name, {place}" for place in range(62)), False)
SCREENS = [
    (kind, scheme, width) for kind in ("nice", "real") for scheme in ("light", "dark") for width in (PHONE, DESKTOP)
]
SCREENS += [("nasty", "dark", PHONE), ("nasty", "light", DESKTOP), ("bare", "light", PHONE), ("one", "light", PHONE)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="THE REPORT WAS OPENED IN NO BROWSER: there is no chromium; apt-get install chromium"
    ),
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory, drawn_images, request):
    """The paths of pages by kind, each written when it is first asked for."""
    written = {}

    def report(kind):
        if kind == "real" and kind not in written:
            written[kind] = real_report(request.getfixturevalue("shared"), tmp_path_factory.mktemp(kind))
        if kind not in written:
            names, bare = KINDS[kind]
            evaluation = evaluated(names, images=drawn_images, bare=bare)
            images = {id: drawn_images / f"{place % 40}.jpg" for place, id in enumerate(shown_ids(evaluation))}
            written[kind] = write_report(evaluation, tmp_path_factory.mktemp(kind), images=images)[0]
        return written[kind]

    return report


def real_report(shared, folder):
    """The page of a real run: a head on a frozen MobileNetV2, trained on 400 of the real posters, small."""
    with (shared / "imdb-posters" / "posters.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with (folder / "posters.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows[:401])
    places = {"POSTERS_CACHE": str(folder / "cache"), "KERAS_HOME": str(shared / "keras")}
    run, images = folder / "run", shared / "imdb-posters" / "images"
    sizes = ["--height", "96", "--width", "64", "--epochs", "0", "--min-posters", "15"]
    for command in (
        ["train", folder / "posters.csv", "--images", images, "--run", run, *sizes],
        ["evaluate", run],
    ):
        done = [sys.executable, "-m", "posters", *map(str, command)]
        subprocess.run(done, env={**os.environ, **places}, check=True, capture_output=True)
    return run / "report" / "index.html"


@pytest.fixture
def opened(browser, reports, request):
    """The page on a screen, and what it said and asked for."""
    kind, scheme, width = getattr(request, "param", ("nice", "light", DESKTOP))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asking: None if asking.url.startswith("data:") else asked.append(asking.url))
    page.goto(reports(kind).as_uri())
    yield page, said, asked
    context.close()


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=lambda screen: "-".join(map(str, screen)))
def test_it_opens_without_error_request_or_barrier(opened):
    from axe_playwright_python.sync_playwright import Axe

    page, said, asked = opened
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert said == []
    assert asked == [page.url]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate("window.ran") is None
    serious = [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("opened", [("many", "dark", PHONE), ("many", "light", DESKTOP)], indirect=True)
def test_many_genres_fit_the_screen(opened):
    page, said, _ = opened
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(".sortable tbody tr").count() == 62


@pytest.mark.parametrize("opened", [("nice", "light", DESKTOP), ("real", "dark", DESKTOP)], indirect=True)
def test_tables_of_predictors_and_rules_fit_and_keep_their_rules_while_scrolled(opened):
    page, _, _ = opened
    clipped = "one => one.querySelector('table').getBoundingClientRect().right - one.getBoundingClientRect().right"
    for region in page.locator("#predictors .scroll, #rules .scroll").all():
        assert region.evaluate(clipped) <= 1
    page.set_viewport_size({"width": PHONE, "height": 900})
    # The rule above a row belongs to the cell that stays, and not to the table that moves below it.
    cell = page.locator("#predictors tbody th").nth(1)
    assert cell.evaluate("one => getComputedStyle(one).borderTopWidth") == "1px"
    assert cell.evaluate("one => getComputedStyle(one.closest('table')).borderCollapse") == "separate"


def test_the_count_of_posters_is_no_genre_of_a_table_of_shares(opened):
    page, _, _ = opened
    first = page.locator(".heat thead th").first
    assert first.text_content() == "posters"
    other = page.locator(".heat thead th").nth(1)
    style = "one => getComputedStyle(one.firstElementChild).fontStyle"
    assert (first.evaluate(style), other.evaluate(style)) == ("italic", "normal")


def column(page, place):
    return page.eval_on_selector_all(
        "table.sortable tbody tr",
        f"rows => rows.map(row => row.cells[{place}].dataset.value ?? row.cells[{place}].textContent)",
    )


def test_the_genres_can_be_sorted_by_mouse_and_keyboard(opened):
    page, _, _ = opened
    positives = page.get_by_role("button", name="positives")
    positives.click()
    counts = [int(value) for value in column(page, 1)]
    assert counts == sorted(counts, reverse=True)
    assert page.locator("th[aria-sort=descending]").text_content() == "positives"
    positives.press("Enter")
    assert [int(value) for value in column(page, 1)] == sorted(counts)
    assert page.locator("th[aria-sort=ascending]").text_content() == "positives"
    for _ in range(2):
        page.get_by_role("button", name="AP", exact=True).click()
        values = column(page, 2)
        # What is undefined stands last, whichever way it is sorted.
        assert values[-1] == ""
        assert "" not in values[:-1]
    page.get_by_role("button", name="genre").click()
    assert column(page, 0) == sorted(NICE)


def test_the_contents_stay_in_sight_on_a_desktop(opened):
    page, _, _ = opened
    page.evaluate("document.querySelector('#making').scrollIntoView()")
    link = page.get_by_role("navigation").get_by_role("link", name="Calibration")
    assert 0 < link.bounding_box()["y"] < 900
    link.click()
    assert 0 <= page.locator("#calibration").bounding_box()["y"] < 60


@pytest.mark.parametrize("opened", [("nice", "light", PHONE)], indirect=True)
def test_on_a_phone_wide_tables_scroll_in_a_box_that_a_keyboard_reaches(opened):
    page, _, _ = opened
    box = page.locator(".scroll").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.focus()
    box.evaluate("box => box.scrollLeft = 200")
    assert box.evaluate("box => box === document.activeElement")
    # The names stay where they are.
    assert 0 <= box.locator("tbody th").first.bounding_box()["x"] < 30


def test_the_posters_are_drawn(opened):
    page, _, _ = opened
    poster = page.get_by_role("img", name="Poster of").first
    poster.scroll_into_view_if_needed()
    reference = poster.locator("use").get_attribute("href")
    assert poster.locator("use").bounding_box()["width"] == pytest.approx(96, abs=1)
    # Noise, which compresses badly: an empty frame would take a tenth of that.
    assert len(poster.screenshot()) > 10_000
    assert page.locator(f"image{reference}").count() == 1


def test_the_labels_in_doubt_can_be_saved(opened, tmp_path, reports):
    page, _, _ = opened
    with page.expect_download() as download:
        page.get_by_role("link", name="save the list as a table").click()
    download.value.save_as(tmp_path / "saved.csv")
    assert download.value.suggested_filename == "label_issues.csv"
    assert (tmp_path / "saved.csv").read_bytes() == (reports("nice").parent / "label_issues.csv").read_bytes()


@pytest.mark.parametrize("script", [True, False])
def test_it_is_complete_with_and_without_script(browser, reports, script):
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(reports("nice").as_uri())
    assert page.locator("table.sortable tbody tr").count() == 5
    assert page.locator("section h2").count() == 12
    # Only what works is offered.
    assert page.get_by_text("Press a title to sort").is_visible() == script
    assert page.locator("th button").count() == (10 if script else 0)
    context.close()


def test_what_is_folded_on_the_screen_is_printed(opened, tmp_path):
    page, _, _ = opened
    folded = page.locator("details:not([open]) table").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.bounding_box()["height"] > 50
    assert not page.get_by_role("navigation").is_visible()
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000
