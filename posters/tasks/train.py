"""Train a classifier: pack, split, frozen features, linear probe, head, fine-tune, score, decide, save."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from posters._base.locks import only_writer
from posters._base.log import also_to_file, logger
from posters._base.optional_imports import check_installed
from posters.baselines.imputation import impute_training_labels
from posters.catalogue import SPLITS, Catalogue, read_catalogue
from posters.catalogue.multi_hot import prevalence
from posters.classifier import Classifier, load_classifier
from posters.classifier.looks import looks_of
from posters.classifier.manifest import CARD, KERAS_NETWORK
from posters.classifier.novelty import NOVELTY
from posters.classifier.seen_posters import SEEN
from posters.classifier.starting_weights import check_weights
from posters.config import PreprocessConfig, RayWorkers, Stage, TrainConfig, with_options
from posters.errors import ArraysError, ConfigError, PostersError, RunError, TrainingError
from posters.metrics import METRICS, log_loss
from posters.runs import Run
from posters.scores import Scores, write_scores
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.splitting.splits import Splits, draw_splits, given_splits, splits_by_id, splits_table
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import PIXELS, PosterArrays, pack
from posters.store.shards import ShardedPosters, open_shards, shards_place
from posters.store.shuffling import SHARD, WINDOW, shards_at_once
from posters.tasks.decide import (
    CHECKED_POSTERS,
    decide,
    novelty_of,
    provenance_of,
    save_classifier,
    validation_metrics,
)
from posters.tasks.overlap import record_training, splits_of_weights
from posters.tasks.probe import write_probe_scores
from posters.tracking import Trackers, open_trackers
from posters.train_options import TrainOptions, names_options

if TYPE_CHECKING:
    import pandas

    from posters.network.fit import FitState

_CURVES = ("train_loss", "validation_macro_map", "learning_rate")  # of each epoch, for trackers
_FEW = 50  # of a genre on a tenth of the posters, that is five
_SHOWN_IDS = 3
_WARMUP_SHARE = 10  # one in so many fine-tuning steps warms up, lest the first ones wreck pretrained weights
_NO_PROBE = (
    "trained from scratch, so there are no frozen features, no logistic regression on them to compare with, "
    "and no out-of-fold scores to find wrong labels by"
)


@names_options
def train(  # noqa: PLR0913 -- one call is the whole job, and all but two arguments have defaults
    catalogue: "Catalogue | str | Path | pandas.DataFrame | Sequence[str | Path | pandas.DataFrame]",
    run: str | Path,
    config: TrainConfig | None = None,
    *,
    splits: Mapping[str, str] | None = None,
    cache: str | Path | None = None,
    resume: bool = False,
    track: str | Sequence[str] = (),
    workers: RayWorkers | None = None,
    shards: str | Path | None = None,
    callbacks: Sequence[Any] = (),
    **options: Unpack[TrainOptions],
) -> Classifier:
    """Train a classifier of the genres of `catalogue`.

    Args:
        catalogue: the posters, or what `read_catalogue` reads them from by its own defaults, such as a table's path.
        run: the directory that keeps everything about the run; it must not exist, unless it is resumed.
        config: everything that decides the run; see `TrainConfig`.
        splits: "train", "validation" or "test" for each id, for splits of your own.
        cache: where packed posters and frozen features are kept; by default in the user's cache folder.
        resume: resume a run that was interrupted, or start it if there is none.
        track: trackers that get parameters, curves and files, such as "mlflow"; see `posters.tracking`. One that fails
            later is left out, and costs nothing of the run.
        workers: those of a Ray cluster, which fine-tune in place of this process and see the same cache and run. This
            process does the rest.
        shards: a folder, or its address in a store, that `posters pack --shards` has filled with posters of the sizes
            needed; they are read from there, and not packed into the cache.
        callbacks: Keras callbacks, for the head's fit and for that of the network; see docs/training.md for what they
            are told. `model.stop_training = True` ends the fit that runs. The run keeps the best epoch in any case.
        **options: single options of the config, as in `train(catalogue, "runs/first", epochs=0)`.

    Returns:
        The classifier, opened from the run.

    Raises:
        PostersError: one of its kinds, for whatever can't be done; a run that never began training leaves no directory.

    Examples:
        >>> from posters.catalogue import Poster
        >>> none = Catalogue((Poster("1", "1.jpg", ("Drama",)),), ("Drama",), Path("images"))
        >>> train(none, "runs/first", epochs=-1)
        Traceback (most recent call last):
        posters.errors.ConfigError: epochs must be at least 0, but got -1
    """
    config = with_options(config or TrainConfig(), **options)
    if shards is not None and not config.window:
        # Of the run from here on, so that a run can be resumed with packed posters, too.
        config = replace(config, window=WINDOW)
    check_network(config)
    _check_callbacks(callbacks, workers)
    if not isinstance(catalogue, Catalogue):
        catalogue = read_catalogue(catalogue)
    directory = Run(Path(run))
    if not (resume and directory.started):
        directory.refuse_if_taken()
    with only_writer(directory.path):
        if resume and directory.started:
            _check_same(directory, catalogue, config)
            if directory.finished:
                logger.info(f"{directory.path} is finished already")
                return load_classifier(directory.classifier)
            splits = directory.splits()
        # Before anything is packed: a tracker that is not there should not be noticed an hour later.
        names = (track,) if isinstance(track, str) else tuple(track)
        with open_trackers(names, directory.path, parameters_of(config, catalogue)) as trackers:
            try:
                pixels = _Pixels(catalogue, Path(cache or default_cache()), shards)
                _train(catalogue, directory, config, splits, pixels, trackers, workers, callbacks)
            except PostersError:
                directory.remove_if_untrained()
                raise
    return load_classifier(directory.classifier)


def check_network(config: TrainConfig) -> None:
    """Refuse a network that can't be built, before anything is read or packed for it.

    Raises:
        ConfigError: there is no such backbone.
        ClassifierError: the weights name a directory without a usable classifier.
        MissingExtraError: TensorFlow is not installed.
        TrainingError: the weights name nothing that is there, or a network with another backbone.

    Examples:
        >>> try:
        ...     check_network(TrainConfig(weights="none.h5"))
        ... except TrainingError as error:
        ...     print(str(error)[-25:])
        and there is no 'none.h5'
    """
    check_installed("tensorflow")
    if config.backbone != TrainConfig().backbone:
        # Here, since TensorFlow takes seconds to load: only names that it alone knows wait for it.
        from posters.network.backbones import find_backbone

        find_backbone(config.backbone)
    check_weights(config)


def _check_callbacks(callbacks: Sequence[Any], workers: RayWorkers | None) -> None:
    """Refuse what Keras would stumble over after an hour of packing."""
    if callbacks and workers:
        raise ConfigError("callbacks can't watch what workers fine-tune in other processes: leave out one of them")
    for callback in callbacks:
        # Asked of the object, since importing Keras for it takes seconds.
        if isinstance(callback, type) or not hasattr(callback, "on_epoch_end"):
            shown = callback.__name__ if isinstance(callback, type) else type(callback).__name__
            raise ConfigError(
                f"callbacks must be Keras callbacks, such as keras.callbacks.CSVLogger(...), but got {shown}"
            )


def parameters_of(config: TrainConfig, catalogue: Catalogue) -> dict[str, Any]:
    """Return what decides a run by flat names, as trackers want it.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("1", "1.jpg", ("Drama",)),), ("Drama",), Path("images"))
        >>> parameters_of(TrainConfig(seed=7), catalogue)["preprocess.aspect"]
        'stretch'
    """
    values = asdict(config)
    of_pixels = {f"preprocess.{name}": value for name, value in values.pop("preprocess").items()}
    about = {"catalogue": catalogue.name, "posters": len(catalogue), "fingerprint": catalogue.fingerprint()}
    flat = {**values, **of_pixels, **about}
    return {name: value if isinstance(value, str | int | float) else str(value) for name, value in flat.items()}


def _check_same(run: Run, catalogue: Catalogue, config: TrainConfig) -> None:
    """Refuse to resume a run with another config or catalogue than it began with."""
    began = run.config()
    for entry in fields(TrainConfig):
        then, now = getattr(began, entry.name), getattr(config, entry.name)
        if then != now:
            raise RunError(
                f"{run.path} began with {entry.name} = {then!r}, and can't be resumed with {now!r}: "
                "give the options that it began with, or start a new run"
            )
    if run.catalogue().fingerprint() != catalogue.fingerprint():
        raise RunError(f"{run.path} began with another catalogue than {catalogue.name} is now: start a new run")


def _train(  # noqa: C901  # One job from top to bottom: cut up, it would have to be put together in the reader's head.
    catalogue: Catalogue,
    run: Run,
    config: TrainConfig,
    given: Mapping[str, str] | None,
    pixels: "_Pixels",
    trackers: Trackers,
    workers: RayWorkers | None,
    callbacks: Sequence[Any],
) -> None:
    """Do the whole job. What an interrupted try has finished (packed posters, features, epochs) is read back."""
    helping, cache = _train_alone(catalogue, config), pixels.cache
    # Pack, in the size of prediction and in those that training learns from.
    packed, arrays = pixels.directory(config.preprocess), pixels.of(config.preprocess)
    learned = [_pack_for(stage, arrays, config, pixels) for stage in config.fine_tuning]
    # The head learns from what the first stage learns from, and validation is scored by the last one.
    first, last = [*learned, arrays][0], [arrays, *learned][-1]

    # Split. Posters of one film, and look-alikes, must not be on both sides of any line that is drawn below.
    readable, hashes = catalogue.among(arrays.ids), perceptual_hashes(arrays, packed)
    codes = looks_of(readable, cache) if config.look else None
    groups = group_posters(readable, hashes, codes)
    kept = {} if given else splits_of_weights(config, arrays, hashes, codes)
    splits = _choose_splits(catalogue, readable, groups, config, given, helping | dict(kept))
    train_rows, validation_rows = arrays.rows_of(splits.train), arrays.rows_of(splits.validation)
    y_train, y_validation = arrays.genres[train_rows], arrays.genres[validation_rows]
    weights = readable.weights(config.table_weights)
    prior = prevalence(y_train, _of(weights, train_rows))
    if not run.started:
        run.start(config, splits, catalogue)

    trackers.remember(run.path)

    with also_to_file(run.log):
        logger.info(splits_table(catalogue, splits))
        _warn_of_few(splits)
        sightings, seen = record_training(config, arrays, hashes, splits, codes)

        # Imported here, since TensorFlow takes seconds to load, and an error above should not wait for it.
        from posters.network.data import Batches
        from posters.network.features import compute_features, features_path, head_scores, network_scores
        from posters.network.fit import FitState, compile_model, fit
        from posters.network.fit_on_ray import FitJob, fit_on_ray
        from posters.network.losses import make_loss
        from posters.network.model import (
            build_network,
            precision_policy,
            resize_network,
            resolved_precision,
            set_head,
            start_biases,
            start_head,
        )
        from posters.network.schedules import make_schedule
        from posters.network.tensorflow import make_deterministic
        from posters.network.weights import continue_backbone, continue_head

        # Before anything draws a random number: initial weights and dropout come from this seed.
        make_deterministic(config.seed)
        precision = resolved_precision(config.precision)
        with precision_policy(precision):
            network = build_network(config, len(arrays.genre_names), preprocess=config.train_preprocess)
        learned_head = continue_backbone(network, config)
        # Rows of the stages before the running one: the file is rewritten after each epoch, with all of them.
        history: list[dict[str, Any]] = []
        best = float("-inf")

        def record(state: FitState) -> None:
            last = state.history[-1]
            trackers.log({f"{last['stage']}/{name}": last[name] for name in _CURVES}, last["epoch"])
            run.write_history([*history, *state.history])

        def validation_scores(model: Any, of: PosterArrays, label: str) -> np.ndarray:
            return network_scores(model, of.posters, validation_rows, config.batch_size, label)

        def figures_of(y_score: np.ndarray) -> dict[str, float]:
            return {"macro_map": METRICS["macro_map"](y_validation, y_score), "loss": log_loss(y_validation, y_score)}

        def validation_figures(model: Any, of: PosterArrays) -> dict[str, float]:
            return figures_of(validation_scores(model, of, "validating"))

        features, labels = None, arrays.genres
        if not config.from_scratch:
            # Frozen features, for the head, and for the linear probe that the network is compared with.
            path = features_path(network.features, config, first, cache)
            features = compute_features(network.features, first, path)
            if config.impute and (y_train < 0).any():
                labels = impute_training_labels(features, labels, train_rows, groups, config.seed)
                y_train = labels[train_rows]
        loss = make_loss(config.loss, prior, known=float((y_train >= 0).mean()))

        if features is None:
            logger.info(_NO_PROBE)
            start_biases(network.head, prior, config.head)
        else:
            probe = write_probe_scores(run, arrays, splits, groups, path, weights)

            # The head, on the frozen features. The schedule falls to zero, and so no early stopping is needed.
            start_head(network.head, features, train_rows, prior, config.head)
            continue_head(network.head, arrays.genre_names, learned_head)
            batches = Batches(
                features,
                labels,
                train_rows,
                config.head_batch_size,
                config.seed,
                weights=_of(weights, train_rows),
            )
            schedule = make_schedule(config.schedule, config.head_learning_rate, config.head_epochs * batches.steps)
            compile_model(network.head, loss, schedule, config.head_weight_decay)
            state = FitState("head", network.head, config.ema)
            fit(
                state,
                batches,
                lambda: figures_of(head_scores(network.head, features, validation_rows)),
                epochs=config.head_epochs,
                patience=config.head_epochs,
                checkpoint=run.checkpoints / "head.npz",
                on_epoch=record,
                callbacks=callbacks,
            )
            logger.info(_outcome(state, best))
            history, best = state.history, state.best_score
            # The same model and loss, by a solver: on few posters, it may get further than a number of steps. Which of
            # them did is asked of the loss: a macro mAP of a few dozen posters is hardly more than chance.
            y_score = head_scores(network.head, features, validation_rows)
            y_probe = probe.score(features, validation_rows)
            reached, possible = (log_loss(y_validation, each) for each in (y_score, y_probe))
            if config.head_epochs and config.loss == "binary_crossentropy" and possible < reached:
                set_head(network.head, probe.kernel, probe.bias)
                best = figures_of(y_probe)["macro_map"]
                logger.info(
                    f"head: logistic regression takes its place, with a validation log loss of {possible:.4f} for "
                    f"{reached:.4f}, and macro mAP {best:.4f}"
                )
            # Of the stored features: if nothing is fine-tuned, the network has the same scores.
            y_score = head_scores(network.head, features, validation_rows)

        # Fine-tune the whole network, in stages; what each begins with stays unless an epoch beats it.
        for number, (stage, posters) in enumerate(zip(config.fine_tuning, learned, strict=True), start=1):
            if number > 1:
                # The seeds of dropout must not depend on how often the run was interrupted.
                make_deterministic(config.seed)
                with precision_policy(precision):
                    network = resize_network(network, config, config.stage_preprocess(stage))
                # Posters of another size have another score.
                best = validation_figures(network.whole, posters)["macro_map"]
            chosen = catalogue.ids_of_tables(stage.tables)
            rows = np.array([row for row in train_rows if arrays.ids[row] in chosen])
            if not len(rows):
                raise TrainingError(f"no poster of {' or '.join(stage.tables)} is in the training split")
            numbers = pixels.shard_numbers(posters)
            batches = Batches(
                posters.posters,
                labels,
                rows,
                stage.batch_size,
                config.seed,
                config.augment,
                config.mixup,
                config.crop,
                _of(weights, rows),
                config.window,
                numbers,
            )
            read: Path | ShardedPosters = pixels.directory(config.stage_preprocess(stage)) / PIXELS
            if isinstance(posters.posters, ShardedPosters):
                epoch = batches.order(0)
                at_once = shards_at_once(epoch, numbers[epoch], config.window, workers.count if workers else 1)
                read = posters.posters.keeping(at_once)
                batches = replace(batches, x=read)
            steps = stage.epochs * batches.steps
            schedule = make_schedule(config.schedule, stage.learning_rate, steps, warmup=steps // _WARMUP_SHARE)
            compile_model(network.whole, loss, schedule, config.weight_decay)
            name = "network" if number == len(learned) == 1 else f"network {number}"
            checkpoint = run.checkpoints / f"{name.replace(' ', '-')}.npz"
            state = FitState(name, network.whole, config.ema, best)
            if workers:
                job = FitJob(
                    stage=name,
                    config=config,
                    preprocess=config.stage_preprocess(stage),
                    precision=precision,
                    weights=network.whole.get_weights(),
                    loss=loss,
                    schedule=schedule,
                    posters=read,
                    batches=replace(batches, x=np.empty((0, *posters.preprocess.shape), np.uint8)),
                    validation_rows=validation_rows,
                    y_validation=y_validation,
                    best_score=best,
                    epochs=stage.epochs,
                    checkpoint=checkpoint,
                )
                # The checkpoint that this leaves is of a finished fit, which `fit` reads back.
                fit_on_ray(state, job, workers, record)
            fit(
                state,
                batches,
                partial(validation_figures, network.whole, posters),
                epochs=stage.epochs,
                patience=config.patience,
                checkpoint=checkpoint,
                on_epoch=record,
                callbacks=callbacks,
            )
            logger.info(_outcome(state, best))
            history, best = [*history, *state.history], state.best_score
            y_score = validation_scores(network.whole, posters, "scoring validation")

        # Score validation by the network that ships: in float32 and of the full size, whatever it was trained in.
        shipped = network.whole
        if last is not arrays or precision != "float32":
            shipped = resize_network(network, config, config.preprocess).whole
        y_score = y_score if last is arrays else validation_scores(shipped, arrays, "scoring validation")
        ids = tuple(arrays.ids[row] for row in validation_rows)
        validation = Scores(ids=ids, genre_names=arrays.genre_names, y_score=y_score, y_true=y_validation)
        write_scores(validation, run.scores("validation"))

        # Decide and save. Calibration and rules are fitted on the validation posters, which trained nothing.
        in_words = ", ".join(f"{len(splits.ids(split)):,} {split}" for split in SPLITS)
        provenance = provenance_of(catalogue, in_words, config)
        manifest = decide(
            validation,
            groups[validation_rows],
            config,
            prior=prior,
            metrics=validation_metrics(validation, groups[validation_rows], prior, config.head),
            provenance=provenance | ({"seen before": seen} if seen else {}),
        )
        checked = slice(CHECKED_POSTERS)
        # Without fine-tuning, what ships still has the features that were stored.
        frozen = None if config.fine_tuning else features
        save_classifier(
            run.classifier,
            manifest,
            shipped,
            arrays.posters[validation_rows[checked]],
            y_score[checked],
            lambda folder: shipped.save(folder / KERAS_NETWORK),
            precision,
            also={
                SEEN: sightings,
                NOVELTY: novelty_of(shipped, arrays.posters, train_rows, validation_rows, config, frozen),
            },
        )
        figures = {name: value for name, value in manifest.metrics["validation"].items() if isinstance(value, float)}
        trackers.log({f"validation/{name}": value for name, value in figures.items()}, 0)
        for path in (run.classifier / CARD, run.path / "config.toml"):
            trackers.attach(path, "run")
        table = "" if splits.test else " TABLE"
        logger.info(f"the classifier is in {run.classifier}; judge it by `posters evaluate {run.path}{table}`")


def _of(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if weights is None else weights[rows]


@dataclass(frozen=True)
class _Pixels:
    """A catalogue's posters in any size: packed into the cache, or read from shards."""

    catalogue: Catalogue
    cache: Path
    shards: str | Path | None

    def directory(self, size: PreprocessConfig) -> Path:
        """Return the folder of the cache for what belongs to posters of one size."""
        return arrays_directory(self.cache, self.catalogue, size)

    def of(self, size: PreprocessConfig) -> PosterArrays:
        if self.shards is None:
            return pack(self.catalogue, self.directory(size), size)
        return open_shards(self.catalogue, shards_place(self.shards, size), size)

    def shard_numbers(self, arrays: PosterArrays) -> np.ndarray:
        """Return the shard of each packed poster, int (N,), whether or not it is read from one."""
        there = set(arrays.ids)
        return np.flatnonzero([id in there for id in self.catalogue.ids]) // SHARD


def _pack_for(stage: Stage, arrays: PosterArrays, config: TrainConfig, pixels: _Pixels) -> PosterArrays:
    """Pack the posters in the size that a stage learns from; return `arrays` where that is the same size."""
    size = config.stage_preprocess(stage)
    if size == config.preprocess:
        return arrays
    learned = pixels.of(size)
    if learned.ids != arrays.ids:
        raise ArraysError("the images changed while they were packed: train again")
    return learned


def _train_alone(catalogue: Catalogue, config: TrainConfig) -> dict[str, str]:
    """Return "train" for the posters of tables that only the stages before the last one learn from.

    What the classifier is for are the tables of the last stage: theirs are the posters that choose and that judge.
    """
    catalogue.weights(config.table_weights)  # A misspelt table should not wait until all is packed.
    if not config.stages:
        return {}
    for stage in config.stages:
        catalogue.ids_of_tables(stage.tables)  # A misspelt table of a later stage should not wait for its turn.
    judged = catalogue.ids_of_tables(config.stages[-1].tables)
    return {id: "train" for id in catalogue.ids if id not in judged}


def _choose_splits(
    catalogue: Catalogue,
    readable: Catalogue,
    groups: np.ndarray,
    config: TrainConfig,
    given: Mapping[str, str] | None,
    kept: Mapping[str, str],
) -> Splits:
    """Draw splits around the kept ones, or take the given ones without the posters that can't be used."""
    if given is None:
        shares = {"validation": config.validation, "test": config.test}
        return draw_splits(readable, groups, **shares, seed=config.seed, kept=kept)
    given = {**kept, **splits_by_id(given, catalogue)}
    rows = [item for problem in catalogue.problems if problem.kind == "row" for item in problem.items]
    dropped = {item.id for item in rows} | {item.image for item in rows}
    unusable = (dropped | set(catalogue.ids)) - set(readable.ids)
    among_given = [id for id in given if id in unusable]
    if among_given:
        shown = ", ".join(among_given[:_SHOWN_IDS])
        more = f" and {len(among_given) - _SHOWN_IDS:,} more" if len(among_given) > _SHOWN_IDS else ""
        logger.warning(f"posters of the given splits that can't be used are left out: {shown}{more}")
    return given_splits(readable, {id: split for id, split in given.items() if id not in unusable}, groups)


def _warn_of_few(splits: Splits) -> None:
    few = len(splits.validation)
    if few < _FEW:
        logger.warning(
            f"validation has only {few:,} poster{'s' * (few != 1)}, and at least {_FEW} should choose the best epoch, "
            "the thresholds and the calibration: figures from so few are hardly more than chance"
        )


def _outcome(state: "FitState", before: float) -> str:
    if state.best_epoch < 0:
        return f"{state.stage}: no epoch of {state.epoch} beat validation macro mAP {before:.4f}; nothing was changed"
    gained = f", from {before:.4f}" if np.isfinite(before) else ""
    last = ", the last: more might be better still" if state.best_epoch + 1 == state.epoch else ""
    last = last and ", where a callback stopped it" if state.stopped else last
    return (
        f"{state.stage}: validation macro mAP {state.best_score:.4f}{gained}, "
        f"in epoch {state.best_epoch + 1} of {state.epoch}{last}"
    )
