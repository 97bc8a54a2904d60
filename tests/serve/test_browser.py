"""The page in a real browser: dropped, pasted and chosen posters; light and dark; phone and desktop; by keyboard."""

import base64
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Chromium's own connections are kept down: only the page's own shall be counted.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = 1280, 390

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="THE PAGE WAS OPENED IN NO BROWSER: there is no chromium; apt-get install chromium"
    ),
]

# Hands files to the page as a mouse or a clipboard would.
HAND_IN = """([kind, files]) => {
  const transfer = new DataTransfer();
  for (const [name, data] of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "image/png" }));
  }
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
    : new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, address, request):
    """The page on a screen, and what it said and whom it asked."""
    path, scheme, width = getattr(request, "param", ("/", "light", DESKTOP))
    # Still, so that no colour is measured while a card fades in.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asking: asked.append(asking.url))
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    yield page, said, asked
    context.close()


def hand_in(page, kind, **files):
    page.evaluate(HAND_IN, [kind, [[name, base64.b64encode(data).decode()] for name, data in files.items()]])


def card(page, name):
    """The finished card of a poster."""
    found = page.locator(".card", has=page.get_by_role("heading", name=name, exact=True))
    found.and_(page.locator("[aria-busy=false]")).wait_for()
    return found


def barriers(page):
    from axe_playwright_python.sync_playwright import Axe

    return [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


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


@pytest.mark.parametrize("opened", DOCS, indirect=True, ids=lambda screen: "-".join(map(str, screen)))
def test_the_page_of_the_api_has_no_barrier_and_asks_nobody_else(opened, address):
    page, said, asked = opened
    page.get_by_text("/v2/models/{name}/infer").wait_for()
    assert page.locator(".operation", has_text="PredictAnswer").first.is_visible()
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
    assert shown.locator(".verdict").text_content().startswith("This is no image that can be read")
    assert shown.get_by_text("This browser can't show the file.").is_visible()
    assert shown.locator(".genres li").count() == 0
    assert page.get_by_role("status").text_content().startswith("bad.png: This is no image")


def test_a_file_that_is_too_large_is_not_sent(opened):
    page, _, asked = opened
    hand_in(page, "drop", **{"large.png": b"x" * 300_001})
    verdict = card(page, "large.png").locator(".verdict")
    assert verdict.text_content() == "The file is larger than the 0.3 MB that the server takes."
    assert not [url for url in asked if url.endswith("/api/predict")]


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
        assert card(page, name).get_by_text("never said").count() == 2
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
    assert page.locator(".button").evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    # An input of the browser's own: how the keys open it is the browser's, and not always quick enough for a test.
    page.set_input_files("#files:focus", [golden / "posters" / "dusk.png", golden / "posters" / "night.png"])
    card(page, "night.png")
    page.get_by_role("button", name="Remove dusk.png").press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove night.png"
    page.keyboard.press("Enter")
    assert page.locator(".card").count() == 0
    assert page.evaluate("document.activeElement.id") == "files"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert card(page, "Probe at Ward Thirteen").get_by_text("Drawn as Horror, Sci-Fi").is_visible()


def test_a_server_that_has_gone_is_named(opened, dusk):
    page, _, _ = opened
    page.route("**/api/predict", lambda route: route.abort())
    hand_in(page, "drop", **{"dusk.png": dusk})
    verdict = card(page, "dusk.png").locator(".verdict")
    assert verdict.text_content() == "The server can't be reached: is posters serve still running?"
