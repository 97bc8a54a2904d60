"""Docstrings to Markdown."""

import re
from collections.abc import Iterator

SECTIONS = ("Args:", "Attributes:", "Raises:", "Returns:")
_ENTRY = re.compile(r"    (\S+): (.*)")


def markdown(docstring: str) -> list[str]:
    """The docstring's paragraphs: its sections as lists, its examples as code. Of `Attributes` nothing is shown."""
    lines: list[str] = []
    for paragraph in docstring.split("\n\n"):
        block = list(_block(paragraph))
        lines += ["", *block] if block and lines else block
    return lines


def _block(paragraph: str) -> Iterator[str]:
    head, _, rest = paragraph.partition("\n")
    if head == "Attributes:":
        return
    if head == "Returns:":
        yield f"Returns: {_joined(rest)}"
    elif head in SECTIONS:
        yield from [head, "", *(f"- `{name}`: {text}" for name, text in entries(rest).items())]
    elif head.startswith(">>> "):
        yield f"```python\n{paragraph}\n```"
    else:
        yield _joined(paragraph)


def attributes(docstring: str) -> dict[str, str]:
    """What the section `Attributes` says of each."""
    _, _, section = docstring.partition("Attributes:\n")
    return entries(section.split("\n\n")[0])


def entries(section: str) -> dict[str, str]:
    """The names and texts of a section's entries, whose further lines are indented deeper."""
    found: dict[str, str] = {}
    for line in section.splitlines():
        entry = _ENTRY.fullmatch(line)
        if entry:
            found[entry[1]] = entry[2]
        else:
            found[list(found)[-1]] += f" {line.strip()}"
    return found


def _joined(text: str) -> str:
    return " ".join(text.split())
