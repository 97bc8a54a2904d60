"""Search for the options of a run's head: Optuna proposes them, kept features make a trial a matter of seconds.

A trial learns from the run's training posters and is judged by its validation posters. The test posters take no part,
so that they can still tell what the search is worth: the best of many trials looks better than it is.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from posters._base.brief import brief_repr
from posters._base.locks import only_writer
from posters._base.log import logger
from posters._base.optional_imports import check_installed, require
from posters.baselines.imputation import impute_training_labels
from posters.catalogue import SPLITS
from posters.catalogue.multi_hot import prevalence
from posters.classifier.looks import looks_of
from posters.config import TrainConfig, write_config
from posters.errors import ConfigError, RunError, TrainingError
from posters.metrics import METRICS
from posters.runs import Run
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack

TRIALS = "trials.db"
TUNED = "tuned.toml"

_SEARCHED = ("head_learning_rate", "head_weight_decay", "dropout", "loss")
_LOSSES = ("binary_crossentropy", "weighted_binary_crossentropy", "focal", "asymmetric")
_LEAST_EPOCHS = 5  # of the head, before a trial can be given up

# Builds, fits and judges a head: (config, after each epoch) -> macro mAP of the best epoch.
_Judge = Callable[[TrainConfig, Callable[[int, float], None]], float]


@dataclass(frozen=True)
class Trial:
    """One attempt of a search.

    Attributes:
        number: from 0; the first has the run's own options.
        options: of `TrainConfig`.
        score: macro mAP of the validation posters in the best epoch.
        stopped: whether it was given up early, behind the other trials.

    Examples:
        >>> Trial(0, {"dropout": 0.5}, 0.4, stopped=False).score
        0.4
    """

    __repr__ = brief_repr

    number: int
    options: Mapping[str, Any]
    score: float
    stopped: bool


@dataclass(frozen=True)
class Tuning:
    """What a search has found.

    Attributes:
        trials: those that have ended, the best first.
        config: of the run, with the options of the best trial.
        path: the file that has this config, for `posters train --config`.

    Examples:
        >>> Tuning((), TrainConfig(), Path("runs/first/tuned.toml")).path.name
        'tuned.toml'
    """

    __repr__ = brief_repr

    trials: tuple[Trial, ...]
    config: TrainConfig
    path: Path


def tune(run: str | Path, trials: int = 20, cache: str | Path | None = None) -> Tuning:
    """Search for the learning rate, weight decay, dropout and loss of the head of a run. The same call resumes it.

    Trials that fall behind the others stop early, by successive halving (Li et al. 2020, "A System for Massively
    Parallel Hyperparameter Tuning"); the others are proposed by a tree-structured Parzen estimator (Bergstra et al.
    2011, "Algorithms for Hyper-Parameter Optimization").

    Args:
        run: a run that `train` has begun, of a network with pretrained weights; its splits and features are used.
        trials: how many there are to be in all, with those of earlier calls.
        cache: where packed posters and features are kept, as in `train`.

    Raises:
        ConfigError: there is nothing to search: trials is below 1, or the run has no frozen features.
        MissingExtraError: Optuna or TensorFlow is not installed.
        RunError: this is no run, or its trials are damaged or another run's.

    Examples:
        >>> tune("runs/none", trials=0)
        Traceback (most recent call last):
        posters.errors.ConfigError: trials must be 1 or more, but got 0
    """
    if trials < 1:
        raise ConfigError(f"--trials must be 1 or more, but got {trials}")
    optuna = require("optuna", "tune")
    check_installed("tensorflow")
    directory = Run(Path(run))
    config = directory.config()
    if config.from_scratch or config.head != "sigmoid":
        raise ConfigError(f"{directory.path} has no head on frozen features to tune: its network learns as a whole")
    with only_writer(directory.path):
        judge = _judge(directory, config, Path(cache or default_cache()))
        study = _study(optuna, directory, config)
        states = optuna.trial.TrialState
        for _ in range(trials - len(study.get_trials(states=[states.COMPLETE, states.PRUNED]))):
            _try(optuna, study, config, judge)
        ended = [
            Trial(each.number, each.params, float(each.user_attrs["score"]), each.state == states.PRUNED)
            for each in study.get_trials(states=[states.COMPLETE, states.PRUNED])
        ]
        found = tuple(sorted(ended, key=lambda each: (each.stopped, -each.score, each.number)))
        tuned = replace(config, **found[0].options)
        write_config(tuned, directory.path / TUNED)
    return Tuning(found, tuned, directory.path / TUNED)


def _judge(run: Run, config: TrainConfig, cache: Path) -> _Judge:
    """Read back what the run has computed, and return what fits a head and judges it."""
    catalogue, splits = run.catalogue(), run.splits()
    size = [*map(config.stage_preprocess, config.fine_tuning), config.preprocess][0]
    directory = arrays_directory(cache, catalogue, size)
    arrays = pack(catalogue, directory, size)
    # The third one's posters take no part.
    train, validation = (arrays.rows_of([id for id, own in splits.items() if own == split]) for split in SPLITS[:2])
    if not len(train) or not len(validation):
        raise RunError(f"{run.path} has no posters left to train on, or none to validate by: their images are gone")
    labels, y_train, y_validation = arrays.genres, arrays.genres[train], arrays.genres[validation]

    # Imported here, since TensorFlow takes seconds to load, and an error above should not wait for it.
    from posters.network.data import Batches
    from posters.network.features import compute_features, features_path, head_scores
    from posters.network.fit import FitState, compile_model, fit
    from posters.network.losses import make_loss
    from posters.network.model import (
        Network,
        build_network,
        precision_policy,
        resolved_precision,
        start_head,
    )
    from posters.network.schedules import make_schedule
    from posters.network.tensorflow import make_deterministic
    from posters.network.weights import continue_backbone, continue_head

    def build(options: TrainConfig, load_weights: bool) -> Network:
        with precision_policy(resolved_precision(options.precision)):
            genres, size = len(arrays.genre_names), options.train_preprocess
            return build_network(options, genres, load_weights=load_weights, preprocess=size)

    make_deterministic(config.seed)
    network = build(config, load_weights=True)
    learned_head = continue_backbone(network, config)
    features = compute_features(network.features, arrays, features_path(network.features, config, arrays, cache))
    prior = prevalence(y_train)
    if config.impute and (y_train < 0).any():
        readable = catalogue.among(arrays.ids)
        codes = looks_of(readable, cache) if config.look else None
        groups = group_posters(readable, perceptual_hashes(arrays, directory), codes)
        labels = impute_training_labels(features, labels, train, groups, config.seed)
    known = float((labels[train] >= 0).mean())

    def judge(options: TrainConfig, after_epoch: Callable[[int, float], None]) -> float:
        # The whole network, as in training: layers draw their seeds in turn, and a run is to have this very head.
        make_deterministic(options.seed)
        head = build(options, load_weights=False).head
        start_head(head, features, train, prior, options.head)
        continue_head(head, arrays.genre_names, learned_head)
        batches = Batches(features, labels, train, options.head_batch_size, options.seed)
        schedule = make_schedule(options.schedule, options.head_learning_rate, options.head_epochs * batches.steps)
        compile_model(head, make_loss(options.loss, prior, known), schedule, options.head_weight_decay)
        state = FitState("head", head, options.ema)
        with tempfile.TemporaryDirectory() as folder:
            fit(
                state,
                batches,
                lambda: {"macro_map": METRICS["macro_map"](y_validation, head_scores(head, features, validation))},
                epochs=options.head_epochs,
                patience=options.head_epochs,
                checkpoint=Path(folder) / "head.npz",
                on_epoch=lambda now: after_epoch(now.epoch, now.history[-1]["validation_macro_map"]),
            )
        return state.best_score

    return judge


def _study(optuna: Any, run: Run, config: TrainConfig) -> Any:
    """Open the trials of a run, or begin them with the run's own options."""
    # Its own messages are of trials too, and ours have the figures.
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    place = run.path / TRIALS
    plain = json.loads(json.dumps(asdict(config)))
    try:
        study = optuna.create_study(
            study_name="head",
            storage=f"sqlite:///{place.absolute()}",
            direction="maximize",
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=_LEAST_EPOCHS),
            load_if_exists=True,
        )
        # Seeded by how many there were, or a resumed search would propose the same trials again.
        study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))
    # SQLAlchemy's errors have no common base with those of Optuna.
    except Exception as error:
        reason = " ".join(str(error).split())[:100]
        raise RunError(f"{place}: the trials can't be read ({reason}): remove the file to search anew") from error
    if study.user_attrs.setdefault("config", plain) != plain:
        raise RunError(f"{place} has trials of another config than {run.path} has now: remove it to search anew")
    if not study.trials:
        study.set_user_attr("config", plain)
        study.enqueue_trial({name: getattr(config, name) for name in _SEARCHED})
    for trial in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        # This process alone holds the run: whoever ran it was killed.
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def _try(optuna: Any, study: Any, config: TrainConfig, judge: _Judge) -> None:
    trial = study.ask()
    options = {
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-5, 1e-2, log=True),
        "head_weight_decay": trial.suggest_float("head_weight_decay", 1e-3, 100.0, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.9),
        "loss": trial.suggest_categorical("loss", _LOSSES),
    }
    reached = [0.0]

    def after_epoch(epoch: int, score: float) -> None:
        reached.append(score)
        trial.report(score, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    shown = ", ".join(f"{name} {value:.3g}" if isinstance(value, float) else value for name, value in options.items())
    try:
        score, state = judge(replace(config, **options), after_epoch), optuna.trial.TrialState.COMPLETE
    except optuna.TrialPruned:
        score, state = max(reached), optuna.trial.TrialState.PRUNED
    except TrainingError as error:
        # A loss that became infinite: a fault of these options alone.
        logger.warning(f"trial {trial.number} failed: {error}")
        score, state = 0.0, optuna.trial.TrialState.PRUNED
    trial.set_user_attr("score", score)
    study.tell(trial, None if state == optuna.trial.TrialState.PRUNED else score, state=state)
    early = ", stopped early" if state == optuna.trial.TrialState.PRUNED else ""
    logger.info(f"trial {trial.number}: macro mAP {score:.4f}{early} ({shown})")
