"""From a cross-validation to one classifier: the average of its networks, judged by their out-of-fold scores."""

from pathlib import Path
from typing import Any

import numpy as np

from posters.calibration import cross_calibrated
from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.classifier.looks import looks_of
from posters.classifier.manifest import KERAS_NETWORK
from posters.classifier.novelty import NOVELTY
from posters.classifier.seen_posters import SEEN, SeenPosters
from posters.errors import RunError
from posters.evaluation.bootstrap import Interval
from posters.evaluation.jackknife import Jackknife, jackknife
from posters.metrics import METRICS, average_precision, f1, roc_auc
from posters.scores import Scores, joined_scores, read_scores
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack
from posters.tasks.crossvalidate import fold_runs
from posters.tasks.decide import CHECKED_POSTERS, decide, novelty_of, provenance_of, save_classifier
from posters.tasks.overlap import seen_by_weights

_SPLIT = "out-of-fold scores"
_COMMONEST = 20
# Versions that say nothing of the network, but of the machine that made it.
_OF_THE_MACHINE = ("platform", "processor")


def soup(
    cross_validation: str | Path,
    catalogue: Catalogue,
    directory: str | Path,
    *,
    command: str,
    sources: str = "",
    cache: str | Path | None = None,
) -> Classifier:
    """Average the networks of a cross-validation into one classifier.

    Its calibration and rules are fitted on the out-of-fold scores of all posters, so that no poster is kept from
    training for their sake. The figures of its card are those of the single networks.

    Args:
        cross_validation: the directory of `crossvalidate`, every fold of it finished.
        catalogue: the posters that it was made from.
        directory: of the classifier; takes the place of what was there.
        command: what made it, for its card.
        sources: where posters, labels and starting weights come from, and on which terms: Markdown, for its card.
        cache: as in `train`.

    Returns:
        The classifier, opened from its directory.

    Raises:
        RunError: a fold is missing, or the folds are of several configs.

    Examples:
        >>> soup("runs/none", None, "models/mine", command="soup.py")
        Traceback (most recent call last):
        posters.errors.RunError: runs/none holds no cross-validation: make one with `posters cross-validate`
    """
    runs = fold_runs(Path(cross_validation))
    config = runs[0].config()
    cache = Path(cache or default_cache())
    packed = arrays_directory(cache, catalogue, config.preprocess)
    arrays = pack(catalogue, packed, config.preprocess)

    # Decide by the scores of every poster, each from the network that was not trained on it.
    scores = joined_scores([read_scores(run.scores("light-test")) for run in runs])
    decisions = read_scores(Path(cross_validation) / "decisions.npz")
    groups = group_posters(catalogue.among(scores.ids))
    figures = _figures(cross_calibrated(scores, groups), decisions, groups)
    provenance = provenance_of(
        catalogue, f"average of the networks of {len(runs)} folds, each trained on the others", config
    )
    # The file's name alone, and no machine: the classifier is made to be passed on.
    provenance["catalogue"] = f"{Path(catalogue.name).name}{provenance['catalogue'].removeprefix(catalogue.name)}"
    provenance["versions"] = {n: value for n, value in provenance["versions"].items() if n not in _OF_THE_MACHINE}
    manifest = decide(
        scores,
        groups,
        config,
        prior=scores.labelled("the prior").y_true.mean(axis=0),
        metrics={"out_of_fold": {"folds": len(runs), **figures}},
        provenance=provenance | {"command": command} | ({"sources": sources} if sources else {}),
        split=_SPLIT,
    )

    # Imported here, since TensorFlow takes seconds to load.
    from posters.network.weights import average_networks, round_to_half, write_shipped_weights

    # Rounded before it is checked and scored, so that light and Keras weights are one network.
    network = average_networks([run.classifier / KERAS_NETWORK for run in runs])
    round_to_half(network)
    checked = np.ascontiguousarray(arrays.posters[:CHECKED_POSTERS])

    hashes = perceptual_hashes(arrays, packed)
    everything = ["train"] * len(arrays)
    codes = looks_of(catalogue.among(arrays.ids), cache) if config.look else None
    seen = SeenPosters.of(arrays.ids, everything, arrays.files, hashes.tolist(), codes)
    before = seen_by_weights(config)
    if before is None:
        raise RunError(f"{config.weights} keeps no record of its training posters, and the average would hide them")

    y_score = np.asarray(network(checked, training=False))
    # Its backbone has learned from none or from all of them alike: either half is as good.
    one, other = np.array_split(np.random.default_rng(config.seed).permutation(len(arrays)), 2)
    save_classifier(
        Path(directory),
        manifest,
        network,
        checked,
        y_score,
        lambda folder: write_shipped_weights(network, config, folder),
        also={SEEN: seen + before, NOVELTY: novelty_of(network, arrays.posters, one, other, config)},
    )
    return load_classifier(directory)


def _figures(scores: Scores, decisions: Scores, groups: np.ndarray) -> dict[str, Any]:
    """Return the figures of the single networks for the card, as plain data."""
    y_true = scores.labelled("the figures").y_true
    y_pred = decisions.take([decisions.ids.index(id) for id in scores.ids]).y_score.astype(np.uint8)
    spread = jackknife(y_true, scores.y_score, groups)
    precision = average_precision(y_true, scores.y_score)
    prior = np.broadcast_to(y_true.mean(axis=0), y_true.shape)
    return {
        "posters": len(scores),
        "macro_map": float(np.nanmean(precision)),
        **_ends(spread.interval()),
        "macro_map_20": float(np.nanmean(precision[np.argsort(-y_true.sum(axis=0))[:_COMMONEST]])),
        "macro_map_of_the_prior": METRICS["macro_map"](y_true, prior),
        "log_loss_of_the_prior": METRICS["log_loss"](y_true, prior),
        **{name: METRICS[name](y_true, scores.y_score) for name in ("macro_roc_auc", "log_loss")},
        **{name: METRICS[name](y_true, y_pred) for name in ("macro_f1", "micro_f1")},
        "genres": _genres(scores, y_pred, precision, spread),
    }


def _genres(scores: Scores, y_pred: np.ndarray, precision: np.ndarray, spread: Jackknife) -> list[dict[str, Any]]:
    y_true = scores.labelled("the figures").y_true
    areas, f1s = roc_auc(y_true, scores.y_score), f1(y_true, y_pred)
    return [
        {
            "name": name,
            "positives": int(y_true[:, genre].sum()),
            "average_precision": float(precision[genre]),
            **_ends(spread.of_genre(genre)),
            "roc_auc": float(areas[genre]),
            "f1": float(f1s[genre]),
        }
        for genre, name in enumerate(scores.genre_names)
    ]


def _ends(interval: Interval | None) -> dict[str, float | None]:
    # Too few positives, or a figure that nothing moves: the card then has no interval.
    return {"low": None, "high": None} if interval is None else {"low": interval.low, "high": interval.high}
