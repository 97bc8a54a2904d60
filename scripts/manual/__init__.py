"""The reference in docs/reference, made from the code: the same text with any Python and any width of the terminal."""

from pathlib import Path

from scripts.manual.api import api_page
from scripts.manual.commands import commands_page

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def pages() -> dict[Path, str]:
    """The text that each page should have."""
    return {FOLDER / "commands.md": commands_page(), FOLDER / "api.md": api_page()}
