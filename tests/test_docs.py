"""Commands and names in the documents exist, and the documents name every command."""

import ast
import re
import shlex
from pathlib import Path

import pytest

import posters
from posters.cli import COMMANDS, parser

REPOSITORY = Path(__file__).parent.parent
DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def blocks(language: str) -> list[str]:
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def commands() -> list[list[str]]:
    """The `posters` commands of the shell examples, a list of words each; lines ending in \\ go on."""
    lines = "\n".join(blocks("bash")).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    # Settings such as KERAS_HOME=... may stand before the command.
    trimmed = [[word for place, word in enumerate(line) if place or "=" not in word] for line in words]
    return [line[1:] for line in trimmed if line and line[0] == "posters"]


def test_there_are_examples():
    assert len(commands()) >= 4


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_documents_parses(words):
    assert callable(parser().parse_args(words).run)


@pytest.mark.parametrize("command", [command.__name__.rpartition(".")[2] for command in COMMANDS])
def test_every_command_is_in_the_readme(command):
    assert f"posters {command}" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", blocks("python"))
def test_names_in_python_examples_are_public(code):
    used = {
        node.attr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "posters"
    }
    assert used <= set(posters.__all__)


def test_links_between_documents_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} links to {target}"
