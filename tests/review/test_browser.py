"""The page of a review in a real browser: by keyboard alone, light and dark, on a phone, with two people at once."""

from contextlib import ExitStack

import pytest

from posters.classifier import Prediction, load_classifier
from posters.evaluation.label_issues import LabelIssue
from posters.review import ReviewQueue
from posters.review.app import create_review_app
from posters.serve import ServerOptions
from tests import browsing
from tests.browsing import DESKTOP, IN_A_BROWSER, PHONE, barriers
from tests.serve.conftest import serving

pytestmark = IN_A_BROWSER

DOUBT = LabelIssue("tt1", "Heat", "1.jpg", "Comedy", "missing", 0.9, 0.8, ("Crime", "Drama"))


@pytest.fixture
def pages(browser):
    """What opens the page of a review for a person; their own browser keeps their own name."""
    with ExitStack() as opened:

        def open_(url, scheme="light", width=DESKTOP):
            return opened.enter_context(browsing.opening(browser, url, "", scheme, width))

        yield open_


@pytest.fixture
def review(opening):
    return opening(queue=ReviewQueue("doubts", ("tt1", "tt2", "tt3"), {"tt1": (DOUBT,)}))


@pytest.fixture
def address(review):
    with serving(create_review_app(review, ServerOptions(hosts=()), "ann")) as url:
        yield url


def title(page, text):
    """Waits until a poster is shown and may be decided."""
    page.locator("#item[aria-busy=false] #title", has_text=text).wait_for()


def state(page):
    """Each genre's answer, in the order of the page."""
    boxes = page.get_by_role("checkbox").all()
    return {box.locator(".name").text_content(): box.get_attribute("aria-checked") for box in boxes}


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_barrier_and_asks_nobody_else(pages, address, scheme, width):
    page, said, asked = pages(address, scheme, width)
    title(page, "Heat")
    page.keyboard.press("u")
    assert page.get_by_role("img", name="The poster of Heat").evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == []
    for name in ("Alien", "Big"):
        page.get_by_role("button", name="Confirm").click()
        title(page, name)
    page.get_by_role("button", name="Skip").click()
    page.get_by_role("heading", name="Only posters that you skipped are left").wait_for()
    assert barriers(page) == []
    assert said == []
    assert [url for url in asked if not url.startswith((address, f"blob:{address}"))] == []


def test_doubts_are_told_in_a_sentence_for_each_kind(pages, address):
    page, _, _ = pages(address)
    title(page, "Heat")
    lead = page.evaluate(
        """async () => {
          const { Genres } = await import("/page/review/genres.js");
          const doubted = { Action: "false", Comedy: "missing", Drama: null, Thriller: "false", War: "false" };
          const genres = new Genres(document.createElement("ul"));
          genres.questions = Object.entries(doubted).map(([genre, doubt]) => ({ genre, doubt, label: "no" }));
          return genres.lead(false);
        }"""
    )
    assert lead == "Comedy seems to be missing. Action, Thriller, and War seem to be false."


def test_a_whole_review_by_keyboard_alone(pages, address, review):
    page, _, _ = pages(address)
    title(page, "Heat")
    assert page.locator("#lead").text_content() == "Comedy seems to be missing."
    assert state(page) == {
        "Comedy": "false", "Crime": "true", "Drama": "true", "Horror": "false", "Western": "false"
    }  # fmt: skip
    page.keyboard.press("1")  # Comedy it is;
    page.keyboard.press("3")  # Drama it isn't;
    page.keyboard.press("ArrowDown")
    page.keyboard.press("u")  # of Horror nobody knows;
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")  # and a Western it is, too.
    page.keyboard.press("Enter")
    title(page, "Alien")
    page.keyboard.press("s")
    title(page, "Big")
    page.keyboard.press("z")
    title(page, "Alien")
    page.keyboard.press("z")
    title(page, "Heat")
    # As it was answered, to be changed.
    assert state(page) == {
        "Comedy": "true", "Crime": "true", "Drama": "false", "Horror": "mixed", "Western": "true"
    }  # fmt: skip
    for name in ("Alien", "Big"):
        page.keyboard.press("Enter")
        title(page, name)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Every poster is decided").wait_for()
    assert {each.poster: each.genres["Horror"] for each in review.store.standing()} == {
        "tt1": "unknown", "tt2": "yes", "tt3": "no"
    }  # fmt: skip
    rows = {(row["id"], row["genre"], row["change"]) for row in review.corrections().rows}
    assert rows == {("tt1", "Comedy", "add"), ("tt1", "Drama", "remove"), ("tt1", "Horror", "unknown")}


def test_keys_with_a_button_in_focus_or_in_the_name_do_not_decide(pages, address, review):
    page, _, _ = pages(address)
    title(page, "Heat")
    page.locator("#reviewer").focus()
    page.keyboard.type("suz1")
    assert review.store.history() == ()
    page.keyboard.press("Tab")
    title(page, "Alien")  # Somebody else by name, who gets another poster.
    page.locator("#skip").focus()
    page.keyboard.press("Enter")
    title(page, "Big")
    assert [(each.kind, each.reviewer) for each in review.store.history()] == [("skipped", "annsuz1")]


def test_by_touch_a_genre_becomes_yes_and_unknown(pages, address, review):
    page, _, _ = pages(address, width=PHONE)
    title(page, "Heat")
    page.get_by_role("checkbox", name="Comedy").click()
    page.get_by_role("button", name="Drama: unknown").click()
    assert state(page)["Comedy"] == "true"
    assert state(page)["Drama"] == "mixed"
    # The buttons stay within reach of a thumb.
    assert page.locator("#decide").bounding_box()["y"] > 900 - 80
    page.locator("#decide").click()
    title(page, "Alien")
    assert review.store.standing()[0].genres["Drama"] == "unknown"


def test_two_people_get_different_posters_and_the_last_waits_for_the_rest(pages, address):
    ann, _, _ = pages(address)
    title(ann, "Heat")
    ben, _, _ = pages(address)
    # Until he gives his name, he is taken for the one whom the server was started for.
    ben.locator("#reviewer").fill("ben")
    ben.keyboard.press("Tab")
    title(ben, "Alien")
    ann.keyboard.press("Enter")
    title(ann, "Big")
    ben.keyboard.press("Enter")
    ben.get_by_role("heading", name="Other reviewers have the rest").wait_for()
    ann.keyboard.press("Enter")
    ann.get_by_role("heading", name="Every poster is decided").wait_for()
    assert ann.locator("#progress").text_content() == "3 of 3 decided · 2 by you"


def test_corrections_are_downloaded_at_the_end(pages, address):
    page, _, _ = pages(address)
    title(page, "Heat")
    page.keyboard.press("1")
    for name in ("Alien", "Big"):
        page.keyboard.press("Enter")
        title(page, name)
    page.keyboard.press("Enter")
    with page.expect_download() as found:
        page.get_by_role("button", name="Download corrections").click()
    assert "Comedy,add,yes" in found.value.path().read_text(encoding="utf-8-sig")


def test_what_was_answered_stays_while_the_server_is_away(pages, review):
    with serving(create_review_app(review, None, "ann")) as url:
        page, _, _ = pages(url)
        title(page, "Heat")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("The server can't be reached").wait_for()
    assert state(page)["Comedy"] == "true"


def test_a_random_sample_shows_no_label_and_ends_with_the_figures(pages, opening):
    review = opening(queue=ReviewQueue("random", ("tt1", "tt2")), predict=lambda _: Prediction(("Crime",), {}))
    with serving(create_review_app(review, None, "ann")) as url:
        page, _, _ = pages(url)
        title(page, "Heat")
        assert set(state(page).values()) == {"false"}
        assert page.locator(".share").all_text_contents() == [""] * 5
        place = list(state(page)).index("Crime") + 1
        page.keyboard.press(str(place))
        page.keyboard.press("Enter")
        title(page, "Alien")
        page.keyboard.press("Enter")
        page.get_by_text("Of the genres that tagger publishes, 0.50").wait_for()


def test_a_poster_without_labels_begins_with_its_predictions(pages, opening):
    predict = lambda _: Prediction(("Crime",), {"Crime": 0.8, "Drama": 0.3})  # noqa: E731
    review = opening(queue=ReviewQueue("uncertain", ("tt2",)), predict=predict)
    with serving(create_review_app(review, None, "ann")) as url:
        page, _, _ = pages(url)
        title(page, "Alien")
        assert page.locator("#lead").text_content() == "It has no labels yet. Are the predicted genres right?"
        assert [name for name, given in state(page).items() if given == "true"] == ["Crime"]
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        with page.expect_download() as found:
            page.get_by_role("button", name="Download labels").click()
        assert found.value.suggested_filename == "labels.csv"
        assert "tt2,2.jpg,Alien,Crime|Drama," in found.value.path().read_text(encoding="utf-8-sig")


def test_skipped_posters_come_back_when_asked_for(pages, address):
    page, _, _ = pages(address)
    for name in ("Heat", "Alien", "Big"):
        title(page, name)
        page.keyboard.press("s")
    page.get_by_role("button", name="Review the skipped ones").click()
    title(page, "Heat")
    page.keyboard.press("s")
    title(page, "Alien")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_heat_map_of_the_genre_in_the_frame(pages, review, width):
    with serving(create_review_app(review, None, "ann", load_classifier(interpreters=1))) as url:
        page, said, _ = pages(url, "dark", width)
        title(page, "Heat")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("h")
        page.locator("#heat").get_by_text("Crime").wait_for()
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.keyboard.press("Escape")
        assert page.locator("#heat").text_content() == ""
        page.keyboard.press("Enter")
        title(page, "Alien")
        assert page.locator(".picture canvas").is_hidden()
        assert said == []


def test_an_unreadable_poster_can_be_skipped(pages, address, table):
    (table.parent / "images" / "1.jpg").write_bytes(b"no image")
    page, _, _ = pages(address)
    title(page, "Heat")
    assert page.locator("#item .none").text_content().startswith("The poster can't be shown. ")
    page.keyboard.press("s")
    title(page, "Alien")
    assert page.locator("#item img").is_visible()
