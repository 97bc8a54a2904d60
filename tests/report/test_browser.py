"""The page in a real browser: no error, no request, no accessibility fault; light and dark, phone and desktop."""

import shutil

import pytest

from posters.report import write_report
from posters.report.html.shelves import shown_ids

from .conftest import NASTY, evaluated

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
SCREENS = [(scheme, width) for scheme in ("light", "dark") for width in (390, 1280)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH: install it to test the report in a browser"),
]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["nice", "nasty", "bare"])
def report(request, tmp_path_factory, drawn_images):
    names = NASTY if request.param == "nasty" else ("Comedy", "Drama", "Horror", "War", "N/A")
    evaluation = evaluated(names, images=drawn_images, bare=request.param == "bare")
    images = {id: drawn_images / f"{place % 40}.jpg" for place, id in enumerate(shown_ids(evaluation))}
    return write_report(evaluation, tmp_path_factory.mktemp(request.param), images=images)[0]


@pytest.fixture
def opened(browser, report, request):
    """The page on a screen, and what it said and asked for."""
    scheme, width = getattr(request, "param", ("light", 1280))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asking: None if asking.url.startswith("data:") else asked.append(asking.url))
    page.goto(report.as_uri())
    yield page, said, asked
    context.close()


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=lambda screen: "-".join(map(str, screen)))
def test_it_opens_without_error_request_or_barrier(opened, report):
    from axe_playwright_python.sync_playwright import Axe

    page, said, asked = opened
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert said == []
    assert asked == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("window.ran") is None
    serious = [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []


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
    assert page.locator("th[aria-sort]").text_content() == "positives"
    positives.press("Enter")
    assert [int(value) for value in column(page, 1)] == sorted(counts)
    page.get_by_role("button", name="AP", exact=True).click()
    values = column(page, 2)
    defined = [float(value) for value in values if value]
    # What is undefined stands last, whichever way it is sorted.
    assert values[len(defined) :] == [""] * (len(values) - len(defined))
    assert defined == sorted(defined, reverse=True)
    page.get_by_role("button", name="genre").click()
    names = column(page, 0)
    assert names == page.evaluate("names => [...names].sort((a, b) => a.localeCompare(b))", names)


def test_it_is_complete_without_script(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("table.sortable tbody tr").count() == 5
    assert page.locator("section h2").count() >= 8
    context.close()


def test_it_prints(opened, tmp_path):
    page, _, _ = opened
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000
