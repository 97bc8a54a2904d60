"""The page in a real browser: dropped, pasted and chosen posters; light and dark; phone and desktop; by keyboard."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import posters
from posters.classifier.heatmap import draw_heatmap, strength
from tests.browsing import DESKTOP, IN_A_BROWSER, PHONE, barriers, hand_in, opening

pytestmark = IN_A_BROWSER


@pytest.fixture
def explained(browser, explaining, request):
    """The same of a server whose classifier explains."""
    with opening(browser, explaining, *getattr(request, "param", ("/", "light", DESKTOP))) as opened:
        yield opened


def card(page, name):
    """The finished card of a poster."""
    found = page.locator(".card", has=page.get_by_role("heading", name=name, exact=True))
    found.and_(page.locator("[aria-busy=false]")).wait_for()
    return found


SCREENS = [("/", scheme, width) for scheme in ("light", "dark") for width in (PHONE, DESKTOP)]
DOCS = [("/docs", "light", DESKTOP), ("/docs", "dark", PHONE)]


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=lambda screen: "-".join(map(str, screen)))
def test_with_posters_it_has_no_barrier_and_asks_nobody_else(opened, address, dusk):
    page, said, asked = opened
    assert said == []
    hand_in(page, "drop", **{"dusk.png": dusk, "bad.png": b"no image", "again.png": dusk})
    page.locator("#samples button").first.click()
    card(page, "Probe at Ward Thirteen")
    card(page, "bad.png")
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == []
    # The browser itself says that a request was refused, and nothing else is said.
    assert all("400 (Bad Request)" in line or "blob:" in line for line in said), said
    assert [url for url in asked if not url.startswith((address, f"blob:{address}"))] == []


def test_a_picture_that_is_no_poster_is_called_one(explained):
    page, said, _ = explained
    noise = io.BytesIO()
    Image.effect_noise((400, 600), 90).save(noise, "PNG")
    hand_in(page, "drop", **{"noise.png": noise.getvalue()})
    page.locator("#samples button").first.click()
    assert card(page, "noise.png").get_by_text("Unlike the posters it learned from").is_visible()
    assert not card(page, "Probe at Ward Thirteen").get_by_text("Unlike the posters").is_visible()
    assert barriers(page) == []
    assert said == []


@pytest.mark.parametrize("opened", DOCS, indirect=True, ids=lambda screen: "-".join(map(str, screen)))
def test_the_page_of_the_api_has_no_barrier_and_asks_nobody_else(opened, address):
    page, said, asked = opened
    page.get_by_text("/v2/models/{name}/infer").wait_for()
    assert page.locator(".operation", has_text="PredictResponse").first.is_visible()
    assert f"{address}/api/predict" in page.locator("#examples").text_content()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == []
    assert said == []
    assert [url for url in asked if not url.startswith(address)] == []


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_poster_that_is_handed_in_becomes_a_card(opened, dusk, kind):
    page, said, _ = opened
    hand_in(page, kind, **{"dusk.png": dusk})
    shown = card(page, "dusk.png")
    assert shown.locator(".verdict").text_content() == "Western"
    assert shown.get_by_role("img", name="The poster dusk.png").evaluate("image => image.naturalWidth") > 0
    western = shown.get_by_role("listitem").filter(has_text="Western")
    assert western.text_content().split() == ["Western", "66%", "needs", "60%"]
    track, mark = western.locator(".bar").bounding_box(), western.locator(".mark").bounding_box()
    assert (mark["x"] + 1 - track["x"]) / track["width"] == pytest.approx(0.6, abs=0.01)
    assert western.locator(".fill").bounding_box()["width"] / track["width"] == pytest.approx(0.6625, abs=0.01)
    assert page.get_by_role("status").text_content() == "dusk.png: Western."
    assert said == []


def test_where_files_will_drop_is_shown(opened, dusk):
    page, _, _ = opened
    hand_in(page, "dragover", **{"dusk.png": dusk})
    assert page.locator("body.dragging").count() == 1
    hand_in(page, "drop", **{"dusk.png": dusk})
    assert page.locator("body.dragging").count() == 0


def test_a_bad_file_is_a_card_with_the_reason(opened):
    page, _, _ = opened
    hand_in(page, "drop", **{"bad.png": b"no image"})
    shown = card(page, "bad.png")
    assert shown.locator(".verdict").text_content().startswith("This is not an image in a supported format")
    assert shown.get_by_text("This browser can't show the file.").is_visible()
    assert shown.locator(".genres li").count() == 0
    assert page.get_by_role("status").text_content().startswith("bad.png: This is not an image")


def test_a_file_that_is_too_large_is_not_sent(opened):
    page, _, asked = opened
    hand_in(page, "drop", **{"large.png": b"x" * 300_001})
    verdict = card(page, "large.png").locator(".verdict")
    assert verdict.text_content() == "The file is larger than the 0.3 MB that it may have."
    assert not [url for url in asked if "/api/predict" in url]


def test_posters_stand_side_by_side_on_a_desktop_and_below_each_other_on_a_phone(opened, dusk):
    page, _, _ = opened
    hand_in(page, "drop", **{"one.png": dusk, "two.png": dusk})
    one, two = card(page, "one.png"), card(page, "two.png")
    assert one.bounding_box()["y"] == two.bounding_box()["y"]
    assert one.bounding_box()["x"] < two.bounding_box()["x"]
    page.set_viewport_size({"width": PHONE, "height": 900})
    assert one.bounding_box()["y"] < two.bounding_box()["y"]
    assert one.bounding_box()["x"] == two.bounding_box()["x"]


def test_another_rule_is_explained_and_decides_for_every_card(opened, dusk):
    page, _, asked = opened
    hand_in(page, "drop", **{"one.png": dusk, "two.png": dusk})
    card(page, "two.png")
    before = len(asked)
    page.get_by_label("Rule").select_option("precision=0.8")
    for name in ("one.png", "two.png"):
        assert card(page, name).locator(".verdict").text_content() == "No genre reaches its threshold"
        assert card(page, name).get_by_text("never predicted").count() == 2
    assert "at least 80% have it" in page.locator("#promise").text_content()
    assert "Fitted on validation, 12 posters." in page.locator("#promise").text_content()
    assert len(asked) == before


def test_the_page_says_how_far_to_trust_it(opened):
    page, _, _ = opened
    trust = page.get_by_role("region", name="How far to trust it")
    assert "0.500 macro mAP on 12 validation posters" in trust.text_content()
    assert trust.get_by_role("listitem").all_text_contents() == ["this classifier0.500", "never looking0.250"]
    with page.expect_response("**/api/classifier/card") as card:
        page.get_by_role("link", name="Model card").click()
    assert card.value.ok


def test_everything_can_be_done_by_keyboard(opened, golden):
    page, _, _ = opened
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "files"
    assert page.get_by_text("Choose files").evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    # An input of the browser's own: how the keys open it is the browser's, and not always quick enough for a test.
    page.set_input_files("#files:focus", [golden / "posters" / "dusk.png", golden / "posters" / "night.png"])
    card(page, "night.png")
    page.get_by_role("button", name="Remove dusk.png").press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove night.png"
    page.keyboard.press("Enter")
    assert page.locator(".card").count() == 0
    assert page.evaluate("document.activeElement.id") == "files"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "folder"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert card(page, "Probe at Ward Thirteen").get_by_text("Drawn as Horror, Sci-Fi").is_visible()


def test_a_server_that_has_gone_is_named(opened, dusk):
    page, _, _ = opened
    page.route("**/api/predict*", lambda route: route.abort())
    hand_in(page, "drop", **{"dusk.png": dusk})
    verdict = card(page, "dusk.png").locator(".verdict")
    assert verdict.text_content() == "The server can't be reached: is it still running?"


# Where on a poster a genre comes from

SAMPLE = Path(posters.__file__).parent / "serve" / "page" / "samples" / "sample-0039.jpg"
# RGBA of each pixel that is drawn over the poster, [height, width, values]; none while it is hidden.
DRAWN = """canvas => {
  if (!canvas.offsetParent) return null;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, btoa(data.reduce((text, value) => text + String.fromCharCode(value), ""))];
}"""


def drawn(shown):
    """uint8 (height, width, 4), or None."""
    found = shown.locator(".poster canvas").evaluate(DRAWN)
    if found is None:
        return None
    height, width, values = found
    return np.frombuffer(base64.b64decode(values), np.uint8).reshape(height, width, 4)


def genre(shown, name):
    return shown.get_by_role("button", name=f"{name}: where it comes from")


def caption(shown, name):
    """What is said below the row of a genre, once it is there."""
    found = shown.locator(f"[data-genre='{name}'] .why:is(.shown, .alert)")
    found.wait_for()
    return found.locator("p").text_content()


def explain_requests(asked):
    return [url for url in asked if "/api/explain" in url]


@pytest.fixture(scope="module")
def top_genres():
    """The two most probable genres of the poster, which the page shows whichever classifier the package has."""
    probabilities = posters.load_classifier().predict(SAMPLE).probabilities
    return sorted(probabilities, key=probabilities.get, reverse=True)[:2]


@pytest.fixture
def sample(explained):
    """The card of a poster on such a page, with the page and whom it asked."""
    page, _, asked = explained
    hand_in(page, "drop", **{"sample.jpg": SAMPLE.read_bytes()})
    return card(page, "sample.jpg"), page, asked


def test_a_genre_that_is_chosen_has_its_map_on_the_poster_until_it_is_chosen_again(sample, top_genres):
    first, _ = top_genres
    shown, page, _ = sample
    chosen = genre(shown, first)
    assert (chosen.get_attribute("aria-pressed"), drawn(shown)) == ("false", None)
    chosen.click()
    assert caption(shown, first).startswith(f"Where {first} comes from: most of all ")
    assert chosen.get_attribute("aria-pressed") == "true"
    assert page.get_by_role("status").text_content().startswith(f"sample.jpg: Where {first} comes from: ")
    picture, canvas = (shown.locator(f".poster {tag}").bounding_box() for tag in ("img", "canvas"))
    assert canvas == pytest.approx(picture, abs=0.5)
    chosen.click()
    assert (chosen.get_attribute("aria-pressed"), drawn(shown)) == ("false", None)
    assert shown.locator(".why").count() == 0


def test_the_map_and_the_box_are_those_that_the_command_draws(sample, top_genres):
    first, _ = top_genres
    shown, _, _ = sample
    genre(shown, first).click()
    caption(shown, first)
    pixels = drawn(shown)
    explanation = posters.load_classifier().explain(SAMPLE, first)
    height, width = pixels.shape[:2]
    assert (height, width) == (720, 480)
    shares = np.asarray(
        Image.fromarray(strength(explanation.map)).resize((width, height), Image.Resampling.BICUBIC)
    ).clip(0, 1)
    left, top, right, bottom = (round(2.4 * side) for side in explanation.box)
    heat = np.ones((height, width), bool)
    # The box may reach the edge of the poster.
    heat[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1] = False
    heat[top + 12 : bottom - 12, left + 12 : right - 12] = True
    np.testing.assert_allclose(pixels[heat][:, 3], 255 * 0.72 * shares[heat], atol=2)
    # The middle of the box's upper line is white, its edges are black.
    middle = pixels[top : top + 9, (left + right) // 2]
    assert (middle[4] == 255).all()
    assert (middle[[1, 7]][:, :3] == 0).all()
    black = Image.new("RGB", explanation.size)
    row, column = np.unravel_index(np.where(heat, shares, 0).argmax(), shares.shape)
    expected = np.asarray(draw_heatmap(black, explanation).resize((width, height), Image.Resampling.BILINEAR))
    over_black = pixels[row, column, :3] * (pixels[row, column, 3] / 255)
    np.testing.assert_allclose(over_black, expected[row, column], atol=6)


def test_another_genre_takes_its_place_and_nothing_is_asked_for_twice(sample, top_genres):
    first, second = top_genres
    shown, _, asked = sample
    maps = []
    for name in (first, second, first):
        genre(shown, name).click()
        caption(shown, name)
        maps.append(drawn(shown))
    assert shown.locator("[aria-pressed=true]").count() == 1
    assert (maps[0] == maps[2]).all()
    assert (maps[0] != maps[1]).any()
    assert [url.rpartition("=")[2] for url in explain_requests(asked)] == [first, second]


def test_an_answer_that_comes_too_late_is_not_shown(sample, top_genres):
    first, second = top_genres
    shown, page, _ = sample
    late = []
    page.route(f"**/api/explain?genre={first}", lambda route: late.append(route))
    genre(shown, first).click()
    shown.get_by_text(f"Locating {first}").wait_for()
    genre(shown, second).click()
    caption(shown, second)
    before = drawn(shown)
    with page.expect_response(f"**/api/explain?genre={first}"):
        late[0].continue_()
    page.wait_for_load_state("networkidle")
    assert (drawn(shown) == before).all()
    assert shown.locator(".why").count() == 1
    assert caption(shown, second).startswith(f"Where {second}")


def test_each_poster_keeps_its_own_map_by_keyboard_too(explained, top_genres):
    first, second = top_genres
    page, _, _ = explained
    hand_in(page, "drop", **{"one.jpg": SAMPLE.read_bytes(), "two.jpg": SAMPLE.read_bytes()})
    one, two = card(page, "one.jpg"), card(page, "two.jpg")
    genre(one, first).press("Enter")
    genre(two, second).press("Space")
    assert caption(one, first)
    assert caption(two, second)
    assert genre(two, second).evaluate("button => getComputedStyle(button, '::after').outlineStyle") == "solid"
    page.keyboard.press("Escape")
    assert drawn(two) is None
    assert drawn(one) is not None
    assert page.evaluate("document.activeElement.textContent") == second
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    assert drawn(one) is None


def test_another_rule_and_fewer_genres_leave_the_map_where_it_is(sample):
    shown, page, _ = sample
    shown.get_by_role("button", name="All 22 genres").click()
    last = shown.locator(".genres li").last.get_attribute("data-genre")
    genre(shown, last).click()
    words = caption(shown, last)
    shown.get_by_role("button", name="Fewer genres").click()
    page.get_by_label("Rule").select_option(index=1)
    assert genre(shown, last).get_attribute("aria-pressed") == "true"
    assert caption(shown, last) == words


def test_a_rule_that_decides_poster_by_poster_has_no_marks(sample):
    shown, page, _ = sample
    page.get_by_label("Rule").select_option("balanced")
    named = shown.locator(".verdict").text_content().split(", ")
    assert named == list(posters.load_classifier().predict(SAMPLE, "balanced").genres)
    assert page.locator("#key").is_hidden()
    assert shown.locator(".mark:visible").count() == shown.locator(".needs:visible").count() == 0
    page.get_by_label("Rule").select_option("f1")
    assert page.locator("#key").is_visible()
    assert shown.locator(".mark:visible").count() == shown.locator(".genres li").count()


def test_a_request_that_fails_is_a_line_in_the_card_and_can_be_tried_again(sample, top_genres):
    first, _ = top_genres
    shown, page, _ = sample
    page.route("**/api/explain**", lambda route: route.abort())
    genre(shown, first).click()
    assert caption(shown, first) == "The server can't be reached: is it still running?"
    assert genre(shown, first).get_attribute("aria-pressed") == "false"
    assert drawn(shown) is None
    page.unroute("**/api/explain**")
    genre(shown, first).click()
    shown.get_by_text(f"Where {first} comes from").wait_for()


def test_a_classifier_that_does_not_explain_offers_nothing(opened, dusk):
    page, _, _ = opened
    hand_in(page, "drop", **{"dusk.png": dusk})
    assert card(page, "dusk.png").locator(".genres button").count() == 0
    assert page.locator("#hint").is_hidden()


@pytest.mark.parametrize("explained", SCREENS, indirect=True, ids=lambda screen: "-".join(map(str, screen)))
def test_with_a_map_it_has_no_barrier_and_says_nothing_unasked(explained, top_genres):
    first, _ = top_genres
    page, said, _ = explained
    hand_in(page, "drop", **{"one.jpg": SAMPLE.read_bytes(), "two.jpg": SAMPLE.read_bytes()})
    for name in ("one.jpg", "two.jpg"):
        genre(card(page, name), first).click()
        caption(card(page, name), first)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == []
    assert said == []
