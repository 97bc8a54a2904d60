"""The pages of docs/reference are what the code says today."""

import argparse
import hashlib
import os
import subprocess
import sys
import textwrap
from importlib import import_module
from pathlib import Path

import pytest

import posters
from posters.cli import parser

REPOSITORY = Path(__file__).parent.parent
PAGES = ("commands.md", "api.md")


@pytest.fixture
def manual(monkeypatch):
    """The package that writes the pages."""
    monkeypatch.syspath_prepend(REPOSITORY)
    return import_module("scripts.manual")


def page(name):
    return (REPOSITORY / "docs" / "reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_not_stale(manual, name):
    assert page(name) == manual.pages()[manual.FOLDER / name], f"docs/reference/{name} is stale: run scripts/reference"


@pytest.mark.parametrize("columns", ["30", "300"])
def test_it_is_the_same_at_any_width_and_loads_no_tensorflow(manual, columns):
    """In a process of its own, where nothing is loaded yet."""
    code = """
        import hashlib, sys
        from scripts.manual import pages
        print(*(hashlib.sha256(text.encode()).hexdigest() for text in pages().values()))
        assert not {"tensorflow", "keras"} & set(sys.modules)
    """
    environment = os.environ | {"COLUMNS": columns, "PYTHONHASHSEED": columns}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [hashlib.sha256(text.encode()).hexdigest() for text in manual.pages().values()]


def test_every_option_of_every_command_is_on_the_page(manual):
    for command, _ in import_module("scripts.manual.commands").subparsers(parser()):
        section = page("commands.md").partition(f"\n## {command.prog}\n")[2].partition("\n## ")[0]
        for action in command._actions:
            shown = action.help != argparse.SUPPRESS and action.dest != "help"
            for name in action.option_strings:
                assert (f"`{name}" in section) == shown, f"{command.prog} {name}"


@pytest.mark.parametrize("name", posters.__all__[1:])
def test_every_public_name_has_a_section(name):
    assert f"\n### {name}\n" in page("api.md")


def test_what_is_said_of_a_command(manual):
    root = argparse.ArgumentParser(prog="cook")
    commands = root.add_subparsers()
    soup = commands.add_parser("soup", help="make soup", description="Make soup, 100% hot.")
    soup.add_argument("roots", nargs="+", metavar="ROOT", help="what goes in")
    soup.add_argument("pot", nargs="?", help="where")
    soup.add_argument("--salt", type=int, default=3, help="grams (default: %(default)s)")
    soup.add_argument("-s", "--style", choices=["thick", "thin"], required=True, help="half is 50%%")
    soup.add_argument("--stir", action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help="by hand")
    soup.add_argument("--secret", help=argparse.SUPPRESS)
    text = import_module("scripts.manual.commands").render(root, "Cooks.\n\nExit codes: 0,\nall was done.\n")
    _, _, section = text.partition("| [`cook soup`](#cook-soup) | make soup |\n\n")
    assert "\nExit codes: 0, all was done.\n" in text
    assert section == textwrap.dedent(
        """\
        ## cook soup

        Make soup, 100% hot.

        ```text
        cook soup ROOT [...] [POT] --style {thick,thin} [OPTIONS]
        ```

        Positional arguments:

        - `ROOT [...]`: what goes in
        - `[POT]`: where

        Options:

        - `--salt SALT`: grams (default: 3)
        - `-s {thick,thin}`, `--style {thick,thin}`: half is 50% (required)
        - `--stir`, `--no-stir`: by hand
        """
    )


def test_a_docstring_as_markdown(manual):
    docstring = (
        "One\nline.\n\n>>> 1 + 1\n2\n\nArgs:\n    n: how\n        many.\n    **more: others.\n\nReturns:\n    It."
    )
    lines = import_module("scripts.manual.docstrings").markdown(docstring)
    assert "\n".join(lines) == (
        "One line.\n\n```python\n>>> 1 + 1\n2\n```\n\nArgs:\n\n- `n`: how many.\n- `**more`: others.\n\nReturns: It."
    )
