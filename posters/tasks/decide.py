"""Decide and save: from the scores of a network to a classifier directory. Training and averaging share it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from posters.calibration import cross_calibrated, fit_calibration, no_calibration
from posters.catalogue import Catalogue
from posters.classifier import Manifest, read_manifest, write_classifier
from posters.classifier.manifest import LIGHT_NETWORK
from posters.classifier.novelty import Novelty, fit_novelty
from posters.classifier.seen_posters import SeenPosters
from posters.classifier.trial import note_network
from posters.config import TrainConfig
from posters.evaluation.reliability import reliability
from posters.metrics import METRICS, log_loss
from posters.models import NOVELTIES, POSTERS, plain_name
from posters.report.model_card import model_card
from posters.runs import environment
from posters.scores import Scores
from posters.store.rows import Rows
from posters.thresholds import fit_rules

# The light network must give the probabilities that training saw, on a few posters and but for rounding.
CHECKED_POSTERS = 8
# More of them make no better threshold, and a second's features for each 40 or so.
_NOVELTY_POSTERS, _NOVELTY_BATCH = 1000, 32
_TOLERANCE = {"float32": 1e-3, "mixed_float16": 2e-2, "mixed_bfloat16": 5e-2}


def decide(
    scores: Scores,
    groups: np.ndarray,
    config: TrainConfig,
    *,
    prior: np.ndarray,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    split: str = "validation",
) -> Manifest:
    """Fit calibration and rules on labelled scores.

    Args:
        scores: uncalibrated, of posters that the network was not trained on; with labels.
        groups: int (n,), of the same posters; those of one number are one film or look alike, and judge nothing that
            was fitted on another of them; rules count them as one.
        config: of the run.
        prior: (G,), each genre's share of the training posters.
        metrics: figures for the manifest and the model card.
        provenance: where the network comes from.
        split: what the scores are called, in words.

    Returns:
        The manifest of a classifier, without files.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> y_true = np.arange(200)[:, None] % 2
        >>> scores = Scores([str(n) for n in range(200)], ["Drama"], 0.3 + 0.4 * y_true * rng.random((200, 1)), y_true)
        >>> manifest = decide(scores, np.arange(200), TrainConfig(), prior=np.array([0.5]), metrics={}, provenance={})
        >>> manifest.genre_names, manifest.calibration.fitted_on
        (('Drama',), 'validation, 200 posters')
    """
    if config.head == "softmax":
        # Its probabilities share one unit, which can't be calibrated genre by genre.
        calibration = no_calibration(scores.genre_names)
    else:
        calibration = fit_calibration(scores, groups, split=split)
    return Manifest(
        genre_names=scores.genre_names,
        preprocess=config.preprocess,
        head=config.head,
        calibration=calibration,
        rules=fit_rules(scores, calibration, split=split, groups=groups),
        prior=tuple(prior.tolist()),
        metrics=dict(metrics),
        provenance=dict(provenance),
    )


def validation_metrics(validation: Scores, groups: np.ndarray, prior: np.ndarray, head: str) -> dict[str, Any]:
    """Return the figures that a trained classifier gives of itself.

    Args:
        validation: uncalibrated scores, with labels.
        groups: int (n,), of the same posters; see `decide`.
        prior: (G,), each genre's share of the training posters.
        head: "sigmoid" or "softmax".

    Returns:
        "validation": macro mAP beside that of the prior; where labels are unknown, how many, and of how many posters
        each genre is known. For a sigmoid also "calibration": log loss and expected
        calibration error before calibration, and after it by cross-validation.

    Examples:
        >>> scores = Scores(["a", "b"], ["Drama"], [[0.9], [0.2]], [[1], [0]])
        >>> validation_metrics(scores, np.arange(2), np.array([0.5]), "softmax")["validation"]["macro_map"]
        1.0
    """
    macro_map, y_true = METRICS["macro_map"], validation.labelled("validation").y_true
    figures: dict[str, Any] = {
        "posters": len(validation),
        "macro_map": macro_map(y_true, validation.y_score),
        "macro_map_of_the_prior": macro_map(y_true, np.broadcast_to(prior, y_true.shape)),
    }
    known = y_true >= 0
    if not known.all():
        # Of each genre, since what is little known is little sure.
        figures |= {"unknown_labels": int((~known).sum()), "known": known.sum(axis=0).tolist()}
    if head == "softmax":
        return {"validation": figures}
    # By cross-validation: on the posters that a calibration was fitted on, it always seems to help.
    after = cross_calibrated(validation, groups)
    errors = reliability(after, prior, uncalibrated=validation)
    calibration = {
        "log_loss_before": log_loss(y_true, validation.y_score),
        "log_loss_after": log_loss(y_true, after.y_score),
        "ece_before": errors.ece_uncalibrated,
        "ece_after": errors.ece,
    }
    return {"validation": figures, "calibration": calibration}


def provenance_of(catalogue: Catalogue, split: str, config: TrainConfig) -> dict[str, Any]:
    """Return where a classifier comes from: date, catalogue, config and versions, as plain data.

    Args:
        catalogue: what it was trained on.
        split: which posters trained, in words.
        config: of the run.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("1", "1.jpg", ("Drama",)),), ("Drama",), Path("images"))
        >>> provenance_of(catalogue, "1 train", TrainConfig())["backbone"]
        'efficientnet_lite0, weights posters'
    """
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "catalogue": f"{catalogue.name}, {len(catalogue):,} posters, fingerprint {catalogue.fingerprint()}",
        "split": split,
        "backbone": f"{config.backbone}, weights {config.weights}",
        "seed": config.seed,
        "config": asdict(config),
        "versions": environment(),
    }


def novelty_of(
    model: Any,
    posters: Rows,
    learned: np.ndarray,
    others: np.ndarray,
    config: TrainConfig,
    features: np.ndarray | None = None,
) -> Novelty | None:
    """Fit how unlike posters a picture is, on a sample of the posters.

    A network with the package's backbone as it is takes over the package's rule, which has seen pictures that are no
    posters; only its threshold is fitted.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G); the network that ships.
        posters: uint8 (N, H, W, 3), perhaps in shards.
        learned: rows of the posters that trained the network.
        others: rows of posters that did not.
        config: of the run; its seed draws the sample.
        features: (N, F), of all posters by this network, if they are at hand.

    Returns:
        None if the network gives no features, or there are too few posters; see `fit_novelty`.
    """
    from posters.network.features import network_scores
    from posters.network.light_network import features_part

    part, rng = features_part(model), np.random.default_rng(config.seed)
    if part is None or not len(learned) or not len(others):
        return None

    def sampled(rows: np.ndarray) -> np.ndarray:
        # In the order of the file, which is read from disk.
        chosen = np.sort(rng.permutation(rows)[:_NOVELTY_POSTERS])
        if features is not None:
            return np.asarray(features[chosen])
        return network_scores(part, posters, chosen, _NOVELTY_BATCH, "novelty")

    known = NOVELTIES.get(plain_name(config.backbone))
    untouched = config.weights == POSTERS and config.pooling == TrainConfig().pooling and not config.fine_tuning
    if untouched and known:
        return Novelty.read(known).allowing(sampled(others))
    return fit_novelty(sampled(learned), sampled(others))


def save_classifier(
    directory: Path,
    manifest: Manifest,
    network: Any,
    posters: np.ndarray,
    y_score: np.ndarray,
    write_weights: Callable[[Path], None],
    precision: str = "float32",
    also: Mapping[str, SeenPosters | Novelty | None] | None = None,
) -> None:
    """Write a whole classifier directory, or nothing; the light network is checked before.

    Args:
        directory: takes the place of what was there.
        manifest: made by `decide`.
        network: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        posters: uint8 (n, H, W, 3), to check the light network on.
        y_score: (n, G), the uncalibrated probabilities that it must give for them.
        write_weights: writes the Keras weights into the folder that it is given.
        precision: in which `y_score` was computed; decides how far the light network may differ.
        also: further files by name, of those that there are: the posters that trained it, and what tells pictures that
            are no posters.

    Raises:
        TrainingError: the light network differs from the trained one.
    """
    # Imported here, since TensorFlow takes seconds to load.
    from posters.network.light_network import write_light_network

    # Called inside `write_classifier`: if the check fails, the directory from before stays untouched.
    def write_networks(folder: Path) -> None:
        write_weights(folder)
        for name, file in (also or {}).items():
            if file is not None:
                file.write(folder / name)
        write_light_network(network, folder / LIGHT_NETWORK, posters, y_score, _TOLERANCE[precision])

    write_classifier(directory, manifest, model_card(manifest), write_networks)
    # It has just run in this process.
    note_network(read_manifest(directory))
