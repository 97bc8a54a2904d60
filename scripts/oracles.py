"""Hold the package's figures against the libraries of the field, and write the table in docs/reliability.md.

    pip install -e '.[train,oracles,oracles-torch]'
    python scripts/oracles.py --cases 30 --seed 0            # docs/oracles.json, and the table that is made of it
    python scripts/oracles.py --library cleanlab --show      # some, on the terminal alone

Labels and scores are random and hostile: genres that no or every poster has, posters without genres or with all,
scores that tie, scores of exactly 0 and 1, a handful of posters. A library is held against ours where both are defined;
`posters.metrics` states where they are not. What isn't installed is named as not compared.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from posters._base.optional_imports import require
from posters.evaluation.bootstrap import centred_interval, draw_counts, resampled_average_precision
from posters.evaluation.label_issues import label_doubts
from posters.images.perceptual_hash import NEAR, near_groups, perceptual_hash
from posters.metrics import METRICS
from posters.thresholds.conformal import common_threshold
from scripts.oracle_cases import FOLDS, Comparison, both, folds_against, hostile
from scripts.torch_oracles import torch_comparisons

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- oracles: begin -->", "<!-- oracles: end -->"
LEVELS = 20


@dataclass(frozen=True)
class Outcome:
    """What a comparison found; `version`, `cases` and `largest` are None where the library isn't installed."""

    library: str
    subject: str
    unit: str
    allowed: float
    version: str | None
    cases: int | None
    largest: float | None


def sklearn_metrics() -> Iterator[Comparison]:
    """Yield the metrics that scikit-learn has too."""
    theirs = require("sklearn.metrics")

    def of_decisions(kind: str, average: str) -> Callable[[np.ndarray, np.ndarray], float]:
        return lambda y_true, y: getattr(theirs, f"{kind}_score")(y_true, y, average=average, zero_division=0)

    def macro(function: Callable[..., float]) -> Callable[[np.ndarray, np.ndarray], float]:
        return lambda y_true, y: float(np.mean([function(*pair) for pair in zip(y_true.T, y.T, strict=True)]))

    found: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
        "macro_map": macro(theirs.average_precision_score),
        "micro_map": lambda y_true, y: theirs.average_precision_score(y_true.ravel(), y.ravel()),
        "macro_roc_auc": macro(theirs.roc_auc_score),
        "lrap": theirs.label_ranking_average_precision_score,
        "coverage_error": theirs.coverage_error,
        "ranking_loss": theirs.label_ranking_loss,
        "ndcg_at_3": lambda y_true, y: theirs.ndcg_score(y_true, y, k=3),
        "log_loss": lambda y_true, y: theirs.log_loss(y_true.ravel(), y.ravel(), labels=[0, 1]),
        "macro_f1": macro(lambda y_true, y: theirs.f1_score(y_true, y, zero_division=0)),
        "macro_precision": macro(lambda y_true, y: theirs.precision_score(y_true, y, zero_division=0)),
        "macro_recall": macro(lambda y_true, y: theirs.recall_score(y_true, y, zero_division=0)),
        "micro_f1": of_decisions("f1", "micro"),
        "micro_precision": of_decisions("precision", "micro"),
        "micro_recall": of_decisions("recall", "micro"),
        "weighted_f1": of_decisions("f1", "weighted"),
        "samples_f1": of_decisions("f1", "samples"),
        "subset_accuracy": theirs.accuracy_score,
        "hamming_loss": theirs.hamming_loss,
        "binary_accuracy": lambda y_true, y: 1 - theirs.hamming_loss(y_true, y),
    }
    for name, function in found.items():
        yield Comparison(
            "scikit-learn",
            METRICS[name].title,
            "figure",
            1e-9,
            lambda rng, name=name, function=function: both(name, function, rng),  # type: ignore[misc]
        )


def resampled(rng: np.random.Generator) -> float:
    """Return by how much the ends of intervals differ from those of `scipy.stats.bootstrap`, of the same resamples."""
    y_true, y_score = hostile(rng, posters=60)
    labels, p, seed = y_true[:, 0], y_score[:, 0], int(rng.integers(1 << 31))
    precision = require("sklearn.metrics").average_precision_score

    def statistic(rows: np.ndarray) -> float:
        rows = rows.astype(int)
        return float(precision(labels[rows], p[rows])) if labels[rows].any() else float("nan")

    rows = np.arange(len(labels))
    counts = draw_counts(rows, 60, seed)
    ours = resampled_average_precision(labels[:, None], p[:, None], counts)[:, 0]
    options = {"n_resamples": 60, "method": "percentile", "vectorized": False}
    theirs = require("scipy.stats").bootstrap((rows,), statistic, rng=np.random.default_rng(seed), **options)
    values = theirs.bootstrap_distribution
    ends, estimate = centred_interval(ours, statistic(rows)), statistic(rows)
    if (np.isnan(ours) != np.isnan(values)).any():
        return float("inf")
    if ends is None or np.isnan(values).any():
        return float(np.nanmax(np.abs(ours - values)))
    moved = np.array([*theirs.confidence_interval]) - values.mean() + estimate
    return float(np.abs(moved.clip(0, 1) - [ends.low, ends.high]).max())


def conformal(rng: np.random.Generator) -> float:
    """Return how many decisions differ from MAPIE's conformal risk control; scores lie between its candidates."""
    y_true, y_score = hostile(rng, posters=60)
    kept = y_true.any(axis=1)
    y_true, p = y_true[kept], (np.floor(y_score[kept] * (LEVELS - 1)) + 0.5) / LEVELS
    target = float(rng.uniform(0.05, 0.5))
    # With 1, which misses everything: of a risk that is the same for all candidates, MAPIE can't tell the direction.
    theirs = require("mapie.risk_control").MultiLabelClassificationController(
        lambda rows: [np.stack([1 - column, column], axis=1) for column in np.asarray(rows).T],
        target_level=1 - target,
        predict_params=np.arange(LEVELS + 1) / LEVELS,
    )
    y_pred = theirs.calibrate(p, y_true).predict(p)[:, :, 0]
    return float((y_pred != (p >= common_threshold(y_true, p, target))).sum())


def label_flags(rng: np.random.Generator) -> float:
    """Return how many labels only one of us and cleanlab doubts."""
    y_true, y_score = hostile(rng)
    labels, p = y_true[:, 0], y_score[:, 0]
    theirs = require("cleanlab.filter").find_label_issues(
        labels, np.stack([1 - p, p], axis=1), filter_by="confident_learning", n_jobs=1
    )
    return float((theirs != (label_doubts(labels, p) > 0)).sum())


def iterative_stratification(seed: int) -> object:
    """Return the folds of iterative-stratification."""
    return require("iterstrat.ml_stratifiers").MultilabelStratifiedKFold(FOLDS, shuffle=True, random_state=seed)


def look_alike_pairs(rng: np.random.Generator) -> float:
    """Return how many pairs of pictures only one of us and ImageHash, chained by hand, finds alike."""
    theirs, pictures = require("imagehash"), rng.integers(0, 256, (6, 8, 6, 3), np.uint8)
    big = [np.asarray(Image.fromarray(each).resize((120, 160), Image.Resampling.BICUBIC)) for each in pictures]
    noisy = [(each + rng.normal(0, rng.uniform(1, 60), each.shape)).clip(0, 255).astype(np.uint8) for each in big]
    images = [*big, *noisy]
    hashes = [theirs.phash(Image.fromarray(each)) for each in images]
    joined = np.array([[left - right <= NEAR for right in hashes] for left in hashes])
    for _ in images:
        joined = joined @ joined
    groups = near_groups(np.array([perceptual_hash(each) for each in images], np.uint64), NEAR)
    return float((joined != (groups[:, None] == groups)).sum() / 2)


def comparisons() -> list[Comparison]:
    """Return the comparisons with libraries that are light, in the order of the table."""
    return [
        *sklearn_metrics(),
        Comparison("scipy", "bootstrap intervals of average precision, same resamples", "figure", 1e-9, resampled),
        Comparison("MAPIE", "conformal risk control of the miss rate", "decisions", 0, conformal),
        Comparison("cleanlab", "doubted labels", "labels", 0, label_flags),
        Comparison(
            "iterative-stratification",
            "unevenness of five folds (below 0: ours are more even), mean",
            "odds",
            0.01,
            lambda rng: float(np.mean([folds_against(iterative_stratification, rng) for _ in range(10)])),
        ),
        Comparison("ImageHash", "look-alikes by hash", "pairs", 0, look_alike_pairs),
    ]


def measure(comparison: Comparison, cases: int, seed: int) -> Outcome:
    """Run a comparison on so many cases, each drawn by its own seed."""
    try:
        number = version(comparison.library)
    except PackageNotFoundError:
        return Outcome(comparison.library, comparison.subject, comparison.unit, comparison.allowed, None, None, None)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Libraries warn of cases that are meant to be hostile.
        warnings.simplefilter("ignore")
        found = [comparison.difference(np.random.default_rng([seed, case])) for case in range(cases)]
    return Outcome(
        comparison.library,
        comparison.subject,
        comparison.unit,
        comparison.allowed,
        number,
        cases,
        float(np.max(found)),
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the Markdown table of outcomes."""
    lines = ["| library | version | what | cases | largest difference |", "| --- | --- | --- | ---: | ---: |"]
    for each in outcomes:
        found = "**not compared**: not installed" if each.largest is None else f"{each.largest:.2g} ({each.unit})"
        lines.append(f"| {each.library} | {each.version or ''} | {each.subject} | {each.cases or ''} | {found} |")
    return "\n".join(lines)


def written(page: str, measured: dict[str, object]) -> str:
    """Return the page with the table of `docs/oracles.json` between its markers."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{table([Outcome(**row) for row in measured['rows']])}\n{END}{rest.split(END)[1]}"  # type: ignore[attr-defined]


def main() -> int:
    """Measure, and write the JSON and the table; 1 if anything differs by more than is allowed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", type=int, default=30, help="for each comparison (default: 30)")
    parser.add_argument("--seed", type=int, default=0, help="of the cases (default: 0)")
    parser.add_argument("--library", help="this one alone; implies --show")
    parser.add_argument("--show", action="store_true", help="print the table, and write nothing")
    options = parser.parse_args()
    everything = [*comparisons(), *torch_comparisons()]
    chosen = [each for each in everything if options.library in (None, each.library)]
    if not chosen:
        parser.error(f"no comparison with {options.library}: {sorted({each.library for each in everything})}")
    outcomes = [measure(each, options.cases, options.seed) for each in tqdm(chosen, unit="comparison")]
    print(table(outcomes))
    if not (options.show or options.library):
        day = datetime.now(UTC).date().isoformat()
        measured = {"day": day, "seed": options.seed, "rows": [asdict(each) for each in outcomes]}
        (DOCS / "oracles.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
        page = DOCS / "reliability.md"
        page.write_text(written(page.read_text(encoding="utf-8"), measured), encoding="utf-8")
    differing = [each for each in outcomes if each.largest is not None and not each.largest <= each.allowed]
    for each in differing:
        print(f"{each.library}, {each.subject}: {each.largest:g} {each.unit}", file=sys.stderr)
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
