r"""Measure the pages in Chromium: how long people wait, and whether a browser predicts what Python does.

    python scripts/pages.py web site --images posters/images       # site: by posters export posters --to web
    python scripts/pages.py folder --images posters/images         # on the page of posters serve
    python scripts/pages.py review posters.csv --images posters/images
    python scripts/pages.py picture docs/poster.jpg                # writes docs/page.png, the picture of README

`web` prints the seconds from opening the page to the first prediction, and how far probabilities are from Python's.
`folder` hands in 2,000 images, and prints the seconds until all are predicted, and the page's CPU time a frame while it
is scrolled. `review` decides about 60 posters by keyboard, every second of them changed. Needs chromium and the extra
test.
"""

import argparse
import base64
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from posters.catalogue.folder_images import folder_images
from posters.classifier import load_classifier

OPENINGS, COMPARED, MANY, DECIDED = 7, 200, 2000, 60
PREDICT = """async (data) => {
  const { predict } = await import("./page/api.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return (await predict(new Blob([bytes]))).genres;
}"""


def main() -> None:
    """Measure one page, or take its picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", choices=("web", "folder", "review", "picture"))
    parser.add_argument("source", nargs="?", help="the exported folder of web, the table of review, a poster")
    parser.add_argument("--images", type=Path)
    options = parser.parse_args()
    images = [Path(path) for path in sorted(folder_images(options.images).images)] if options.images else []
    chosen = [images[row] for row in np.random.default_rng(0).permutation(len(images))[:MANY]]
    with browser() as chromium:
        if options.page == "picture":
            picture(chromium, options.source)
        elif options.page == "web":
            web(chromium, options.source, chosen[:COMPARED])
        elif options.page == "folder":
            folder(chromium, chosen)
        else:
            review(chromium, options.source, options.images)


def web(chromium: Any, site: str, images: list[Path]) -> None:
    """Open the exported page again and again, and compare its probabilities with Python's."""
    with hosted(site) as address:
        seconds = []
        for _ in tqdm(range(OPENINGS), desc="opening"):
            page = chromium.new_context().new_page()
            start = perf_counter()
            page.goto(address)
            page.locator("#samples button").first.click()
            page.locator(".card[aria-busy=false]").wait_for()
            seconds.append(perf_counter() - start)
        print(f"first prediction after {np.median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f})")
        apart = []
        for image, own in tqdm(zip(images, load_classifier().predict_many(images), strict=True), total=len(images)):
            found = page.evaluate(PREDICT, base64.b64encode(image.read_bytes()).decode())
            apart.append(max(abs(each["probability"] - own.probabilities[each["genre"]]) for each in found))
    print(f"{len(apart)} posters: probabilities differ by {max(apart):.4f} at most, each poster's most by "
          f"{np.mean(apart):.4f} on average")  # fmt: skip


def folder(chromium: Any, images: list[Path]) -> None:
    """Hand many posters to the page of a server, and scroll through them."""
    with TemporaryDirectory() as kept, served("serve") as address:
        for image in images:
            shutil.copy(image, kept)
        page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        start = perf_counter()
        page.set_input_files("#folder", kept)
        done = re.compile(r"([\d,]+) of \1 posters done")
        page.locator("#progress-words", has_text=done).wait_for(timeout=1_200_000)
        print(f"{len(images):,} posters predicted in {perf_counter() - start:.0f} s")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        for pixels in (100, 600):
            before = cpu(session)
            frames = 100
            page.evaluate(f"""() => new Promise((resolve) => {{ let left = {frames}; scrollTo(0, 0);
                const step = () => {{ scrollBy(0, {pixels}); left-- ? requestAnimationFrame(step) : resolve(); }};
                requestAnimationFrame(step); }})""")
            print(f"scrolling {pixels} pixels a frame: {1000 * (cpu(session) - before) / frames:.1f} ms of CPU a frame")


def review(chromium: Any, table: str, images: Path) -> None:
    """Decide about posters by keyboard, one in two changed."""
    with TemporaryDirectory() as kept:
        database = Path(kept) / "review.sqlite"
        with served("review", table, "--images", str(images), "--db", str(database)) as address:
            page = chromium.new_context().new_page()
            page.goto(address)
            page.locator("#item[aria-busy=false]").wait_for()
            start = perf_counter()
            for number in range(DECIDED):
                if number % 2:
                    page.keyboard.press("1")
                page.keyboard.press("Enter")
                page.locator("#progress", has_text=re.compile(rf"^{number + 1} of ")).wait_for()
                # A key that is pressed before the next poster is there decides nothing.
                page.locator("#item[aria-busy=false]").wait_for()
            print(f"{DECIDED} posters decided in {perf_counter() - start:.1f} s")


def picture(chromium: Any, poster: str) -> None:
    """Take the picture of a prediction on the page of a server, with the evidence for its likeliest genre."""
    with served("serve") as address:
        page = chromium.new_context(viewport={"width": 980, "height": 900}, device_scale_factor=1.3).new_page()
        page.goto(address)
        page.set_input_files("#files", poster)
        card = page.locator(".card[aria-busy=false]")
        card.locator("[data-genre] button").first.click()
        card.locator(".poster.heated").wait_for()
        taken = BytesIO(card.screenshot())
    # A palette makes a third of the file, and nobody sees it.
    Image.open(taken).convert("RGB").quantize(256).save("docs/page.png", optimize=True)


def cpu(session: Any) -> float:
    """Return the CPU seconds of the page's thread so far."""
    values = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(values["TaskDuration"])


@contextmanager
def browser() -> Iterator[Any]:
    """Open Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@contextmanager
def hosted(folder: str) -> Iterator[str]:
    """Serve a folder as any web host does."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def served(*words: str) -> Iterator[str]:
    """Run a command that serves a page, and return its address once it listens."""
    command = [sys.executable, "-m", "posters", *words, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield address[0]
                break
        process.terminate()


if __name__ == "__main__":
    main()
