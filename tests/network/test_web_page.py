"""`posters export --to web` in a real browser: what Python predicts is predicted there, and nothing is sent."""

import base64
import io
import shutil
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

import posters
from posters.classifier import load_classifier
from posters.cli import main
from posters.errors import ConfigError
from posters.network.export import FORMATS
from posters.network.light_network import expected_outputs
from posters.network.weights import keras_network
from posters.tasks.export import export
from posters.tasks.train import train
from tests.browsing import CHROMIUM, PHONE, barriers, hand_in
from tests.serve.test_browser import card

SAMPLES = sorted((Path(posters.__file__).parent / "serve" / "page" / "samples").glob("*.jpg"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory, colours, small):
    folder = tmp_path_factory.mktemp("web")
    train(colours, folder / "first", small, cache=folder / "cache")
    return folder / "first"


@pytest.fixture(scope="module")
def site(run, tmp_path_factory):
    if CHROMIUM is None or shutil.which("npm") is None:
        pytest.skip("THE EXPORTED PAGE WAS OPENED IN NO BROWSER: it needs chromium and npm")
    folder = tmp_path_factory.mktemp("site")
    try:
        export(run, "web", output=folder)
    except ConfigError as error:
        if "npm can't fetch" not in str(error):
            raise
        pytest.skip(f"THE EXPORTED PAGE WAS OPENED IN NO BROWSER: {error}")
    return folder


@pytest.fixture(scope="module")
def host(site):
    """The folder as any web host serves it; and the methods and paths that it was asked."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append((self.command, self.path))

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


@pytest.fixture(params=[("light", 1280), ("dark", PHONE)], ids=["desktop", "phone"])
def page(host, browser, request):
    scheme, width = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(host[0])
    page.locator("#samples button").first.wait_for()
    yield page
    context.close()


@pytest.fixture(scope="module")
def pictures(colours, tmp_path_factory):
    """Posters of many kinds: large enough to be read at reduced scale, turned, transparent, grey, of other formats."""
    folder = tmp_path_factory.mktemp("pictures")
    picture = Image.open(SAMPLES[0]).convert("RGB")
    turned = Image.Exif()
    turned[0x112] = 6
    see_through = picture.copy()
    see_through.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(folder / "large.jpg", quality=90)
    picture.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", exif=turned, quality=90)
    picture.convert("L").save(folder / "grey.jpg", quality=90)
    see_through.save(folder / "through.png")
    picture.save(folder / "picture.webp", quality=90)
    picture.convert("P").save(folder / "picture.gif")
    for number, poster in enumerate(colours.posters[:5]):
        shutil.copy(colours.image_path(poster), folder / f"own{number}.png")
    return sorted(folder.iterdir())


def test_the_network_in_halves_gives_what_keras_gives_and_the_maps(run, colours, tmp_path):
    directory = run / "classifier"
    classifier = load_classifier(directory)
    model = keras_network(directory, classifier.manifest)
    FORMATS["web"].write(model, classifier.manifest, tmp_path)
    given = FORMATS["web"].open(tmp_path, classifier.manifest)
    paths = [colours.image_path(poster) for poster in colours.posters[:8]]
    pixels = np.stack([posters.decode(path, classifier.manifest.preprocess) for path in paths])
    expected = classifier.manifest.calibration.apply(model(pixels, training=False).numpy())
    np.testing.assert_allclose(given(pixels)["probabilities"], expected, atol=5e-3)
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    maps = expected_outputs(model, pixels)["maps"]
    (found,) = session.run(["maps"], {"poster": pixels})
    np.testing.assert_allclose(found, maps, atol=5e-3 * np.abs(maps).max())


def test_the_same_probabilities_and_genres_as_python_and_nothing_is_sent(run, host, page, pictures):
    _, asked = host
    files = [base64.b64encode(path.read_bytes()).decode() for path in pictures]
    given = page.evaluate(
        """async (files) => {
          const { predict } = await import("./page/api.js");
          const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          return Promise.all(files.map((text) => predict(new Blob([bytes(text)]))));
        }""",
        files,
    )
    classifier = load_classifier(run)
    for path, answer in zip(pictures, given, strict=True):
        expected = classifier.predict(path)
        shares = {each["genre"]: each["probability"] for each in answer["genres"]}
        assert shares == pytest.approx(expected.probabilities, abs=0.01), path.name
        assert answer["byRule"]["balanced"] == list(expected.genres), path.name
        assert answer["novelty"] == pytest.approx(expected.novelty, abs=0.01, rel=0.01), path.name
    assert {method for method, _ in asked} == {"GET"}


def test_a_poster_becomes_a_card_with_its_map_and_there_is_no_barrier(page, host):
    said, beyond = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: beyond.append(request.url))
    hand_in(page, "drop", **{"dusk.jpg": SAMPLES[0].read_bytes(), "bad.png": b"no image"})
    shown = card(page, "dusk.jpg")
    shown.get_by_text("Unlike the posters it learned from").wait_for()  # These were of three colours.
    shown.locator(".genres button").first.press("Enter")
    shown.locator(".why.shown").wait_for()
    assert card(page, "bad.png").locator(".verdict").text_content().startswith("This browser can't read the file")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == []
    assert [url for url in beyond if not url.startswith((host[0], f"blob:{host[0]}"))] == []
    assert [line for line in said if "blob:" not in line] == []


def test_everything_can_be_done_by_keyboard(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "files"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "folder"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert card(page, "Probe at Ward Thirteen").get_by_text("Drawn as Horror, Sci-Fi").is_visible()


def test_many_posters_become_tiles(page):
    hand_in(page, "drop", **{f"{number}.jpg": SAMPLES[number % 6].read_bytes() for number in range(30)})
    page.get_by_text("30 of 30 posters done").wait_for(timeout=60_000)
    assert page.locator("#sheet").is_visible()


def test_the_page_may_ask_nobody_else(page):
    refused = page.evaluate("""() => fetch("https://example.org/").then(() => "sent", () => "refused")""")
    assert refused == "refused"


def test_a_shape_that_python_refuses_is_refused(page):
    file = io.BytesIO()
    Image.new("RGB", (8, 100)).save(file, "PNG")
    hand_in(page, "drop", **{"thin.png": file.getvalue()})
    assert "no side may have fewer than 16" in card(page, "thin.png").locator(".verdict").text_content()


def test_the_command_writes_it_anew_by_force_alone(run, site, capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["posters"])
        assert main(["export", str(run), "--to", "web", "--output", str(site)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_any_host_of_files_will_do(site):
    """No header of the host's is needed: the page is small, and its parts have names that every host knows."""
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 15e6
    assert {path.suffix for path in site.rglob("*")} <= {
        "", ".html", ".json", ".txt", ".js", ".css", ".svg", ".jpg", ".onnx", ".gz",
    }  # fmt: skip
