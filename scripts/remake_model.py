"""Train the classifier of the package anew, whole, or without some of its sources, whose terms may not suit everybody.

    python scripts/remake_model.py --imdb imdb-posters --more more-posters --run runs/own --out own --without movielens

Runs the commands of its model card one after the other: hours on two cores. Started again, it resumes. `--print` shows
them alone.
"""

import argparse
import csv
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from posters._base.atomic_files import replacing
from scripts.make_model import COMMAND

# What may be left out: the labels that only MovieLens has, or all of the further posters.
SOURCES = ("movielens", "more-posters")


def main() -> None:
    """Run the commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imdb", type=Path, required=True, metavar="DIR", help="the IMDb set: posters.csv and images")
    parser.add_argument("--more", type=Path, metavar="DIR", help="the further posters, likewise")
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="where the runs are kept")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the classifier")
    parser.add_argument("--without", choices=SOURCES, help="what it must not learn from")
    parser.add_argument("--print", action="store_true", help="only show the commands")
    options = parser.parse_args()
    if options.without != "more-posters" and options.more is None:
        parser.error("--more is needed: name the folder, or choose --without more-posters")
    for command in commands(options.imdb, options.more, options.run, options.out, options.without):
        print(shlex.join(command), flush=True)
        if not options.print:
            subprocess.run(command, check=True)


def commands(imdb: Path, more: Path | None, run: Path, out: Path, without: str | None) -> Iterator[list[str]]:
    """Yield the commands of the model card, with these folders; a table without MovieLens's labels is written first.

    Args:
        imdb: the folder of the IMDb set.
        more: that of the further posters; not needed without them.
        run: the runs are made in it.
        out: the classifier.
        without: one of `SOURCES`, or None.
    """
    table = None if more is None else more / "posters.csv"
    if without == "movielens" and table:
        table = _without_movielens(table, run / "more-posters.csv")
    places = {
        "imdb-posters/posters.csv": imdb / "posters.csv",
        "imdb-posters/images": imdb / "images",
        "more-posters/posters.csv": table,
        "more-posters/images": more and more / "images",
        # Without the further posters, the backbone is that of ImageNet.
        "runs/more-larger": "imagenet" if without == "more-posters" else run / "more-larger",
        "runs/more-lite0": run / "more-lite0",
        "runs/cv": run / "cv",
    }
    for line in COMMAND.replace("\\\n", "").splitlines():
        if without == "more-posters" and "more-posters/" in line:
            continue
        program, *words = shlex.split(line)
        words = [str(places.get(word, word)) for word in words]
        if program == "posters":
            resumed = ["--resume"] if words[0] == "train" else []
            yield [sys.executable, "-m", "posters", *words, *resumed]
        else:
            yield [sys.executable, *words, "--out", str(out)]


def _without_movielens(table: Path, path: Path) -> Path:
    """Write the rows of which IMDb knows all genres; in the others `unknown` names those that MovieLens lacks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with table.open(encoding="utf-8", newline="") as file, replacing(path) as temporary:
        rows = csv.DictReader(file)
        with Path(temporary).open("w", encoding="utf-8", newline="") as kept:
            writer = csv.DictWriter(kept, rows.fieldnames or ())
            writer.writeheader()
            writer.writerows(row for row in rows if not row["unknown"])
    return path


if __name__ == "__main__":
    main()
