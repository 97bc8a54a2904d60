"""Measure by how much look-alikes differ from other posters, and make what they are found by.

    python scripts/looks.py measure posters.csv --images images
    python scripts/looks.py record posters.csv --images images

`measure` prints the tables of docs/results.md. `record` is run once the classifier of this package has another network:
it writes the mean features of posters, and the look codes of its training posters.
"""

import argparse
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from tqdm import tqdm

from posters._base.atomic_files import sha256_of, write_json
from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier, read_manifest
from posters.classifier.looks import looks_of, looks_of_features
from posters.classifier.manifest import LIGHT_NETWORK, MANIFEST
from posters.classifier.seen_posters import SEEN, look_at
from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.images.decoding import to_rgb
from posters.images.look_codes import LOOK, look_groups, normalised
from posters.images.perceptual_hash import NEAR, perceptual_hash
from posters.models import MEAN_FEATURES, MOBILENET
from posters.splitting.groups import film_of
from posters.store.cache import default_cache


def cropped(poster: Image.Image) -> Image.Image:
    """Return a poster without 5% at each side."""
    width, height = poster.size
    return poster.crop((round(width * 0.05), round(height * 0.05), round(width * 0.95), round(height * 0.95)))


def with_bar(poster: Image.Image) -> Image.Image:
    """Return a poster with a bar of text across it."""
    poster = poster.copy()
    width, height = poster.size
    pen, font = ImageDraw.Draw(poster), ImageFont.load_default(size=max(8, int(height * 0.07)))
    pen.rectangle((0, int(height * 0.84), width, int(height * 0.96)), fill=(200, 20, 20))
    pen.text((width * 0.05, height * 0.86), "NOW ON DVD 2 FOR 1", fill="white", font=font)
    return poster


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "cropped 5% a side": cropped,
    "black border of 5%": lambda poster: ImageOps.expand(poster, round(0.05 * poster.width), (0, 0, 0)),
    "a bar of text": with_bar,
    "half the size": lambda poster: poster.resize((poster.width // 2, poster.height // 2)),
    "grey": lambda poster: ImageOps.grayscale(poster).convert("RGB"),
    "mirrored and cropped": lambda poster: cropped(ImageOps.mirror(poster)),
}


def main() -> None:
    """Measure, or record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("measure", "record"))
    parser.add_argument("table", type=Path, nargs="+")
    parser.add_argument("--copies", type=int, default=100, help="posters that are copied in each way (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of these (default: 0)")
    parser.add_argument("--cache", type=Path, default=default_cache())
    add_catalogue_options(parser)
    options = parser.parse_args()
    catalogue, classifier = read_catalogue_from(options), load_classifier(MOBILENET)
    if options.what == "record":
        record(catalogue, classifier, options.cache)
        return
    chosen = np.random.default_rng(options.seed).permutation(len(catalogue))[: options.copies]
    measure_copies(catalogue.take(sorted(chosen.tolist())), classifier)
    measure_pairs(catalogue, looks_of(catalogue, options.cache))


def measure_copies(catalogue: Catalogue, classifier: Classifier) -> None:
    """Print how many copies of each kind are found by hash, by features and by their codes."""
    found = {kind: np.zeros((len(catalogue), 4)) for kind in COPIES}
    for row, poster in enumerate(tqdm(catalogue, desc="copying", unit="poster")):
        original = to_rgb(catalogue.image_path(poster).read_bytes())
        bits, features, code = looks_at(original, classifier)
        for kind, copy in COPIES.items():
            data = BytesIO()
            copy(original).save(data, "JPEG", quality=85)
            copied = looks_at(to_rgb(data.getvalue()), classifier)
            cosines = [float(one @ other) for one, other in ((features, copied[1]), (code, copied[2]))]
            by_hash = (bits ^ copied[0]).bit_count() <= NEAR
            found[kind][row] = by_hash, *(cosine >= LOOK for cosine in cosines), cosines[1]
    print(f"\n| copy of {len(catalogue):,} posters | hash | features | codes | lowest cosine of codes |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for kind, rows in found.items():
        print(
            f"| {kind} | {' | '.join(f'{count:.0f}' for count in rows[:, :3].sum(axis=0))} | {rows[:, 3].min():.3f} |"
        )


def looks_at(poster: Image.Image, classifier: Classifier) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the hash, the features and the code of a picture, the latter two scaled to length 1."""
    resized = poster.resize((classifier.manifest.preprocess.width, classifier.manifest.preprocess.height))
    features = classifier.features(np.asarray(poster))[None]
    code = normalised(looks_of_features(features).astype(np.float32))
    return perceptual_hash(np.asarray(resized)), normalised(features)[0], code[0]


def measure_pairs(catalogue: Catalogue, codes: np.ndarray) -> None:
    """Print the pairs of look-alikes, how many of one film there are, and what a graph misses."""
    rows = normalised(codes.astype(np.float32))
    pairs = {pair: cosine for pair, cosine in nearest_pairs(rows) if cosine >= LOOK}
    print(f"\n{len(pairs):,} of {len(rows) * (len(rows) - 1) // 2:,} pairs look alike by their codes:")
    for (one, other), cosine in sorted(pairs.items(), key=lambda item: -item[1]):
        print(f"  {catalogue.ids[one]} {catalogue.ids[other]} {cosine:.3f}")
    films: dict[tuple[str, int], list[int]] = {}
    for row, poster in enumerate(catalogue):
        film = film_of(poster)
        if film is not None:
            films.setdefault(film, []).append(row)
    of_one_film = [pair for own in films.values() for pair in combinations(own, 2)]
    print(
        f"{sum(pair in pairs for pair in of_one_film):,} of {len(of_one_film):,} pairs of one title and year look alike"
    )
    exact, proposed = look_groups(codes), look_groups(codes, exact_up_to=0)
    joined = [(groups[:, None] == groups).sum() - len(groups) for groups in (exact, proposed)]
    print(f"a graph joins {joined[1] // 2:,} of the {joined[0] // 2:,} pairs in one group")


def nearest_pairs(rows: np.ndarray) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield the pairs of rows whose product is at least 0.8."""
    for start in range(0, len(rows), 1024):
        products = rows[start : start + 1024] @ rows.T
        for one, other in np.argwhere(np.triu(products >= 0.8, start + 1)).tolist():
            yield (start + one, other), float(products[one, other])


def record(catalogue: Catalogue, classifier: Classifier, cache: Path) -> None:
    """Write the mean features of the posters, and the record of the shipped classifier's training posters."""
    sources = tqdm([catalogue.image_path(poster) for poster in catalogue], desc="features", unit="poster")
    found = [each.features for each in classifier.features_of_many(sources) if each.features is not None]
    network = np.array(sha256_of(MOBILENET / LIGHT_NETWORK))
    np.savez(MEAN_FEATURES, mean=np.mean(found, axis=0).astype(np.float16), network=network)
    uses = ["train"] * len(catalogue)
    look_at(catalogue, classifier.manifest.preprocess, uses, cache).write(MOBILENET / SEEN)
    manifest = read_manifest(MOBILENET)
    files = manifest.files | {SEEN: sha256_of(MOBILENET / SEEN)}
    write_json(MOBILENET / MANIFEST, {**manifest.to_dict(), "files": dict(sorted(files.items()))})


if __name__ == "__main__":
    main()
