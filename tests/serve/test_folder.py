"""A whole folder on the page in a real browser: chosen or dropped, filtered, corrected, taken away, resumed."""

import csv
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import posters
from posters.classifier.prediction_rows import PredictionRow
from posters.cli.predictions import as_csv
from tests.browsing import DESKTOP, IN_A_BROWSER, PHONE, barriers, hand_in, opening
from tests.serve.conftest import running

pytestmark = IN_A_BROWSER

# How many addresses of pictures are alive, of how many that were made.
COUNT_ADDRESSES = """window.addresses = new Set(); window.made = 0;
for (const [name, act] of [["createObjectURL", "add"], ["revokeObjectURL", "delete"]]) {
  const own = URL[name];
  URL[name] = (value) => {
    const result = own.call(URL, value);
    addresses[act](result ?? value);
    made += act === "add";
    return result;
  };
}"""


@pytest.fixture
def scans(golden, tmp_path) -> Path:
    """A folder as a disk has it: posters, some of them in a sub-folder, and what is none."""
    folder = tmp_path / "scans"
    (folder / "more").mkdir(parents=True)
    for place, file in enumerate(sorted((golden / "posters").glob("*.png"))):
        shutil.copy(file, folder / ("more" if place == 1 else ".") / file.name)
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("of the scanner")
    (folder / ".DS_Store").write_bytes(b"\0")
    return folder


@pytest.fixture(scope="module")
def crowd(tmp_path_factory) -> Path:
    """2,000 small posters, each of a colour of its own."""
    folder = tmp_path_factory.mktemp("posters") / "crowd"
    folder.mkdir()
    colours = np.random.default_rng(0).integers(0, 256, (2000, 3))
    for place, colour in enumerate(colours):
        Image.new("RGB", (40, 60), tuple(map(int, colour))).save(folder / f"{place:04}.png")
    return folder


def choose(page, folder):
    page.set_input_files("#folder", folder)


def finish(page):
    """Wait until nothing is sent any more, and return what is written about it."""
    page.locator("#stop").wait_for(state="hidden", timeout=120_000)
    page.locator("#progress-words", has_text=re.compile(r"([\d,]+) of \1 poster")).wait_for(timeout=120_000)
    # Tiles are drawn at most a few times a second: the last prediction may still put them in another order.
    before = None
    while before != (before := names(page)):
        page.wait_for_timeout(300)
    return page.locator("#progress-words").text_content()


def tile(page, name):
    return page.locator("#tiles li", has=page.get_by_text(name, exact=True))


def names(page):
    return page.locator("#tiles .tile-name").all_text_contents()


def take(page, button):
    """Download a table, and return its rows."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))


@contextmanager
def intercepted(page, answer):
    page.route("**/api/predict*", answer)
    yield
    page.unroute("**/api/predict*")


def predicted(asked):
    return [url for url in asked if "/api/predict" in url]


def test_a_chosen_folder_becomes_tiles_and_it_is_told_what_was_left_out(page, scans):
    choose(page, scans)
    count = len(list(scans.rglob("*.png")))
    assert finish(page) == f"{count} of {count} posters done · 1 can't be read"
    assert sorted(names(page)) == sorted(path.name for path in scans.rglob("*.png"))
    assert page.get_by_text("Left out 1 file that is no image or can't be opened: notes.txt").is_visible()
    assert tile(page, "dusk.png").locator(".tile-genres").text_content() == "Western"
    assert tile(page, "dusk.png").locator(".sure").text_content() == "66% certain"
    assert tile(page, "broken.png").locator(".tile-genres").text_content().startswith("This is not an image")
    assert page.get_by_role("heading", name=f"{count} posters").is_visible()


def test_a_dropped_folder_is_read_with_its_sub_folders(page, scans):
    chrome = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(scans)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        chrome.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 400, "data": data})
    tile(page, "dusk.png").wait_for()
    finish(page)
    assert sorted(names(page)) == sorted(path.name for path in scans.rglob("*.png"))
    titles = page.locator("#tiles button").evaluate_all("buttons => buttons.map((button) => button.title)")
    assert sorted(titles) == sorted(path.relative_to(scans.parent).as_posix() for path in scans.rglob("*.png"))


def test_a_folder_without_images_is_told_in_a_sentence(page, tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.txt").write_text("none")
    choose(page, tmp_path / "texts")
    page.get_by_text("There is no image in this folder (notes.txt …).").first.wait_for()
    assert page.locator("#posters").is_hidden()


def test_many_files_become_tiles_and_so_do_the_cards_before_them(page, dusk):
    hand_in(page, "drop", **{"first.png": dusk})
    page.locator(".card[aria-busy=false]").wait_for()
    hand_in(page, "drop", **{f"{n}.png": dusk for n in range(24)})
    assert finish(page).startswith("25 of 25")
    assert "first.png" in names(page)
    assert page.locator(".card").count() == 0
    # The same file again is the same poster.
    hand_in(page, "drop", **{"one more.png": dusk})
    page.get_by_text("26 of 26 posters done").wait_for()


def test_posters_are_filtered_by_genre_and_certainty_and_put_in_order(page, scans, golden):
    choose(page, scans)
    finish(page)
    classifier = posters.load_classifier(golden / "classifier")
    files = [path for path in scans.rglob("*.png") if path.name != "broken.png"]
    truth = {path.name: classifier.predict(path) for path in files}
    western = {name for name, found in truth.items() if "Western" in found.genres}
    genre = page.get_by_label("Genre")
    option = genre.locator("option", has_text="Western").first
    assert option.text_content() == f"Western ({len(western)})"
    genre.select_option("+Western")
    assert set(names(page)) == western
    page.get_by_label("Order").select_option("unsure")
    shares = {name: truth[name].probabilities["Western"] for name in western}
    assert names(page) == sorted(western, key=shares.get)
    genre.select_option("-Western")
    assert set(names(page)) == set(truth) - western
    page.get_by_label("Order").select_option("sure")
    assert names(page)[0] == max(set(truth) - western, key=lambda name: truth[name].probabilities["Western"])
    genre.select_option("")
    page.get_by_label("Certainty").select_option("0.5 0.75")

    def certainty(found):
        return sum(found.probabilities[name] for name in found.genres) / max(1, len(found.genres))

    assert set(names(page)) == {name for name, found in truth.items() if 0.5 <= certainty(found) < 0.75}
    page.get_by_label("Certainty").select_option("0 1")
    page.get_by_label("Show", exact=True).select_option("failed")
    assert names(page) == ["broken.png"]


def test_pictures_that_are_no_posters_are_found(browser, explaining, tmp_path):
    sample = next((Path(posters.__file__).parent / "serve" / "page" / "samples").glob("*.jpg"))
    for place in range(24):
        shutil.copy(sample, tmp_path / f"{place:02}.jpg")
    Image.effect_noise((400, 600), 90).save(tmp_path / "noise.png")
    with opening(browser, explaining, "/", "light", DESKTOP) as (page, _, _):
        choose(page, tmp_path)
        finish(page)
        page.get_by_label("Show", exact=True).select_option("unlike")
        assert names(page) == ["noise.png"]


def test_genres_are_taken_away_as_the_command_writes_them(page, scans, golden, monkeypatch):
    choose(page, scans)
    finish(page)
    rows = take(page, "Genres as CSV")
    classifier = posters.load_classifier(golden / "classifier")
    by_name = {row["poster"]: row for row in rows}
    assert by_name.pop("scans/broken.png")["error"].startswith("This is not an image")
    files = [scans.parent / name for name in by_name]
    found = [
        PredictionRow(name, prediction)
        for name, prediction in zip(by_name, classifier.predict_many(files), strict=True)
    ]
    expected = csv.DictReader(as_csv(found, classifier.genre_names, False))
    columns = ("poster", "genres", "probabilities", "novelty", "error")
    assert [{key: row[key] for key in columns} for row in by_name.values()] == list(expected)


def test_corrections_are_taken_away_as_the_table_reads_them(page, scans, tmp_path):
    choose(page, scans)
    finish(page)
    assert page.get_by_role("button", name="Corrections as CSV").is_disabled()
    tile(page, "dusk.png").get_by_role("button").click()
    page.get_by_role("checkbox", name="Western").uncheck()
    page.get_by_role("checkbox", name="Horror").check()
    # Back to what is predicted is no decision.
    page.get_by_role("checkbox", name="Comedy").check()
    page.get_by_role("checkbox", name="Comedy").uncheck()
    assert page.locator("#detail .verdict").text_content() == "Horror"
    page.get_by_role("button", name="Close").click()
    assert tile(page, "dusk.png").locator(".tile-genres").text_content() == "Horror"
    assert tile(page, "dusk.png").locator(".sure").text_content() == "Checked"
    rows = take(page, "Corrections as CSV")
    assert {(row["id"], row["genre"], row["change"], row["accept"]) for row in rows} == {
        ("dusk", "Western", "remove", "yes"),
        ("dusk", "Horror", "add", "yes"),
    }
    table, corrections = tmp_path / "posters.csv", tmp_path / "corrections.csv"
    table.write_text("id,image,genres\ndusk,dusk.png,Western\nnight,night.png,Horror|Western\n")
    with corrections.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    catalogue = posters.read_catalogue(table, images=scans, min_posters=1, corrections=corrections)
    assert {poster.id: poster.genres for poster in catalogue.posters}["dusk"] == ("Horror",)
    by_name = {row["poster"]: row for row in take(page, "Genres as CSV")}
    assert (by_name["scans/dusk.png"]["genres"], by_name["scans/dusk.png"]["checked"]) == ("Horror", "yes")


def test_all_of_it_can_be_done_by_keyboard(page, scans):
    choose(page, scans)
    finish(page)
    page.get_by_role("button", name="Genres as CSV").focus()
    page.keyboard.press("Tab")  # The button for corrections is disabled.
    first, second, third = names(page)[:3]
    focused = "document.activeElement.querySelector('.tile-name')?.textContent"
    assert page.evaluate(focused) == first
    for key, name in (
        ("ArrowRight", second),
        ("ArrowRight", third),
        ("ArrowLeft", second),
        ("Home", first),
        ("End", names(page)[-1]),
    ):
        page.keyboard.press(key)
        assert page.evaluate(focused) == name
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    title = page.locator("#detail-title")
    assert title.text_content().startswith("2 of ")
    ticked = page.locator("#detail input:checked").count()
    page.keyboard.press("4")
    assert page.locator("#detail input:checked").count() == ticked + 1
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert title.text_content().startswith("2 of ")
    assert page.locator("#detail input:checked").count() == ticked + 1
    page.locator("#confirm").focus()
    page.keyboard.press("Enter")
    assert title.text_content().startswith("3 of ")
    # Past both ends, where a button is disabled, the keys go on working.
    page.locator("#previous").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert title.text_content().startswith("1 of ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert title.text_content().startswith("3 of ")
    page.keyboard.press("Escape")
    # The dialog tells of its end a moment later.
    page.wait_for_function(f"(name) => {focused} === name", arg=third)
    assert tile(page, second).locator(".sure").text_content() == "Checked"


def test_a_server_that_is_full_is_asked_again_when_it_says(page, scans):
    refused = []

    def answer(route):
        if len(refused) < 3:
            refused.append(route.request.url)
            body = '{"error": "the queue is full: retry soon"}'
            return route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/json", body=body)
        return route.continue_()

    with intercepted(page, answer):
        choose(page, scans)
        assert "1 can't be read" in finish(page)
    assert len(refused) == 3


def test_it_can_be_stopped_and_gone_on_with(page, crowd, opened):
    choose(page, crowd)
    page.get_by_role("button", name="Stop").click()
    asked = len(predicted(opened[2]))
    page.get_by_role("button", name="Go on").wait_for()
    page.wait_for_timeout(500)
    assert len(predicted(opened[2])) <= asked + 4
    rows = take(page, "Genres as CSV")
    assert len(rows) == 2000
    assert {row["error"] for row in rows} - {""} == {"not predicted yet"}
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Stop").wait_for()


def test_a_server_that_has_gone_is_one_sentence_and_loses_nothing(page, scans):
    with intercepted(page, lambda route: route.abort()):
        choose(page, scans)
        page.locator("#progress-words.alert").wait_for()
        assert "The server can't be reached" in page.locator("#progress-words").text_content()
    page.get_by_role("button", name="Go on").click()
    assert "1 can't be read" in finish(page)


def test_a_page_that_was_closed_goes_on_where_it_was(page, scans, opened):
    choose(page, scans)
    finish(page)
    tile(page, "dusk.png").get_by_role("button").click()
    page.get_by_role("checkbox", name="Horror").check()
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_load_state("networkidle")
    opened[2].clear()
    choose(page, scans)
    finish(page)
    assert tile(page, "dusk.png").locator(".tile-genres").text_content() == "Western, Horror"
    # The file that can't be read is tried again, and nothing else.
    assert len(predicted(opened[2])) == 1
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove all").click()
    assert page.locator("#posters").is_hidden()
    opened[2].clear()
    choose(page, scans)
    finish(page)
    assert len(predicted(opened[2])) == len(list(scans.rglob("*.png")))
    assert tile(page, "dusk.png").locator(".tile-genres").text_content() == "Western"


def test_what_was_checked_is_not_removed_without_a_question(page, scans):
    choose(page, scans)
    finish(page)
    tile(page, "dusk.png").get_by_role("button").click()
    page.locator("#confirm").click()
    page.keyboard.press("Escape")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Remove all").click()
    assert asked == ["Remove all posters, and forget what you checked on 1 poster?"]
    assert page.locator("#tiles li").count() > 0


def test_another_classifier_that_serves_meanwhile_stops_it(page, scans):
    def answer(route):
        response = route.fetch()
        if not response.ok:
            return route.fulfill(response=response)
        values = response.json()
        values["classifier"]["version"] = "0" * 12
        return route.fulfill(response=response, json=values)

    with intercepted(page, answer):
        choose(page, scans)
        page.locator("#progress-words.alert").wait_for()
    assert "Another classifier serves by now" in page.locator("#progress-words").text_content()


SCREENS = [("/", scheme, width) for scheme in ("light", "dark") for width in (PHONE, DESKTOP)]


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=lambda screen: "-".join(map(str, screen)))
def test_it_has_no_barrier_and_asks_nobody_else(opened, scans, address):
    page, said, asked = opened
    choose(page, scans)
    finish(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == []
    tile(page, "dusk.png").get_by_role("button").click()
    page.get_by_role("checkbox", name="Western").uncheck()
    assert barriers(page) == []
    assert page.locator("#detail").evaluate("dialog => dialog.scrollWidth - dialog.clientWidth") <= 0
    assert all("400 (Bad Request)" in line or "blob:" in line for line in said), said
    assert [url for url in asked if not url.startswith((address, f"blob:{address}"))] == []


def test_two_thousand_posters_are_a_few_tiles_at_a_time(browser, golden, crowd):
    with running(golden / "classifier", queue=2) as address, opening(browser, address, "/", "light", DESKTOP) as opened:
        page = opened[0]
        page.evaluate(COUNT_ADDRESSES)
        choose(page, crowd)
        page.locator("#tiles li").first.wait_for()
        assert page.locator("#tiles li").count() < 80
        assert finish(page) == "2,000 of 2,000 posters done"
        for share in (0.25, 0.5, 0.75, 1):
            page.evaluate("share => scrollTo(0, share * document.querySelector('#tiles').offsetHeight)", share)
            page.wait_for_timeout(100)
            alive, tiles = page.evaluate("[addresses.size, document.querySelectorAll('#tiles li').length]")
            assert alive == tiles < 80
        page.locator("#tiles button").first.focus()
        page.keyboard.press("End")
        last = tile(page, "1999.png")
        assert last.is_visible()
        assert last.get_attribute("aria-posinset") == last.get_attribute("aria-setsize") == "2000"
        page.get_by_role("button", name="Remove all").click()
        assert page.evaluate("addresses.size") == 0
        assert page.evaluate("made") > 100
