"""Commands, options, defaults and names in the documents exist, their examples run, and every command is explained."""

import ast
import contextlib
import inspect
import io
import re
import shlex
import shutil
import tomllib
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet

import posters
from posters.audit import CHECKS, KINDS
from posters.cli import BESIDE, COMMANDS, main, parser
from posters.config import config_from_dict
from posters.serve import JobQueue, create_app

REPOSITORY = Path(__file__).parent.parent
PAGES = sorted((REPOSITORY / "docs").glob("*.md"))
DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *PAGES]
CATALOGUES = REPOSITORY / "docs" / "catalogues.md"


def read(document):
    return document.read_text(encoding="utf-8")


TEXT = "\n".join(map(read, DOCUMENTS))


def blocks(language, text=TEXT):
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def commands(text=TEXT):
    """The `posters` commands of the shell examples, a list of words each; lines ending in \\ go on."""
    lines = "\n".join(blocks("bash", text)).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    # Settings such as KERAS_HOME=... may stand before the command.
    trimmed = [[word for place, word in enumerate(line) if place or "=" not in word] for line in words]
    return [_own_words(line[1:]) for line in trimmed if line and line[0] == "posters"]


def _own_words(words):
    """Without what a shell makes of the rest: pipes and redirections."""
    ends = [place for place, word in enumerate(words) if word in ("|", "<", ">")]
    return words[: min(ends, default=len(words))]


def prose():
    """The documents without their blocks of code, a line each."""
    return re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE).splitlines()


def inline():
    """The words of each piece of code within the prose."""
    return [code.split() for code in re.findall(r"`([^`]+)`", "\n".join(prose()))]


# Commands


def test_there_are_examples():
    assert len(commands()) >= 4


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_documents_parses(words):
    assert callable(parser().parse_args(words).run)


@pytest.mark.parametrize("command", [*COMMANDS, *BESIDE])
def test_every_command_is_in_the_readme(command):
    assert f"posters {command}" in read(REPOSITORY / "README.md")


@pytest.mark.parametrize("command", [*COMMANDS, *BESIDE])
def test_every_command_is_explained_in_the_docs(command):
    assert any(f"posters {command}" in read(page) for page in PAGES), f"no page of docs/ speaks of posters {command}"


def test_every_command_within_the_prose_exists():
    named = {words[1] for words in inline() if words[0] == "posters" and len(words) > 1}
    assert {name for name in named if name.isalpha()} <= {*COMMANDS, *BESIDE}


def test_every_file_of_the_repository_that_is_named_exists():
    """Tests move and scripts are renamed, and the documents must follow."""
    named = set(re.findall(r"`((?:tests|scripts|posters/[a-z_]+|docs|notebooks|sample)/[\w./-]+)`", TEXT))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (REPOSITORY / name).exists()] == []


# Options


@cache
def options_of(command):
    """Each option of a command with what its help gives as its default, or None."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit), pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "1000")  # Every option on one line.
        main([command, "--help"])
    found = {}
    for line in re.findall(r"^  -.*(?:\n {20,}.*)?$", printed.getvalue(), re.MULTILINE):
        invocation, _, description = " ".join(line.split("\n")).strip().partition("  ")
        default = re.search(r"\(default: (.*)\)", description)
        for option in re.findall(r"--[a-z][a-z-]*", invocation):
            found[option] = default[1] if default else None
    return found


def options(*names):
    """The options of these commands, or of all: each with what its help gives as its default, one for each command."""
    known = {}
    for name in names or (*COMMANDS, *BESIDE):
        for option, default in options_of(name).items():
            known.setdefault(option, set()).add(default)
    return known


def options_of_scripts():
    files = (path for path in (REPOSITORY / "scripts").rglob("*") if path.is_file() and path.suffix in ("", ".py"))
    sources = [path.read_text(encoding="utf-8") for path in files]
    return set(re.findall(r"--[a-z][a-z-]+", "\n".join(sources)))


def test_every_option_within_the_prose_exists():
    """Of the command that stands before it, if one does; else of any, or of a script."""
    for words in inline():
        named = {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}
        if words[0] == "posters" and len(words) > 1 and words[1] in COMMANDS:
            assert named <= set(options(words[1])), " ".join(words)
        elif words[0].startswith("--"):
            assert named <= set(options()) | options_of_scripts(), " ".join(words)


def documented_defaults():
    """(option, default) where a line says `--option` (default: X), and of each table with a column `default`."""
    found = [pair for line in prose() for pair in re.findall(r"`(--[a-z-]+)[^`]*`[^`(]*\(default: ([^)]+)\)", line)]
    column = None
    for line in prose():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if "default" in cells:
            column = cells.index("default")
        elif not cells:
            column = None
        elif column is not None and cells[0].startswith("`--"):
            found.append((cells[0].strip("`").split()[0], cells[column]))
    return [(option, default.replace("`", "")) for option, default in found]


def test_documented_defaults_are_found():
    assert ("--min-posters", "20") in documented_defaults()


@pytest.mark.parametrize(("option", "default"), sorted(set(documented_defaults())))
def test_a_documented_default_is_that_of_the_code(option, default):
    assert default in options()[option]


# Examples


@pytest.mark.parametrize("text", [read(REPOSITORY / "scripts" / "demo.toml"), *blocks("toml")])
def test_a_config_of_the_documents_is_one(text):
    config_from_dict(tomllib.loads(text))


@pytest.mark.parametrize("code", blocks("python"))
def test_names_in_python_examples_are_public(code):
    used = {
        node.attr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "posters"
    }
    assert used <= set(posters.__all__)


@pytest.fixture
def workshop(golden, tmp_path, monkeypatch):
    """A working directory with what the examples speak of: a table, images, and the golden classifier for a run."""
    shutil.copytree(golden / "classifier", tmp_path / "runs" / "first" / "classifier")
    for folder in ("images", "folder"):
        shutil.copytree(golden / "posters", tmp_path / folder)
    shutil.copy(golden / "posters" / "dusk.png", tmp_path / "alien.jpg")
    rows = [f"{number},dusk.png,Western|Comedy" for number in range(20)]
    (tmp_path / "posters.csv").write_text("\n".join(["id,image,genres", *rows]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stand_in_for_training(*arguments, **options):
    """Checks the arguments, and trains nothing."""
    given = inspect.signature(posters.train).bind(*arguments, **options).arguments
    posters.config.with_options(posters.TrainConfig(), **given.get("options", {}))
    return posters.load_classifier("runs/first")


def stand_in_for_the_web(client, url, **options):
    """Asks the application itself, where the example asks a server."""
    return client.post(urlsplit(url).path, **options)


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if blocks("python", read(path))], ids=lambda p: p.stem)
def test_the_python_examples_run(document, workshop, monkeypatch):
    """Those of one document one after the other, as a reader types them; but for the training itself."""
    examples = "\n".join(blocks("python", read(document)))
    with JobQueue(posters.load_classifier("runs/first", interpreters=1), queue=1) as queue:
        monkeypatch.setattr(httpx, "post", partial(stand_in_for_the_web, TestClient(create_app(queue))))
        run_examples(examples, document.name)


def run_examples(examples, name):
    namespace = {"train": stand_in_for_training}
    checks, kinds = CHECKS.copy(), KINDS.copy()
    try:
        exec(compile(examples.replace("posters.train(", "train("), name, "exec"), namespace)
    finally:  # What an example adds to every audit would be found by other tests.
        CHECKS[:] = checks
        for kind in KINDS.keys() - kinds.keys():
            del KINDS[kind]


@pytest.mark.slow
def test_a_large_table_is_predicted_in_parts_and_resumed(workshop):
    """The example of docs/scale.md, in parts of ten rows, with an image that is missing."""
    text = read(REPOSITORY / "docs" / "scale.md")
    with Path("posters.csv").open("a") as table:
        table.write("\n20,gone.png,Western")
    (example,) = re.findall(r"^posters (predict posters.csv --images images --output out/)$", text, flags=re.MULTILINE)
    words = [*example.split(), "--part-size", "10"]
    assert main(words) == 1
    done = [Path(f"out/part-{number:05}.parquet") for number in range(3)]
    assert [table["poster"].to_pylist() for table in map(parquet.read_table, done)] == [
        [str(number) for number in numbers] for numbers in (range(10), range(10, 20), [20])
    ]
    assert parquet.read_table("out")["error"].to_pylist()[-1].endswith("gone.png: there is no such file")
    kept = done[0].stat()
    done[1].unlink()
    assert main(words) == 1
    assert done[1].exists()
    assert done[0].stat() == kept


def sections():
    """The whole examples on the page of catalogues: title to text."""
    parts = read(CATALOGUES).split("\n## ")[1:]
    return {part.partition("\n")[0]: part for part in parts if commands(part)}


def set_out(text, folder):
    """Write the files that a section shows, and empty images of the names that it lists."""
    for name, content in re.findall(r"^`([^`]+)`:\n\n```\w+\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    listed = re.search(r"^Images: (.*)\.$", text, flags=re.MULTILINE)
    for name in re.findall(r"`([^`]+)`", listed[1]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_every_dialect_has_an_example():
    assert set(posters.dialect_names()) <= set(sections())


@pytest.mark.parametrize("title", sections())
def test_a_catalogue_of_the_documents_is_read_as_they_print(title, tmp_path, monkeypatch, capsys, messages):
    set_out(sections()[title], tmp_path)
    monkeypatch.chdir(tmp_path)
    (command,) = commands(sections()[title])
    assert main(command) == 0
    out, err = capsys.readouterr()
    printed = (err if title == "The first rows" else "\n".join(messages) + "\n") + out
    assert [printed] == blocks("text", sections()[title])
    if title in posters.dialect_names():
        assert f"({title}): " in printed


# Changes


def test_the_changelog_keeps_its_form():
    """https://keepachangelog.com/en/1.1.0/: versions with their dates, the newest first, changes by their kinds."""
    text = read(REPOSITORY / "CHANGELOG.md")
    versions, kinds = (re.findall(rf"^{level} (.*)$", text, flags=re.MULTILINE) for level in ("##", "###"))
    assert text.startswith("# Changelog\n")
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", version) for version in versions[1:])
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# Links


def anchors(document):
    """What GitHub calls the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", read(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)]+)\)", read(document)):
        path, _, anchor = target.partition("#")
        if "://" not in target:
            there = document.parent / path if path else document
            assert there.exists(), f"{document.name} links to {target}"
            assert not anchor or anchor in anchors(there), f"{document.name} links to {target}"
