"""From a cross-validation to one classifier: the average of its networks, judged by their out-of-fold scores."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from posters.arrays import pack
from posters.cache import arrays_directory, default_cache
from posters.calibration import cross_calibrated, fit_calibration
from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.classifier.manifest import KERAS_NETWORK, LIGHT_NETWORK, Manifest, write_classifier
from posters.config import TrainConfig
from posters.duplicates import group_posters, perceptual_hashes
from posters.errors import RunError
from posters.evaluation.bootstrap import (
    centred_interval,
    draw_counts,
    nan_mean,
    reflected_interval,
    resampled_average_precision,
)
from posters.evaluation.interval import Interval
from posters.metrics import METRICS, average_precision, f1, roc_auc
from posters.models import TRAINED_ON
from posters.report.model_card import model_card
from posters.runs import Run, environment
from posters.scores import Scores, joined_scores
from posters.scores_file import read_scores
from posters.tasks.scoring import finished_run
from posters.thresholds import fit_rules

_CHECKED_POSTERS = 8
_COMMONEST = 20
_OF_THE_MACHINE = ("platform", "processor")


def soup(
    cross_validation: str | Path,
    catalogue: Catalogue,
    directory: str | Path,
    *,
    command: str,
    cache: str | Path | None = None,
) -> Classifier:
    """Average the networks of a cross-validation into one classifier.

    Its calibration and rules are fitted on the out-of-fold scores of all posters, and so no poster is kept from
    training for their sake. What it says of its own quality are the figures of the single networks.

    Args:
        cross_validation: the directory of `crossvalidate`, every fold of it finished.
        catalogue: the posters that it was made from.
        directory: of the classifier; takes the place of what was there.
        command: what made it, for its card.
        cache: as in `train`.

    Raises:
        RunError: a fold is missing, or the folds are of several configs.
    """
    runs = _runs(Path(cross_validation))
    config = runs[0].config()
    packed = arrays_directory(Path(cache or default_cache()), catalogue, config.preprocess)
    arrays = pack(catalogue, packed, config.preprocess)
    uncalibrated = joined_scores([read_scores(run.scores("light-test")) for run in runs])
    decisions = read_scores(Path(cross_validation) / "decisions.npz")
    groups = group_posters(catalogue.among(uncalibrated.ids))
    provenance = _provenance(catalogue, config, len(runs)) | {"command": command}
    manifest = _manifest(uncalibrated, decisions, groups, config, provenance, len(runs))
    _write(Path(directory), manifest, runs, config, arrays.posters, perceptual_hashes(arrays, packed))
    return load_classifier(directory)


def _runs(cross_validation: Path) -> list[Run]:
    paths = sorted(cross_validation.glob("fold-*"))
    if len(paths) < 2:
        raise RunError(f"{cross_validation} holds no cross-validation: make one with scripts/crossvalidate.py")
    runs = [finished_run(path) for path in paths]
    for run in runs[1:]:
        if run.config() != runs[0].config():
            raise RunError(f"{run.path} has another config than {runs[0].path}: cross-validate one config alone")
    return runs


def _manifest(
    uncalibrated: Scores,
    decisions: Scores,
    groups: np.ndarray,
    config: TrainConfig,
    provenance: dict[str, Any],
    folds: int,
) -> Manifest:
    calibration = fit_calibration(uncalibrated, groups, side="out-of-fold scores")
    figures = _figures(cross_calibrated(uncalibrated, groups), decisions, groups)
    return Manifest(
        genre_names=uncalibrated.genre_names,
        preprocess=config.preprocess,
        head=config.head,
        calibration=calibration,
        rules=fit_rules(uncalibrated, calibration, side="out-of-fold scores"),
        prior=tuple(uncalibrated.labels("the prior").mean(axis=0).tolist()),
        metrics={"out_of_fold": {"folds": folds, **figures}},
        provenance=provenance,
    )


def _figures(scores: Scores, decisions: Scores, groups: np.ndarray) -> dict[str, Any]:
    """All that the card says of the single networks, as plain data."""
    y_true = scores.labels("the figures")
    said = decisions.take([decisions.ids.index(id) for id in scores.ids]).y_score.astype(np.uint8)
    resampled = resampled_average_precision(y_true, scores.y_score, draw_counts(groups, 1000, 0))
    precision = average_precision(y_true, scores.y_score)
    prior = np.broadcast_to(y_true.mean(axis=0), y_true.shape)
    macro = reflected_interval(nan_mean(resampled), float(np.nanmean(precision)))
    return {
        "posters": len(scores),
        "macro_map": float(np.nanmean(precision)),
        **_ends(macro),
        "macro_map_20": float(np.nanmean(precision[np.argsort(-y_true.sum(axis=0))[:_COMMONEST]])),
        "macro_map_of_the_prior": METRICS["macro_map"](y_true, prior),
        "log_loss_of_the_prior": METRICS["log_loss"](y_true, prior),
        **{name: METRICS[name](y_true, scores.y_score) for name in ("macro_roc_auc", "log_loss")},
        **{name: METRICS[name](y_true, said) for name in ("macro_f1", "micro_f1")},
        "genres": _genres(scores, said, precision, resampled),
    }


def _genres(scores: Scores, said: np.ndarray, precision: np.ndarray, resampled: np.ndarray) -> list[dict[str, Any]]:
    y_true = scores.labels("the figures")
    areas, f1s = roc_auc(y_true, scores.y_score), f1(y_true, said)
    rows = []
    for genre, name in enumerate(scores.genre_names):
        interval = centred_interval(resampled[:, genre], float(precision[genre]))
        rows.append(
            {
                "name": name,
                "positives": int(y_true[:, genre].sum()),
                "average_precision": float(precision[genre]),
                **_ends(interval),
                "roc_auc": float(areas[genre]),
                "f1": float(f1s[genre]),
            }
        )
    return rows


def _ends(interval: Interval | None) -> dict[str, float]:
    if interval is None:
        raise RunError("a genre has no positives among the folds: leave it out (--min-posters)")
    return {"low": interval.low, "high": interval.high}


def _write(
    directory: Path,
    manifest: Manifest,
    runs: Sequence[Run],
    config: TrainConfig,
    posters: np.ndarray,
    hashes: np.ndarray,
) -> None:
    # Only here, since TensorFlow takes seconds to load.
    from posters.network.export import export_litert
    from posters.network.shipped import round_to_half, write_shipped_weights
    from posters.network.soup import average_networks

    network = average_networks([run.classifier / KERAS_NETWORK for run in runs])
    round_to_half(network)
    checked = np.ascontiguousarray(posters[:_CHECKED_POSTERS])
    y_score = np.asarray(network(checked, training=False))

    def write_networks(folder: Path) -> None:
        write_shipped_weights(network, config, folder)
        export_litert(network, folder / LIGHT_NETWORK, checked, y_score)
        np.save(folder / TRAINED_ON, np.sort(hashes))

    write_classifier(directory, manifest, model_card(manifest), write_networks)


def _provenance(catalogue: Catalogue, config: TrainConfig, folds: int) -> dict[str, Any]:
    return {
        "made": datetime.now(UTC).date().isoformat(),
        # Its name alone: where it lay is nobody's business.
        "catalogue": f"{Path(catalogue.name).name}, {len(catalogue):,} posters, fingerprint {catalogue.fingerprint()}",
        "split": f"average of the networks of {folds} folds, each trained on the others",
        "backbone": f"{config.backbone}, weights {config.weights}",
        "seed": config.seed,
        "config": asdict(config),
        "versions": {name: known for name, known in environment().items() if name not in _OF_THE_MACHINE},
    }
