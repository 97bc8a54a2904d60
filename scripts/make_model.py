"""Make the classifier that comes with the package, from a cross-validation of its recipe.

python scripts/crossvalidate.py posters.csv --images images --folds docs/folds/imdb-posters.csv --out runs/cv
python scripts/make_model.py posters.csv --images images --cross-validation runs/cv
"""

import argparse
from pathlib import Path

from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.models import CLASSIFIER
from posters.tasks.soup import soup


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--cross-validation", type=Path, required=True, help="directory of a finished one")
    parser.add_argument("--out", type=Path, default=CLASSIFIER, help=f"default: {CLASSIFIER.name} in the package")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    options = parser.parse_args()
    command = "\n".join(line.strip() for line in __doc__.splitlines() if line.startswith("    "))
    classifier = soup(
        options.cross_validation, read_catalogue_from(options), options.out, command=command, cache=options.cache
    )
    print(classifier.directory)


if __name__ == "__main__":
    main()
