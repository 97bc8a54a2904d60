"""Train a network as a config says, and write the classifier."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posters.arrays import PosterArrays
from posters.calibration import cross_calibrated, fit_calibration, no_calibration
from posters.classifier import Manifest, write_classifier
from posters.classifier.manifest import KERAS_NETWORK, LIGHT_NETWORK
from posters.config import TrainConfig
from posters.evaluation.reliability import reliability
from posters.metrics import METRICS, log_loss
from posters.network.export import export_litert
from posters.network.model import build_network
from posters.network.precision import precision_policy, resolved_precision
from posters.network.scoring import network_scores
from posters.network.stages import Sides, Stages
from posters.network.tensorboard import EpochWriter
from posters.network.tensorflow import keras, tf
from posters.report.model_card import model_card
from posters.runs import Run
from posters.scores import Scores
from posters.scores_file import write_scores
from posters.splits import Split
from posters.thresholds import fit_rules

# What ships must give the probabilities that training saw, on a few posters and but for rounding.
_CHECKED_POSTERS = 8
_TOLERANCE = {"float32": 1e-3, "mixed_float16": 2e-2, "mixed_bfloat16": 5e-2}


def train_network(
    run: Run,
    arrays: PosterArrays,
    learned: PosterArrays,
    split: Split,
    groups: np.ndarray,
    config: TrainConfig,
    cache: Path,
    provenance: Mapping[str, Any],
    on_features: Callable[[Path], None],
    tensorboard: bool = False,
) -> None:
    """Train what `config` says, and write the run's history, checkpoints and classifier.

    Args:
        run: started; its checkpoints, if any, are gone on from.
        arrays: the packed posters.
        learned: the same posters in the size that training learns from; the same object where that is the same size.
        split: of their ids.
        groups: int (N,), of the packed posters; those of one number are one film or look alike, and judge nothing that
            was fitted on another of them.
        cache: where frozen features are kept, for this run and others.
        provenance: what the classifier is to say of its own making.
        on_features: called with the file of the frozen features (N, F) once it is there, before anything learns from
            it; not called in training from scratch, which has none.
        tensorboard: whether to write logs for TensorBoard too.

    Raises:
        ConfigError: there is no such backbone.
        TrainingError: its weights can't be had, or the loss is no longer a number.
    """
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    sides = Sides(arrays.rows_of(split.train), arrays.rows_of(split.validation))
    writer = EpochWriter(run.path / "tensorboard" if tensorboard else None)
    with precision_policy(resolved_precision(config.precision)):
        network = build_network(config, len(arrays.genre_names), preprocess=config.train_preprocess)
        y_score = Stages(run, learned, sides, config, writer).train(network, cache, on_features)
    shipped = network.whole
    if learned is not arrays or resolved_precision(config.precision) != "float32":
        # Whatever it was trained in, what ships computes in float32 and takes posters of the full size.
        shipped = build_network(config, len(arrays.genre_names), load_weights=False).whole
        shipped.set_weights(network.whole.get_weights())
    if learned is not arrays:
        y_score = network_scores(shipped, arrays.posters, sides.validation, config.batch_size, "scoring validation")
    validation = Scores(
        ids=tuple(arrays.ids[row] for row in sides.validation),
        genre_names=arrays.genre_names,
        y_score=y_score,
        y_true=arrays.genres[sides.validation],
    )
    write_scores(validation, run.scores("validation"))
    manifest = _manifest(arrays, sides, config, validation, groups[sides.validation], provenance)
    checked = sides.validation[:_CHECKED_POSTERS]
    _write(run.classifier, manifest, shipped, config, arrays.posters[checked], y_score[:_CHECKED_POSTERS])


def _manifest(
    arrays: PosterArrays,
    sides: Sides,
    config: TrainConfig,
    validation: Scores,
    groups: np.ndarray,
    provenance: Mapping[str, Any],
) -> Manifest:
    prior = arrays.genres[sides.train].mean(axis=0)
    # A softmax's probabilities share one unit, which genre by genre can't be put right.
    calibrates = config.head == "sigmoid"
    calibration = fit_calibration(validation, groups) if calibrates else no_calibration(arrays.genre_names)
    worth = {"calibration": _worth_of_calibration(validation, groups, prior)} if calibrates else {}
    return Manifest(
        genre_names=arrays.genre_names,
        preprocess=config.preprocess,
        head=config.head,
        calibration=calibration,
        rules=fit_rules(validation, calibration),
        prior=tuple(prior.tolist()),
        metrics={"validation": _figures(validation, prior), **worth},
        provenance=dict(provenance),
    )


def _figures(validation: Scores, prior: np.ndarray) -> dict[str, Any]:
    macro_map = METRICS["macro_map"]
    y_true = validation.labels("validation")
    return {
        "posters": len(validation),
        "macro_map": macro_map(y_true, validation.y_score),
        "macro_map_of_the_prior": macro_map(y_true, np.broadcast_to(prior, y_true.shape)),
    }


def _worth_of_calibration(validation: Scores, groups: np.ndarray, prior: np.ndarray) -> dict[str, float | None]:
    """Log loss and expected calibration error before, and after by cross-validation."""
    after = cross_calibrated(validation, groups)
    errors = reliability(after, prior, uncalibrated=validation)
    y_true = validation.labels("validation")
    return {
        "log_loss_before": log_loss(y_true, validation.y_score),
        "log_loss_after": log_loss(y_true, after.y_score),
        "ece_before": errors.ece_uncalibrated,
        "ece_after": errors.ece,
    }


def _write(
    directory: Path, manifest: Manifest, shipped: Any, config: TrainConfig, posters: np.ndarray, y_score: np.ndarray
) -> None:
    tolerance = _TOLERANCE[resolved_precision(config.precision)]

    def write_networks(folder: Path) -> None:
        shipped.save(folder / KERAS_NETWORK)
        export_litert(shipped, folder / LIGHT_NETWORK, posters, y_score, tolerance)

    write_classifier(directory, manifest, model_card(manifest), write_networks)
