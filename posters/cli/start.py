"""`posters start`: look at a folder, tell what is in it, and propose what to do; on "yes", do it."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.errors import CatalogueError, ConfigError

if TYPE_CHECKING:
    from posters.catalogue import Catalogue

_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet")
_DESCRIPTION = (
    "Look at a folder with a table of posters and their images: which table, how many posters and genres, and what is "
    "doubtful. It proposes the commands to go on with and, if you agree, trains the head of a classifier, which takes "
    "minutes, and writes the report."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("start", help="look at a folder, and propose what to do", description=_DESCRIPTION)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder with a table and images, or a table")
    directory = "directory to create for the run (default: runs/ and the folder's name)"
    parser.add_argument("--run", dest="directory", type=Path, metavar="RUN", help=directory)
    parser.add_argument("--yes", action="store_true", help="train without asking")
    add_catalogue_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not options.folder.exists():
        raise ConfigError(f"there is no {options.folder}: name the folder of your posters")
    table = _table(options.folder)
    options.table = [table]
    try:
        catalogue = read_catalogue_from(options)
    except CatalogueError as error:
        return _without_labels(options.folder, error)
    directory = options.directory or Path("runs") / options.folder.resolve().stem
    _tell(catalogue)
    reading = _reading_options(options)
    train = ["train", str(table), "--run", str(directory), "--epochs", "0", *reading]
    evaluate = ["evaluate", str(directory)]
    print("\nNext:")
    _propose(["audit", str(table), *reading], "all that is doubtful, with what to do about it")
    _propose(train, "the head alone, in minutes; without --epochs 0 the whole network, in hours")
    _propose(evaluate, "the report: how good it is on posters that it has not seen")
    if not (options.yes or _agreed(directory)):
        return 0
    return _do(train, evaluate, directory, options.yes)


def _table(folder: Path) -> Path:
    """Return the one table in a folder, or the folder itself, which may be a table of another kind."""
    # A JSON file may be anything about the folder.
    tables = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables[:5])
        raise ConfigError(f"{folder} holds {len(tables)} tables ({names}): name one, as in posters start {tables[0]}")
    return tables[0] if tables else folder


def _tell(catalogue: "Catalogue") -> None:
    from posters._base.text import counted

    counts = catalogue.genre_counts()
    common = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1])[:5])
    print(f"{counted(len(catalogue), 'poster')} with {counted(len(counts), 'genre')}: {common} …")
    found = _audit(catalogue)
    # Missing files and repeated rows are told while the table is read.
    for finding in [each for each in found.findings if each.severity != "note"][:5]:
        print(f"  {finding.severity}: {finding.message}")
    told = ", ".join(counted(count, severity) for severity, count in found.counts().items() if count)
    print(f"Doubts: {told or 'none'}.")


def _audit(catalogue: "Catalogue") -> Any:
    from posters._base.optional_imports import check_installed

    check_installed("filelock", "imagehash")
    from posters.audit import audit

    # By hashes alone: for a first look, 15 ms of each poster are too long.
    return audit(catalogue, look=False)


def _reading_options(options: argparse.Namespace) -> list[str]:
    """The words of the command line that say how the table is read, for the commands that read it again."""
    parser = argparse.ArgumentParser(add_help=False)
    add_catalogue_options(parser)
    words: list[str] = []
    for action in parser._actions:
        value, flag = getattr(options, action.dest), action.option_strings[-1]
        if value == action.default:
            continue
        if isinstance(value, list):
            words += [word for each in value for word in (flag, each)]
        else:
            words += [flag] if action.nargs == 0 else [flag, str(value)]
    return words


def _propose(words: list[str], why: str) -> None:
    print(f"  posters {shlex.join(words)}\n      {why}")


def _agreed(directory: Path) -> bool:
    # Where nobody can answer, nothing is begun.
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return input(f"\nTrain the head into {directory}, and write the report? [y/N] ").strip().lower() in ("y", "yes")


def _do(train: list[str], evaluate: list[str], directory: Path, unasked: bool) -> int:
    from posters.cli import main

    for words in (train, evaluate):
        code = main(words)
        if code:
            return code
    page = directory / "report" / "index.html"
    print(f"\nThe report is {page}. Predict with it: posters predict POSTER --classifier {directory}")
    if not unasked:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 0


def _without_labels(folder: Path, error: CatalogueError) -> int:
    """Images alone can be predicted; anything else is the reader's own error."""
    from posters._base.text import counted
    from posters.catalogue.folder_images import folder_images
    from posters.cli.sources import TABLES

    alone = folder.is_dir() and not any(path.name.lower().endswith(TABLES) for path in folder.iterdir())
    images = folder_images(folder, recursive=True).images if alone else []
    if not images:
        raise error
    print(f"{counted(len(images), 'image')}, and no table with genres.\n\nNext:")
    _propose(["predict", str(folder), "--recursive"], "their genres, by the classifier that comes with the package")
    _propose(["serve"], "the same on a page: choose the folder there, and correct what is wrong")
    print("To train a classifier of your own, put a table with the columns id and genres beside them, and start again.")
    return 0
