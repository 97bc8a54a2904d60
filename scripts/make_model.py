"""Make the classifier that comes with the package, from a cross-validation of its recipe; see `COMMAND`.

Then run `scripts/looks.py record` on the same posters, and `measure`: looks are compared by what this network computes.
`scripts/figures.py` names the documents that have the figures of the classifier before, `scripts/promises.py genres
intervals --write` simulates with its card.
"""

import argparse
from pathlib import Path

from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.models import CLASSIFIER
from posters.tasks.soup import soup

# For its card; the seed is 0, the default.
COMMAND = r"""posters train more-posters/posters.csv --images more-posters/images --run runs/more-lite0 \
    --weights imagenet --height 256 --width 176 --epochs 5 --learning-rate 4e-4 --batch-size 64 --mixup 0.2 \
    --ema 0.995 --dropout 0.3 --test 0 --validation 0.05 --head-epochs 20
posters train more-posters/posters.csv --images more-posters/images --run runs/more-larger \
    --weights runs/more-lite0 --height 288 --width 192 --train-scale 0.875 --epochs 5 --learning-rate 3e-4 \
    --batch-size 64 --mixup 0.2 --ema 0.995 --dropout 0.3 --test 0 --validation 0.05 --head-epochs 20 --patience 6
posters cross-validate imdb-posters/posters.csv more-posters/posters.csv --scored imdb-posters/posters.csv \
    --table-weight more-posters/posters.csv=0.1 --folds docs/folds/imdb-posters.csv --run runs/cv \
    --backbone efficientnet_lite0_multilevel --weights runs/more-larger --height 288 --width 192 --epochs 0
python scripts/make_model.py imdb-posters/posters.csv --images imdb-posters/images --cross-validation runs/cv"""

SOURCES = Path(__file__).with_name("model_sources.md").read_text(encoding="utf-8")


def main() -> None:
    """Make the classifier."""
    parser = argparse.ArgumentParser(description=__doc__.partition(";")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--cross-validation", type=Path, required=True, help="directory of a finished one")
    parser.add_argument("--out", type=Path, default=CLASSIFIER, help=f"default: {CLASSIFIER.name} in the package")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    options = parser.parse_args()
    catalogue = read_catalogue_from(options)
    classifier = soup(
        options.cross_validation, catalogue, options.out, command=COMMAND, sources=SOURCES, cache=options.cache
    )
    print(classifier.directory)


if __name__ == "__main__":
    main()
