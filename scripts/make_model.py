"""Make the classifier that comes with the package, from a cross-validation of its recipe; see `COMMAND`."""

import argparse
from pathlib import Path

from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.models import CLASSIFIER
from posters.tasks.soup import soup

# What its card says; the seed is 0, the default.
COMMAND = r"""python scripts/crossvalidate.py posters.csv --images images --folds docs/folds/imdb-posters.csv \
    --weights imagenet --out runs/cv
python scripts/make_model.py posters.csv --images images --cross-validation runs/cv"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(";")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--cross-validation", type=Path, required=True, help="directory of a finished one")
    parser.add_argument("--out", type=Path, default=CLASSIFIER, help=f"default: {CLASSIFIER.name} in the package")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    options = parser.parse_args()
    catalogue = read_catalogue_from(options)
    classifier = soup(options.cross_validation, catalogue, options.out, command=COMMAND, cache=options.cache)
    print(classifier.directory)


if __name__ == "__main__":
    main()
