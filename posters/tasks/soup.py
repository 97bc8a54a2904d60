"""From a cross-validation to one classifier: the average of its networks, judged by their out-of-fold scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.classifier.looks import looks_of
from posters.classifier.manifest import KERAS_NETWORK
from posters.classifier.novelty import NOVELTY
from posters.classifier.seen_posters import SEEN, SeenPosters
from posters.errors import RunError
from posters.evaluation.bootstrap import Interval
from posters.evaluation.crossvalidation import MODEL, PRIOR, Repeat, cross_validation
from posters.evaluation.jackknife import jackknife
from posters.metrics import f1, roc_auc
from posters.scores import joined_scores, read_scores
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack
from posters.tasks.crossvalidate import fold_runs, kept_repeats
from posters.tasks.decide import CHECKED_POSTERS, decide, novelty_of, provenance_of, save_classifier
from posters.tasks.overlap import seen_by_weights

_SPLIT = "out-of-fold scores"
_COMMONEST = 20
# Of the pooled scores, beside macro mAP.
_FIGURES = ("micro_map", "macro_roc_auc", "log_loss", "macro_f1", "micro_f1")
# Versions that say nothing of the network, but of the machine that made it.
_OF_THE_MACHINE = ("platform", "processor")


def soup(
    folds: str | Path,
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
        folds: the directory of `crossvalidate`, every fold of it finished.
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
    folder = Path(folds)
    runs = fold_runs(folder)
    config = runs[0].config()
    cache = Path(cache or default_cache())
    packed = arrays_directory(cache, catalogue, config.preprocess)
    arrays = pack(catalogue, packed, config.preprocess)

    # Decide by the scores of every poster, each from the network that was not trained on it.
    scores = joined_scores([read_scores(run.scores("light-test")) for run in runs])
    hashes = perceptual_hashes(arrays, packed)
    codes = looks_of(catalogue.among(arrays.ids), cache) if config.look else None
    film = dict(zip(arrays.ids, group_posters(catalogue.among(arrays.ids), hashes, codes).tolist(), strict=True))
    groups = np.array([film[id] for id in scores.ids])
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
        metrics={"out_of_fold": out_of_fold_figures(folder, film)},
        provenance=provenance | {"command": command} | ({"sources": sources} if sources else {}),
        split=_SPLIT,
    )

    # Imported here, since TensorFlow takes seconds to load.
    from posters.network.weights import average_networks, round_to_half, write_shipped_weights

    # Rounded before it is checked and scored, so that light and Keras weights are one network.
    network = average_networks([run.classifier / KERAS_NETWORK for run in runs])
    round_to_half(network)
    checked = np.ascontiguousarray(arrays.posters[:CHECKED_POSTERS])

    everything = ["train"] * len(arrays)
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


def out_of_fold_figures(folds: str | Path, film: Mapping[str, int]) -> dict[str, Any]:
    """Return the figures of a cross-validation's networks for a card: those that `posters cross-validate` prints.

    Args:
        folds: the directory of `crossvalidate`; of several repeats, the first counts.
        film: a number for each id; posters of one number are one film.

    Returns:
        Plain data: figures by name, and each genre's under "genres".

    Raises:
        RunError: this is no cross-validation, or one that was interrupted.

    Examples:
        >>> out_of_fold_figures("runs/none", {})
        Traceback (most recent call last):
        posters.errors.RunError: runs/none holds no cross-validation: make one with `posters cross-validate`
    """
    repeat = kept_repeats(Path(folds))[0]
    judged = {name: repeat.scores[name] for name in (MODEL, PRIOR)}
    whole = cross_validation([Repeat(judged, repeat.decisions, repeat.fold)], film)
    model, prior = whole.predictors
    return {
        "folds": whole.folds,
        "posters": whole.posters,
        "macro_map": model.pooled.value,
        **_ends(model.pooled.interval),
        **{name: model.figures[name] for name in _FIGURES},
        **{f"{name}_of_the_prior": prior.figures[name] for name in ("macro_map", "macro_roc_auc", "log_loss")},
        **_by_genre(repeat, film),
    }


def _by_genre(repeat: Repeat, film: Mapping[str, int]) -> dict[str, Any]:
    """Return the figures of each genre, and the macro mAP over the commonest."""
    scores, decided = repeat.scores[MODEL], repeat.decisions
    y_true, rows = scores.labelled("the figures").y_true, {id: row for row, id in enumerate(decided.ids)}
    y_pred = decided.take([rows[id] for id in scores.ids]).y_score.astype(np.uint8)
    spread = jackknife(y_true, scores.y_score, np.array([film[id] for id in scores.ids]))
    positives = (y_true == 1).sum(axis=0)
    common = np.isin(np.arange(len(positives)), np.argsort(-positives, kind="stable")[:_COMMONEST])
    over_common = _ends(spread.interval(common))
    names = ("name", "positives", "average_precision", "roc_auc", "f1")
    areas, f1s = roc_auc(y_true, scores.y_score).tolist(), f1(y_true, y_pred).tolist()
    columns = zip(scores.genre_names, positives.tolist(), spread.values.tolist(), areas, f1s, strict=True)
    return {
        "macro_map_20": float(np.nanmean(spread.values[common])),
        **{f"{end}_20": value for end, value in over_common.items()},
        "genres": [dict(zip(names, row, strict=True)) | _ends(spread.of_genre(g)) for g, row in enumerate(columns)],
    }


def _ends(interval: Interval | None) -> dict[str, float | None]:
    # Too few positives, or a figure that nothing moves: the card then has no interval.
    return {"low": None, "high": None} if interval is None else {"low": interval.low, "high": interval.high}
