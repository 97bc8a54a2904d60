"""From a catalogue to a classifier: pack, split, train."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from posters.arrays import PosterArrays, pack
from posters.cache import arrays_directory, default_cache
from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.config import TrainConfig, with_options
from posters.duplicates import group_posters, perceptual_hashes
from posters.errors import ArraysError, PostersError, RunError
from posters.extras import check_installed
from posters.log import also_to_file, logger
from posters.runs import Run, environment
from posters.splits import Split, draw_split, given_split, split_table
from posters.tasks.probe import write_probe_scores
from posters.tasks.seen import seen_by_side

_FEW = 50  # of a genre on a tenth of the posters, that is five

_NO_PROBE = (
    "trained from scratch, so there are no frozen features, no logistic regression on them to compare with, "
    "and no out-of-fold scores to find wrong labels by"
)


def train(
    catalogue: Catalogue,
    run: str | Path,
    config: TrainConfig | None = None,
    *,
    sides: Mapping[str, str] | None = None,
    cache: str | Path | None = None,
    resume: bool = False,
    tensorboard: bool = False,
    **options: Any,
) -> Classifier:
    """Train a classifier of the genres of `catalogue`.

    Args:
        catalogue: the posters; see `read_catalogue`.
        run: the directory that keeps everything about the run; it must not exist, unless it is resumed.
        config: everything that decides the run; see `TrainConfig`.
        sides: "train", "validation" or "test" for each id, for a split of your own.
        cache: where packed posters and frozen features are kept; by default in the user's cache folder.
        resume: go on with a run that was interrupted, or start it if it was not.
        tensorboard: also write logs for TensorBoard into the run.
        **options: single options of the config, as in `train(catalogue, "runs/first", epochs=0)`.

    Raises:
        PostersError: one of its kinds, for whatever can't be done; a run that never began training leaves no directory.
    """
    config = with_options(config or TrainConfig(), **options)
    check_installed("tensorflow")
    if tensorboard:
        check_installed("tensorboard", extra="tensorboard")
    directory = Run(Path(run))
    if resume and directory.started:
        _check_same(directory, catalogue, config)
        if directory.finished:
            logger.info(f"{directory.path} is finished already")
            return load_classifier(directory.classifier)
        sides = directory.sides()
    else:
        directory.refuse_if_taken()
    try:
        return _train(catalogue, directory, config, sides, Path(cache or default_cache()), tensorboard)
    except PostersError:
        directory.remove_if_untrained()
        raise


def _train(
    catalogue: Catalogue,
    run: Run,
    config: TrainConfig,
    sides: Mapping[str, str] | None,
    cache: Path,
    tensorboard: bool,
) -> Classifier:
    packed = arrays_directory(cache, catalogue, config.preprocess)
    arrays = pack(catalogue, packed, config.preprocess)
    learned = _learned(catalogue, arrays, config, cache)
    readable, hashes = catalogue.among(arrays.ids), perceptual_hashes(arrays, packed)
    groups = group_posters(readable, hashes)
    split = _split(catalogue, readable, groups, config, sides)
    if not run.started:
        run.start(config, split, catalogue)
    with also_to_file(run.log):
        logger.info(split_table(catalogue, split))
        _warn_of_few(split)
        # Only here, since TensorFlow takes seconds to load, and an error above should not wait for it.
        from posters.network.train import train_network

        probe = partial(write_probe_scores, run, arrays, split, groups)
        seen = seen_by_side(config, arrays.ids, hashes, split)
        provenance = _provenance(catalogue, split, config) | ({"seen before": seen} if any(seen.values()) else {})
        train_network(run, arrays, learned, split, groups, config, cache, provenance, probe, tensorboard)
        if config.from_scratch:
            logger.info(_NO_PROBE)
        logger.info(f"the classifier is in {run.classifier}; judge it by `posters evaluate {run.path}`")
    return load_classifier(run.classifier)


def _learned(catalogue: Catalogue, arrays: PosterArrays, config: TrainConfig, cache: Path) -> PosterArrays:
    """The posters in the size that training learns from; those that are there where that is the same size."""
    if config.train_preprocess == config.preprocess:
        return arrays
    directory = arrays_directory(cache, catalogue, config.train_preprocess)
    learned = pack(catalogue, directory, config.train_preprocess)
    if learned.ids != arrays.ids:
        raise ArraysError("the images changed while they were packed: train again")
    return learned


def _split(
    catalogue: Catalogue, readable: Catalogue, groups: np.ndarray, config: TrainConfig, sides: Mapping[str, str] | None
) -> Split:
    if sides is not None:
        return given_split(readable, _sides_left(sides, catalogue, readable), groups)
    return draw_split(readable, groups, validation=config.validation, test=config.test, seed=config.seed)


def _warn_of_few(split: Split) -> None:
    few = len(split.validation)
    if few < _FEW:
        logger.warning(
            f"validation has {few:,} poster{'s' * (few != 1)}, and {_FEW} at least should choose the best epoch, the "
            "thresholds and the calibration: what so few say, figures included, is hardly more than chance"
        )


def _sides_left(sides: Mapping[str, str], catalogue: Catalogue, readable: Catalogue) -> dict[str, str]:
    """`sides` without the posters that the table has, but that were left out of the catalogue or can't be read."""
    left_out = {item.id for loss in catalogue.losses if loss.kind == "row" for item in loss.items}
    gone = (left_out | set(catalogue.ids)) - set(readable.ids)
    of_them = [id for id in sides if id in gone]
    if of_them:
        logger.warning(f"left out of the given split, for the catalogue can't use them: {_some(of_them)}")
    return {id: side for id, side in sides.items() if id not in gone}


def _some(ids: Sequence[str], most: int = 3) -> str:
    return ", ".join(ids[:most]) + (f" and {len(ids) - most:,} more" if len(ids) > most else "")


def _check_same(run: Run, catalogue: Catalogue, config: TrainConfig) -> None:
    """A resumed run must go on as it began."""
    began = run.config()
    for entry in fields(TrainConfig):
        then, now = getattr(began, entry.name), getattr(config, entry.name)
        if then != now:
            raise RunError(f"{run.path} began with {entry.name} = {then!r}, and can't go on with {now!r}")
    if run.catalogue().fingerprint() != catalogue.fingerprint():
        raise RunError(f"{run.path} began with another catalogue than {catalogue.name} is now: start a new run")


def _provenance(catalogue: Catalogue, split: Split, config: TrainConfig) -> dict[str, Any]:
    versions = environment()
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "catalogue": f"{catalogue.name}, {len(catalogue):,} posters, fingerprint {catalogue.fingerprint()}",
        "split": ", ".join(f"{len(split.ids(side)):,} {side}" for side in ("train", "validation", "test")),
        "backbone": f"{config.backbone}, weights {config.weights}",
        "seed": config.seed,
        "config": asdict(config),
        "versions": versions,
    }
