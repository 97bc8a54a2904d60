"""Cross-validate: a run for each fold, and the scores of every poster by the run that never saw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from posters._base.brief import brief_repr
from posters._base.locks import only_writer
from posters._base.log import logger
from posters._base.progress import tqdm
from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.classifier.looks import looks_of
from posters.config import TrainConfig
from posters.errors import RunError
from posters.evaluation import Context, Evaluation, SeenBefore, evaluate
from posters.evaluation.crossvalidation import BASELINE, CrossValidation, Repeat, cross_validation
from posters.evaluation.label_issues import find_label_issues
from posters.evaluation.predictors import rule_name
from posters.runs import Run
from posters.scores import Scores, joined_scores, read_scores, write_scores
from posters.splitting.folds import Folds, draw_folds, read_folds, write_folds
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack
from posters.tasks.overlap import overlap_of_split
from posters.tasks.scoring import (
    CatalogueBar,
    finished_run,
    is_cross_validation,
    probe_scores,
    split_catalogue,
    split_scores,
)
from posters.tasks.train import train
from posters.thresholds import Balanced, Rule

FOLDS = 5
_FOUND_BY = "the networks of the folds, each scoring posters that it never saw"
_OTHER_FOLDS = (
    "{path} keeps {kept} folds, and the cross-validation can't be resumed with {what}: leave out --folds, or choose "
    "another --run"
)
# File names of the out-of-fold scores, by predictor; "decisions" are kept beside them.
_FILES = {"model": "model", BASELINE: "probe", "prior": "prior"}


def crossvalidate(
    catalogue: Catalogue,
    directory: str | Path,
    config: TrainConfig,
    *,
    folds: Folds | int | None = None,
    repeats: int = 1,
    scored: Sequence[str] = (),
    cache: str | Path | None = None,
    progress: CatalogueBar = lambda rows: rows,
) -> CrossValidation:
    """Train on all folds but one, score that one, and repeat for each fold; what exists already is not made again.

    In each run one in eight of the other folds' posters is the validation split: it chooses the epoch, the calibration
    and the thresholds. The fold that is scored chooses nothing.

    Args:
        catalogue: the posters.
        directory: holds `folds.csv`, a run for each fold (`fold-0`, ...) and the out-of-fold scores `model.npz`,
            `probe.npz` (logistic regression on the frozen features, where there are any), `prior.npz` and
            `decisions.npz` (of the model by the rule `f1`, or by the argmax of a softmax, as scores of 0 and 1); and
            the same for each further repeat in a folder of its own (`repeat-2`, ...).
        config: of every run; the second repeat has the next seed, and so on.
        folds: how many are drawn with the seed of each repeat (five by default); or given ones, by which every repeat
            goes, so that the repeats differ by their seeds alone.
        repeats: how often all of it is done.
        scored: of a catalogue of several tables, the names of those whose posters are scored, as in `Stage.tables`;
            posters of the others train in every fold. All are scored if none is named.
        cache: as in `train`.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        PostersError: one of its kinds, for whatever can't be done.

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Poster
        >>> from posters.errors import ArraysError
        >>> catalogue = Catalogue((Poster("7", "7.jpg", ("Drama",)),), ("Drama",), Path("none"))
        >>> try:
        ...     crossvalidate(catalogue, "runs/folds", TrainConfig(), cache=tempfile.mkdtemp())
        ... except ArraysError as error:
        ...     print(str(error).partition(":")[0])
        none of the 1 posters of the catalogue can be decoded
    """
    directory, cache = Path(directory), Path(cache or default_cache())
    if repeats < 1:
        raise RunError(f"--repeats must be at least 1, but got {repeats}")
    if Run(directory).started:
        raise RunError(f"{directory} is a run of posters train: choose another --run for the cross-validation")
    packed = arrays_directory(cache, catalogue, config.preprocess)
    arrays = pack(catalogue, packed, config.preprocess)
    readable = catalogue.among(arrays.ids)
    codes = looks_of(readable, cache) if config.look else None
    groups = group_posters(readable, perceptual_hashes(arrays, packed), codes)
    judged = catalogue.ids_of_tables(scored)
    helping = {id: "train" for id in readable.ids if id not in judged}
    groups, readable = groups[[id in judged for id in readable.ids]], readable.among(judged)
    made = []
    with only_writer(directory):
        for number in range(repeats):
            place, own = repeat_directory(directory, number), replace(config, seed=config.seed + number)
            chosen = _folds(place, folds, readable, groups, own.seed)
            for fold in tqdm(range(chosen.count), desc=f"repeat {number + 1} of {repeats}", unit="fold"):
                splits = helping | chosen.splits(fold, readable, groups, own.seed)
                train(catalogue, place / f"fold-{fold}", own, splits=splits, cache=cache, resume=True)
            made.append(_scored(place, chosen, progress))
    return cross_validation(made, dict(zip(readable.ids, groups.tolist(), strict=True)))


def with_judged_genres(catalogue: Catalogue, scored: Sequence[str], min_posters: int) -> Catalogue:
    """Leave out the genres that too few of the scored posters have to be judged by, and say so.

    Args:
        catalogue: the posters of several tables.
        scored: as in `crossvalidate`.
        min_posters: that a genre must have among them.

    Examples:
        >>> from posters.catalogue import Poster
        >>> own = Poster("1", "1.jpg", ("War",), tables=("a",))
        >>> other = Poster("2", "2.jpg", ("News", "War"), tables=("b",))
        >>> catalogue = Catalogue((own, other), ("News", "War"), Path("images"))
        >>> with_judged_genres(catalogue, ["a"], 1).genres
        (('War',), ('War',))
    """
    counts = catalogue.among(catalogue.ids_of_tables(scored)).genre_counts()
    rare = [f"{name} with {count}" for name, count in counts.items() if count < min_posters]
    if not rare:
        return catalogue
    logger.info(f"genres that fewer than {min_posters} of the scored posters have are left out: {', '.join(rare)}")
    return catalogue.with_genres(name for name, count in counts.items() if count >= min_posters)


def repeat_directory(directory: Path, number: int) -> Path:
    """Return where a repeat is kept; the first, 0, in the directory of the cross-validation itself.

    Examples:
        >>> repeat_directory(Path("cv"), 0).name, repeat_directory(Path("cv"), 1).name
        ('cv', 'repeat-2')
    """
    return directory / f"repeat-{number + 1}" if number else directory


def _folds(directory: Path, asked: Folds | int | None, catalogue: Catalogue, groups: np.ndarray, seed: int) -> Folds:
    """Return the folds that were kept, or keep the given or drawn ones."""
    path = directory / "folds.csv"
    if path.is_file():
        # A resumed cross-validation must go by the same folds, even if this version would draw others.
        kept = read_folds(path)
        if asked is None or asked == kept.count or (isinstance(asked, Folds) and asked.of == kept.of):
            return kept
        what = "others" if isinstance(asked, Folds) else f"{asked} of them"
        raise RunError(_OTHER_FOLDS.format(path=path, kept=kept.count, what=what))
    if is_cross_validation(directory) and not isinstance(asked, Folds):
        raise RunError(f"{directory} has no folds.csv: give the folds that it was made by with --folds")
    drawn = asked if isinstance(asked, Folds) else draw_folds(catalogue, groups, asked or FOLDS, seed)
    write_folds(drawn, path)
    return drawn


def _scored(directory: Path, folds: Folds, progress: CatalogueBar) -> Repeat:
    """Score each fold by the run that never saw it, and keep the scores."""
    judged = [_judge(run, None, progress) for run in fold_runs(directory)]
    parts = {
        "model": [fold.scores for fold in judged],
        "prior": [fold.with_scores(np.tile(fold.prior, (len(fold.scores), 1))) for fold in judged],
    }
    baselines = [fold.baseline for fold in judged if fold.baseline is not None]
    if len(baselines) == len(judged):
        parts[BASELINE] = baselines
    pooled = {name: joined_scores(each) for name, each in parts.items()}
    decisions = joined_scores([fold.with_scores(fold.by_genre) for fold in judged])
    for name, scores in pooled.items():
        write_scores(scores, directory / f"{_FILES[name]}.npz")
    write_scores(decisions, directory / "decisions.npz")
    return Repeat(pooled, decisions, folds.of)


def kept_repeats(directory: Path) -> list[Repeat]:
    """Return what `crossvalidate` kept, repeat by repeat.

    Raises:
        RunError: this is no cross-validation, or one that was interrupted.

    Examples:
        >>> kept_repeats(Path("runs/none"))
        Traceback (most recent call last):
        posters.errors.RunError: runs/none holds no cross-validation: make one with `posters cross-validate`
    """
    repeats: list[Repeat] = []
    place = repeat_directory(directory, 0)
    while not repeats or place.is_dir():
        runs = fold_runs(place)
        if not (place / "decisions.npz").is_file():
            raise RunError(f"{place} was interrupted: finish it by `posters cross-validate` with --resume")
        files = {name: place / f"{file}.npz" for name, file in _FILES.items()}
        # By the runs, since cross-validations of older versions kept no folds that were given.
        fold = {id: n for n, run in enumerate(runs) for id, split in run.splits().items() if split == "test"}
        scores = {name: read_scores(path) for name, path in files.items() if path.is_file()}
        repeats.append(Repeat(scores, read_scores(place / "decisions.npz"), fold))
        place = repeat_directory(directory, len(repeats))
    return repeats


def fold_runs(directory: Path) -> list[Run]:
    """Return the finished runs of a cross-validation, one for each fold.

    Args:
        directory: of `crossvalidate`, or of one of its repeats.

    Raises:
        RunError: it holds no cross-validation, a fold is not finished, or two folds have different configs.

    Examples:
        >>> fold_runs(Path("runs/none"))
        Traceback (most recent call last):
        posters.errors.RunError: runs/none holds no cross-validation: make one with `posters cross-validate`
    """
    paths = sorted(directory.glob("fold-*"), key=lambda path: (len(path.name), path.name))
    if len(paths) < 2:
        raise RunError(f"{directory} holds no cross-validation: make one with `posters cross-validate`")
    runs = [finished_run(path) for path in paths]
    for run in runs[1:]:
        if run.config() != runs[0].config():
            raise RunError(f"{run.path} has another config than {runs[0].path}: cross-validate one config only")
    return runs


@dataclass(frozen=True, eq=False)
class _Fold:
    """One fold, scored and decided by the run that never saw it."""

    __repr__ = brief_repr

    classifier: Classifier
    scores: Scores
    uncalibrated: Scores
    baseline: Scores | None
    decisions: Mapping[str, np.ndarray]
    seen: SeenBefore
    seen_ids: set[str]

    @property
    def prior(self) -> np.ndarray:
        return np.array(self.classifier.manifest.prior)

    @property
    def by_genre(self) -> np.ndarray:
        """Decisions for whoever looks for a genre, as F1 over genres does; `balanced` is for one poster at a time."""
        return self.decisions["argmax" if "argmax" in self.decisions else "f1"]

    def with_scores(self, y_score: np.ndarray) -> Scores:
        return replace(self.scores, y_score=y_score)


def _judge(run: Run, images: Path | None, progress: CatalogueBar) -> _Fold:
    catalogue, classifier = split_catalogue(run, "test", images), load_classifier(run.classifier)
    uncalibrated = split_scores(run, classifier, "test", catalogue, progress)
    scores, overlap = classifier.calibrate(uncalibrated), overlap_of_split(classifier, catalogue)
    # The first are those by the default rule, or by the argmax of a softmax.
    decisions = {rule_name(rule): rule.apply(scores.y_score) for rule in classifier.manifest.rules}
    if classifier.manifest.head == "softmax":
        decisions = {"argmax": classifier.decide(scores.y_score), **decisions}
    baseline = probe_scores(run, scores)
    seen = overlap.told_of(scores.ids)
    return _Fold(classifier, scores, uncalibrated, baseline, decisions, seen, overlap.seen_ids)


def evaluate_crossvalidation(
    directory: str | Path, *, images: str | Path | None = None, progress: CatalogueBar = lambda rows: rows
) -> Evaluation:
    """Evaluate a cross-validation over all its posters, as `evaluate_run` does with a split; of repeats, the first.

    Every poster is scored, calibrated and decided by the run that never saw it. Rules are shown with the median of the
    folds' thresholds.

    Args:
        directory: of `crossvalidate`.
        images: where the images are now, if they were moved.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        RunError: it holds no cross-validation, or a fold is not finished.

    Examples:
        >>> evaluate_crossvalidation("runs/none")
        Traceback (most recent call last):
        posters.errors.RunError: runs/none holds no cross-validation: make one with `posters cross-validate`
    """
    runs = fold_runs(Path(directory))
    judged = [_judge(run, Path(images) if images else None, progress) for run in runs]
    scores = joined_scores([fold.scores for fold in judged])
    baselines = [fold.baseline for fold in judged if fold.baseline is not None]
    catalogue = runs[0].catalogue(Path(images) if images else None)
    manifests = [fold.classifier.manifest for fold in judged]
    named = [{rule_name(rule): rule for rule in manifest.rules} for manifest in manifests]
    shared = [name for name in named[0] if all(name in rules for rules in named)]
    seen, seen_ids = seen_in_folds([(fold.seen, fold.seen_ids) for fold in judged])
    uncalibrated = joined_scores([fold.uncalibrated for fold in judged])
    provenance = manifests[0].provenance
    context = Context(
        uncalibrated=None if all(each.calibration.changes_nothing for each in manifests) else uncalibrated,
        baseline=joined_scores(baselines) if len(baselines) == len(judged) else None,
        groups=group_posters(catalogue.among(scores.ids)),
        catalogue=catalogue.among(scores.ids),
        label_issues=find_label_issues(scores, catalogue),
        label_issues_from=_FOUND_BY,
        provenance={
            "cross-validation": str(directory),
            "folds": len(runs),
            **{name: provenance.get(name) for name in ("catalogue", "backbone", "seed", "made")},
        },
        seen=seen,
        seen_ids=seen_ids,
        decisions={name: np.concatenate([fold.decisions[name] for fold in judged]) for name in shared},
    )
    return evaluate(
        scores,
        [_median([rules[name] for rules in named]) for name in shared],
        np.mean([fold.prior for fold in judged], axis=0),
        split="out-of-fold",
        head=manifests[0].head,
        context=context,
    )


def _median(rules: Sequence[Rule]) -> Rule:
    """Return one rule of the folds', with the median of their thresholds, or of the most genres that they predict."""
    first, middle = rules[0], len(rules) // 2
    on = "nothing" if first.fitted_on == "nothing" else f"each fold's validation posters, {len(rules)} times"
    if isinstance(first, Balanced):
        return replace(
            first, most=sorted(rule.most for rule in rules if isinstance(rule, Balanced))[middle], fitted_on=on
        )
    # The upper one of two: between a threshold and never there is nothing.
    values = np.sort([rule.values for rule in rules], axis=0)[middle]
    return replace(first, values=tuple(values.tolist()), fitted_on=on)


def seen_in_folds(folds: Sequence[tuple[SeenBefore, set[str]]]) -> tuple[SeenBefore, set[str]]:
    """Return together what the runs of the folds have seen, each of the posters that it scored, and the ids of those.

    Examples:
        >>> one, other = SeenBefore(posters=1, weights=1), SeenBefore(posters=2, weights=2)
        >>> seen_in_folds([(one, {"7"}), (other, {"8", "9"})])[0].weights
        3
    """
    counted = [entry.name for entry in fields(SeenBefore) if entry.type is int]
    counts = {name: sum(getattr(seen, name) for seen, _ in folds) for name in counted}
    recorded = all(seen.recorded for seen, _ in folds)
    return SeenBefore(**counts, recorded=recorded), set().union(*(ids for _, ids in folds))
