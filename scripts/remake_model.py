"""Train the classifier of the package anew, whole, or without some of its sources, whose terms may not suit everybody.

    python scripts/remake_model.py --imdb imdb-posters --more more-posters --run runs/own --out own --without movielens

Runs the commands of its model card one after the other: hours on two cores. Started again, it resumes. `--print` shows
them alone.
"""

import argparse
import csv
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from posters._base.atomic_files import replacing
from scripts.make_model import COMMAND

# What may be left out: the labels that only MovieLens has, or all of the further posters.
SOURCES = ("movielens", "more-posters")
# In the commands: what is a place, and what is there for the further posters' sake.
_PLACE = re.compile("imdb-posters(?=/)|more-posters(?=/)|runs/[-a-z0-9]+")
_OF_MORE = re.compile(" more-posters/posters.csv(?= )| --scored [^ ]+| --table-weight [^ ]+")


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
    if without == "movielens" and more:
        more = _without_movielens(more, run / "more-posters")
    places = {
        "imdb-posters": str(imdb),
        "more-posters": str(more),
        # Without the further posters, the backbone is that of ImageNet.
        "runs/more-larger": "imagenet" if without == "more-posters" else str(run / "more-larger"),
        "runs/more-lite0": str(run / "more-lite0"),
        "runs/cv": str(run / "cv"),
    }
    for line in COMMAND.replace("\\\n", "").splitlines():
        if without == "more-posters" and line.startswith("posters train"):
            continue
        if without == "more-posters":
            line = _OF_MORE.sub("", line)
        program, *words = shlex.split(_PLACE.sub(lambda found: shlex.quote(places[found[0]]), line))
        if program == "posters":
            resumed = ["--resume"] if Path(run / "cv").exists() or words[0] == "train" else []
            yield [sys.executable, "-m", "posters", *words, *resumed]
        else:
            yield [sys.executable, *words, "--out", str(out)]


def _without_movielens(more: Path, folder: Path) -> Path:
    """Write a folder with the rows of which IMDb knows all genres; `unknown` names those that MovieLens lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "images").exists():
        (folder / "images").symlink_to((more / "images").resolve())
    with (more / "posters.csv").open(encoding="utf-8", newline="") as file, replacing(folder / "posters.csv") as path:
        rows = csv.DictReader(file)
        with Path(path).open("w", encoding="utf-8", newline="") as kept:
            writer = csv.DictWriter(kept, rows.fieldnames or ())
            writer.writeheader()
            writer.writerows(row for row in rows if not row["unknown"])
    return folder


if __name__ == "__main__":
    main()
