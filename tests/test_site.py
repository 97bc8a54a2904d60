"""The site of the documents: it builds without a warning, and shows what the code offers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import posters
from posters.cli import BESIDE, COMMANDS

REPOSITORY = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder]
    live = tmp_path_factory.mktemp("live")
    (live / "index.html").write_text("the exported page")
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sample")])
    environment = os.environ | {"POSTERS_LIVE": str(live), "PYTHONPATH": path}
    built = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def read(site: Path, page: str) -> str:
    return (site / page / "index.html").read_text(encoding="utf-8")


def test_every_page_of_the_docs_is_there(site):
    for page in (REPOSITORY / "docs").glob("*.md"):
        assert (site / page.stem / "index.html").exists(), f"docs/{page.name} has no page: add it to nav in mkdocs.yml"


@pytest.mark.parametrize("name", posters.__all__[1:])
def test_every_public_name_links_to_its_entry(site, name):
    home = f"{getattr(posters, name).__module__}.{name}"
    assert f"#{home}" in read(site, "reference/api")
    pages = [read(site, f"reference/{folder.name}") for folder in (site / "reference").iterdir() if folder.is_dir()]
    assert any(f'id="{home}"' in page for page in pages)


@pytest.mark.parametrize("name", [*COMMANDS, *BESIDE])
def test_every_command_shows_its_help(site, name):
    assert f"usage: posters {name}" in read(site, "reference/commands")


def test_the_exported_page_can_be_tried_on_the_site(site):
    assert (site / "live" / "index.html").read_text() == "the exported page"
    assert 'src="../live/index.html"' in read(site, "try")


def test_notebooks_are_pages_with_what_they_printed(site):
    assert "accuracy of naming no genre, ever: 0." in read(site, "tutorial")
    assert "data:image/png;base64," in read(site, "guide/softmax_or_sigmoid")


def test_examples_are_shown_as_code(site):
    """A doctest outside an `Examples:` section is Markdown for a quotation."""
    pages = [path for path in site.rglob("index.html") if "<blockquote>" in path.read_text(encoding="utf-8")]
    assert not pages


def test_nothing_is_loaded_from_elsewhere(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    for attribute in ('src="', '<link rel="stylesheet" href="'):
        assert f"{attribute}http" not in page
