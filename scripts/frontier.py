"""Measure the frontier: macro mAP out of fold against CPU time a poster, by network, size and bits; and draw it.

    python scripts/frontier.py $P/posters.csv --images $P/images --folds docs/folds/imdb-posters.csv --run runs/frontier

In each fold, a head and logistic regression learn on the frozen features of each network (`posters cross-validate`),
so that only their cheap part is trained here: what a network costs, and what its weights have learned before, is the
question. Eight bits are the export `litert-int8` of each fold's run, scored on the same posters. Times are of one
interpreter with one thread: CPU time, median, all networks in turn. Everything is resumed, and --draw draws again.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from posters._base.atomic_files import write_json, write_text
from posters.catalogue import Catalogue, read_catalogue
from posters.classifier import load_classifier
from posters.classifier.manifest import LIGHT_NETWORK
from posters.classifier.runtime import LiteNetwork
from posters.config import PreprocessConfig, TrainConfig
from posters.metrics import METRICS
from posters.runs import Run
from posters.splitting.folds import read_folds
from posters.tasks.crossvalidate import crossvalidate
from posters.tasks.export import export
from posters.tasks.scoring import split_catalogue

DATA = Path("docs/frontier.json")
SIZES = ((224, 160), (288, 192), (384, 256))
ROUNDS = 60
FLOAT, INT8 = "float32", "int8"


@dataclass(frozen=True)
class Backbone:
    """A network of the frontier: what it is called, its backbone, its weights and its colour in the picture."""

    title: str
    backbone: str
    weights: str
    colour: str


BACKBONES = (
    Backbone("EfficientNet-Lite0, posters", "efficientnet_lite0", "posters", "#0a5fb4"),
    Backbone("EfficientNet-Lite2, ImageNet", "efficientnet_lite2", "imagenet", "#b4540a"),
    Backbone("EfficientNet-Lite0, ImageNet", "efficientnet_lite0", "imagenet", "#4a4a4a"),
    Backbone("MobileNetV2, ImageNet", "mobilenet_v2", "imagenet", "#8a2be2"),
)


def main() -> None:
    """Measure what is not there yet, write the figures, draw them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, nargs="?")
    parser.add_argument("--images", type=Path, metavar="DIR")
    parser.add_argument("--folds", type=Path, metavar="FILE")
    parser.add_argument("--run", type=Path, default=Path("runs/frontier"), metavar="DIR")
    parser.add_argument("--cache", type=Path, metavar="DIR")
    parser.add_argument("--draw", action="store_true", help="only draw again, from the figures that are kept")
    options = parser.parse_args()
    if not options.draw:
        write_json(DATA, {"rounds": ROUNDS, "points": measure(options)})
    kept = json.loads(DATA.read_text(encoding="utf-8"))
    write_text(DATA.with_suffix(".svg"), drawn(kept["points"]))
    print(table(kept["points"]))


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a point for each network, size and number of bits."""
    catalogue = read_catalogue(options.table, images=options.images, report=False)
    folds = read_folds(options.folds)
    points, networks = [], {}
    for backbone in BACKBONES:
        for height, width in SIZES:
            config = TrainConfig(
                backbone=backbone.backbone,
                weights=backbone.weights,
                epochs=0,
                preprocess=PreprocessConfig(height=height, width=width),
            )
            place = options.run / f"{backbone.backbone}-{backbone.weights}-{height}x{width}"
            judged = crossvalidate(catalogue, place, config, folds=folds, cache=options.cache).predictors[0]
            about = {"network": backbone.title, "height": height, "width": width}
            points.append(about | {"bits": FLOAT, "macro_map": judged.pooled.value, "by_fold": judged.by_fold.value})
            rounded, (pooled, by_fold) = eight_bits(place, options.images)
            points.append(about | {"bits": INT8, "macro_map": pooled, "by_fold": by_fold})
            fold = Run(place / "fold-0").classifier
            networks[len(points) - 2] = (fold / LIGHT_NETWORK, config.preprocess)
            networks[len(points) - 1] = (rounded, config.preprocess)
    poster = catalogue.image_path(catalogue[0])
    for place, milliseconds in timed(networks, poster).items():
        points[place]["ms"] = milliseconds
    return points


def eight_bits(place: Path, images: Path) -> tuple[Path, tuple[float, float]]:
    """Export each fold's run to 8 bits and score its test posters.

    Returns:
        The file of the first fold, and the macro mAP of all folds together and on average.
    """
    runs, kept = sorted(place.glob("fold-*")), place / "int8.npz"
    files = [place / f"{run.name}-int8.tflite" for run in runs]
    for run, file in zip(runs, files, strict=True):
        if not file.exists():
            export(run, "litert-int8", output=file, images=images)
    if not kept.exists():
        tested = [split_catalogue(Run(run), "test", images) for run in runs]
        bar = tqdm(zip(files, tested, strict=True), total=len(runs), desc=f"{place.name}, int8", unit="fold")
        y_score = np.concatenate([probabilities(file, catalogue) for file, catalogue in bar])
        y_true = np.concatenate([catalogue.multi_hot() for catalogue in tested])
        np.savez(kept, y_score=y_score, y_true=y_true, fold=np.repeat(np.arange(len(runs)), [*map(len, tested)]))
    with np.load(kept) as stored:
        y_true, y_score, fold = (stored[name] for name in ("y_true", "y_score", "fold"))
    of_folds = [METRICS["macro_map"](y_true[fold == each], y_score[fold == each]) for each in np.unique(fold)]
    return files[0], (METRICS["macro_map"](y_true, y_score), float(np.mean(of_folds)))


def probabilities(path: Path, catalogue: Catalogue) -> np.ndarray:
    """Return the calibrated probabilities (N, G) of an exported file."""
    classifier = load_classifier(path)
    given = classifier.predict_many([catalogue.image_path(poster) for poster in catalogue])
    return np.array([list(each.probabilities.values()) for each in given], np.float32)


def timed(networks: Mapping[int, tuple[Path, PreprocessConfig]], poster: Path) -> dict[int, float]:
    """Return the median CPU time of each network for one poster, ms, all of them in turn."""
    import posters

    opened = {
        place: (LiteNetwork(path, size.shape, 22, threads=1), posters.decode(poster, size))
        for place, (path, size) in networks.items()
    }
    spent: dict[int, list[float]] = {place: [] for place in opened}
    for _ in tqdm(range(ROUNDS + 1), desc="timing", unit="round"):
        for place, (network, pixels) in opened.items():
            began = time.thread_time()
            network(pixels)
            spent[place].append((time.thread_time() - began) * 1000)
    # The first round warms up.
    return {place: round(statistics.median(each[1:]), 2) for place, each in spent.items()}


def table(points: Sequence[Mapping[str, Any]]) -> str:
    """Return the figures as Markdown, quickest first; a point that no other beats in both is in bold."""
    lines = ["| network, and what it learned before | size | bits | macro mAP | fold by fold | ms a poster |"]
    lines.append("| --- | --- | --- | ---: | ---: | ---: |")
    for point in sorted(points, key=lambda each: each["ms"]):
        cells = [point["network"], f"{point['height']}x{point['width']}", point["bits"]]
        cells += [f"{point['macro_map']:.3f}", f"{point['by_fold']:.3f}", f"{point['ms']:.1f}"]
        mark = "**" if on_frontier(point, points) else ""
        lines.append(f"| {' | '.join(f'{mark}{cell}{mark}' for cell in cells)} |")
    return "\n".join(lines)


def on_frontier(point: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> bool:
    """Whether no point is both quicker and better."""
    return not any(each["ms"] < point["ms"] and each["macro_map"] > point["macro_map"] for each in points)


_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 60, 560, 340
_TICKS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
_STEP = 0.01  # of macro mAP, between two lines of the grid


def drawn(points: Sequence[Mapping[str, Any]]) -> str:
    """Return the picture: a line for each network, through its sizes; in 8 bits dashed, with hollow points."""
    times, scores = [point["ms"] for point in points], [point["macro_map"] for point in points]
    low, high = np.floor(min(scores) / _STEP) * _STEP, np.ceil(max(scores) / _STEP) * _STEP
    start, end = np.log(min(times) * 0.85), np.log(max(times) * 1.1)

    def place(ms: float, score: float) -> tuple[float, float]:
        return _LEFT + _WIDTH * (np.log(ms) - start) / (end - start), _TOP + _HEIGHT * (high - score) / (high - low)

    width, height = _LEFT + _WIDTH + 30, _TOP + _HEIGHT + 130
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    lines = [f'{head} font-size="12"><rect width="100%" height="100%" fill="#fff"/>']
    lines.append(f'<text x="{_LEFT}" y="24" font-weight="bold">Macro mAP out of fold, by CPU time a poster</text>')
    lines.append(
        f'<text x="{_LEFT}" y="42" fill="#555">one thread; heads on frozen features; 5,754 posters, 22 genres</text>'
    )
    for score in np.arange(low, high + _STEP / 2, _STEP):
        y = place(times[0], score)[1]
        lines.append(f'<path d="M{_LEFT} {y:.1f}h{_WIDTH}" stroke="#ddd"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{score:.2f}</text>')
    for ms in _TICKS:
        x = place(ms, low)[0]
        if _LEFT <= x <= _LEFT + _WIDTH:
            lines.append(f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">{ms} ms</text>')
    for row, backbone in enumerate(BACKBONES):
        for bits, dash, fill in ((FLOAT, "", backbone.colour), (INT8, ' stroke-dasharray="4 3"', "#fff")):
            own = [each for each in points if (each["network"], each["bits"]) == (backbone.title, bits)]
            if own:
                lines += _line(own, [place(each["ms"], each["macro_map"]) for each in own], backbone.colour, dash, fill)
        y = _TOP + _HEIGHT + 44 + 18 * row
        lines.append(f'<circle cx="{_LEFT + 5}" cy="{y - 4}" r="5" fill="{backbone.colour}"/>')
        lines.append(f'<text x="{_LEFT + 18}" y="{y}">{backbone.title}</text>')
    y = _TOP + _HEIGHT + 44
    lines.append(f'<text x="{_LEFT + 300}" y="{y}">filled, solid: float32</text>')
    lines.append(f'<text x="{_LEFT + 300}" y="{y + 18}">hollow, dashed: 8 bits</text>')
    lines.append(f'<text x="{_LEFT + 300}" y="{y + 36}">numbers: height of the picture</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _line(
    points: Sequence[Mapping[str, Any]], places: Sequence[tuple[float, float]], colour: str, dash: str, fill: str
) -> Iterator[str]:
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'
    for point, (x, y) in zip(points, places, strict=True):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>'
        if point["bits"] == FLOAT:
            yield f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{point["height"]}</text>'


if __name__ == "__main__":
    main()
