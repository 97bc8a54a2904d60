"""Evaluated posters that a classifier has seen: in its training, or in that of the weights it began with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.log import logger
from posters.catalogue import SPLITS, Catalogue
from posters.classifier import Classifier, Manifest, read_manifest
from posters.classifier.looks import looks_network
from posters.classifier.seen_posters import SEEN, USES, Matches, SeenPosters, find_seen, look_at
from posters.classifier.starting_weights import starting_classifier
from posters.config import TrainConfig
from posters.errors import ScoresError
from posters.evaluation import SeenBefore
from posters.models import OF_BACKBONE, POSTERS, TRAINED_ON, weights_name
from posters.runs import Run
from posters.splitting.splits import Splits
from posters.store.packed_posters import PosterArrays

# What trained the weights of the weights is training's too.
_SPLIT_OF_USE = {0: "train", 1: "validation", 2: "train"}
# How a poster was found, in `Matches` and in `SeenBefore`.
_WAYS = ("same_file", "look_alike", "same_id", "other_picture")


def record_of(directory: Path, manifest: Manifest) -> SeenPosters | None:
    """Return the posters that a classifier has seen; None where nobody has kept a record.

    Args:
        directory: of the classifier.
        manifest: its own.

    Raises:
        ClassifierError: the record is damaged.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import MOBILENET
        >>> len(record_of(MOBILENET, read_manifest(MOBILENET)))
        5754
    """
    if SEEN in manifest.files:
        own: SeenPosters | None = SeenPosters.read(directory / SEEN)
    elif TRAINED_ON in manifest.files:
        own = SeenPosters.read_hashes(directory / TRAINED_ON)
    else:
        own = _record_of_run(directory, manifest)
    config = manifest.provenance.get("config")
    if own is None or not isinstance(config, dict) or config.get("weights") != POSTERS:
        return own
    return own + seen_by_posters_weights(config.get("backbone", "mobilenet_v2"))


def seen_by_posters_weights(backbone: str) -> SeenPosters:
    """Return the posters that the weights of this package were trained on.

    Args:
        backbone: whose weights.

    Examples:
        >>> seen_by_posters_weights("mobilenet_v2").rows["looked"].all().item()
        True
    """
    directory = OF_BACKBONE[weights_name(backbone)]
    record = SeenPosters.read(directory / SEEN)
    # Where the head alone was trained, its posters have not touched the backbone, which is all that training takes.
    frozen = read_manifest(directory).provenance["config"]["epochs"] == 0
    return (record.used_for("weights") if frozen else record).as_used_for("weights")


def _record_of_run(directory: Path, manifest: Manifest) -> SeenPosters | None:
    """Return the record of a run of an earlier version, made from its catalogue; kept there once it is complete."""
    run = Run(directory.parent)
    if directory.name != "classifier" or not run.started:
        return None
    path, splits = run.path / SEEN, run.splits()
    if path.is_file():
        return SeenPosters.read(path)
    catalogue = run.catalogue().among(list(splits))
    record = look_at(catalogue, manifest.preprocess, [splits[id] for id in catalogue.ids])
    unread = int((~record.rows["looked"]).sum())
    if not unread:
        record.write(path)
        return record
    logger.warning(f"{unread:,} posters of the run {run.path} can't be read, and are compared by their ids alone")
    return record


def seen_by_weights(config: TrainConfig) -> SeenPosters | None:
    """Return the posters that the weights of a config have seen; none for those that nobody trained on posters.

    Args:
        config: of a run that is to start.

    Returns:
        None where nobody has kept a record.

    Examples:
        >>> len(seen_by_weights(TrainConfig(weights="imagenet")))
        0
    """
    # ImageNet's photographs hold no posters that anybody knows of; a file of the user's is the user's to know.
    if config.weights == POSTERS:
        return seen_by_posters_weights(config.backbone)
    start = starting_classifier(config.weights)
    if start is None:
        return SeenPosters.of([], [], [], [])
    record = record_of(start.directory, start.manifest)
    return None if record is None else record.as_weights()


def splits_of_weights(
    config: TrainConfig, arrays: PosterArrays, hashes: np.ndarray, codes: np.ndarray | None = None
) -> dict[str, str]:
    """Return the split that posters had for the classifier which a run begins with, whatever their ids are now.

    What it was trained on must not become validation or test here: figures on it would flatter.

    Args:
        config: of the run.
        arrays: its N packed posters.
        hashes: their perceptual hashes, uint64 (N,).
        codes: their look codes, int8 (N, CODE_SIZE).

    Returns:
        A split for each id that the classifier's training had; nothing where there is no classifier, or no record.

    Examples:
        >>> from posters.config import PreprocessConfig
        >>> pixels = np.zeros((2, 24, 16, 3), np.uint8)
        >>> arrays = PosterArrays(pixels, np.ones((2, 1)), ("a", "b"), ("War",), PreprocessConfig(), "", files=("", ""))
        >>> splits_of_weights(TrainConfig(weights="imagenet"), arrays, np.zeros(2, np.uint64))
        {}
    """
    start = starting_classifier(config.weights)
    record = None if start is None else record_of(start.directory, start.manifest)
    if record is None:
        return {}
    own = SeenPosters.of(arrays.ids, ["test"] * len(arrays), arrays.files, hashes.tolist(), codes)
    tested = find_seen(record.used_for("test").as_used_for("train"), own).seen.tolist()
    used = [_SPLIT_OF_USE.get(code) for code in find_seen(record, own).use.tolist()]
    splits = [split or ("test" if is_test else "") for split, is_test in zip(used, tested, strict=True)]
    found = {id: split for id, split in zip(arrays.ids, splits, strict=True) if split}
    counts = ", ".join(f"{splits.count(split):,} {split}" for split in SPLITS)
    logger.info(f"splits go on from those of {config.weights}: {counts}; {len(arrays) - len(found):,} posters are new")
    return {id: split for id, split in found.items() if split != "test" or config.test}


def record_training(
    config: TrainConfig, arrays: PosterArrays, hashes: np.ndarray, splits: Splits, codes: np.ndarray | None = None
) -> tuple[SeenPosters, dict[str, int]]:
    """Record what a run sees, and count the validation and test posters that its weights have seen; warn of these.

    Args:
        config: of the run.
        arrays: its N packed posters.
        hashes: their perceptual hashes, uint64 (N,).
        splits: of the ids.
        codes: the look codes of the posters, int8 (N, CODE_SIZE).

    Returns:
        The record for the classifier, and a count for each of both splits; no counts if they are all 0.

    Examples:
        >>> from posters.config import PreprocessConfig
        >>> pixels = np.zeros((2, 24, 16, 3), np.uint8)
        >>> arrays = PosterArrays(pixels, np.ones((2, 1)), ("a", "b"), ("War",), PreprocessConfig(), "", files=("", ""))
        >>> splits = Splits(("a",), ("b",), (), 0, "")
        >>> record, seen = record_training(TrainConfig(weights="none"), arrays, np.zeros(2, np.uint64), splits)
        >>> len(record), seen
        (2, {})
    """
    use_of = splits.by_id()
    rows = [row for row, id in enumerate(arrays.ids) if id in use_of]
    ids = [arrays.ids[row] for row in rows]
    files = [arrays.files[row] for row in rows]
    own = SeenPosters.of(
        ids, [use_of[id] for id in ids], files, hashes[rows].tolist(), None if codes is None else codes[rows]
    )
    weights = seen_by_weights(config)
    if weights is None:
        logger.warning(f"{config.weights} keeps no record of its training posters: some of these may be among them")
        return own, {}
    # Posters that chose for the weights may choose again, but not judge.
    matters = {"validation": weights.used_for("weights"), "test": weights}
    counts = {split: int(find_seen(seen, own.used_for(split)).seen.sum()) for split, seen in matters.items()}
    if any(counts.values()):
        posters = " and ".join(f"{count:,} of {len(splits.ids(split)):,} {split}" for split, count in counts.items())
        logger.warning(
            f"{posters} posters are ones that the weights ({config.weights}) have seen in training, so that this run's "
            "figures on them flatter: its report has the figure on the others"
        )
    # Those of this package's own weights come with the package, whoever reads the record.
    kept = own if config.weights == POSTERS else own + weights
    return kept, counts if any(counts.values()) else {}


@dataclass(frozen=True, eq=False)
class Overlap:
    """Which of some posters a classifier has seen.

    Attributes:
        ids: of N posters.
        matches: of these; None where the classifier keeps no record of its training posters.

    Examples:
        >>> Overlap(("7",), None).told_of(("7",)).recorded
        False
    """

    __repr__ = brief_repr

    ids: tuple[str, ...]
    matches: Matches | None

    @property
    def seen_ids(self) -> set[str]:
        """The ids of those that it has seen."""
        seen = () if self.matches is None else self.matches.seen.tolist()
        return {id for id, is_seen in zip(self.ids, seen, strict=False) if is_seen}

    def unseen_in(self, catalogue: Catalogue) -> Catalogue:
        """Return the posters of a catalogue that the classifier has not seen.

        Raises:
            ScoresError: it has seen all of them.
        """
        seen = self.seen_ids
        unseen = [id for id in catalogue.ids if id not in seen]
        if not unseen:
            raise ScoresError(
                f"the classifier has seen all {len(catalogue):,} posters of {catalogue.name} before: evaluate it on "
                "others, such as the test posters of its run"
            )
        return catalogue.among(unseen)

    def told_of(self, ids: tuple[str, ...], left_out: int = 0) -> SeenBefore:
        """Return the counts among the evaluated posters.

        Args:
            ids: of the evaluated posters, all of them here.
            left_out: seen posters that are not evaluated for that reason.
        """
        if self.matches is None:
            return SeenBefore(recorded=False)
        place = {id: row for row, id in enumerate(self.ids)}
        rows, found = [place[id] for id in ids], self.matches
        uses: dict[str, Any] = {use: int((found.use[rows] == code).sum()) for code, use in enumerate(USES[:3])}
        ways: dict[str, Any] = {way: int(getattr(found, way)[rows].sum()) for way in _WAYS}
        return SeenBefore(posters=sum(uses.values()), left_out=left_out, **uses, **ways)


def overlap_of_table(classifier: Classifier, catalogue: Catalogue, cache: Path | None = None) -> Overlap:
    """Compare the posters of a catalogue with those that a classifier has seen.

    Args:
        classifier: any.
        catalogue: those that can't be read are compared by their ids alone.
        cache: where look codes are kept; without it, looks are compared by perceptual hashes alone.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> overlap_of_table(load_classifier(), Catalogue((), ("Drama",), Path("images"))).seen_ids
        set()
    """
    record = record_of(classifier.directory, classifier.manifest)
    if record is None:
        return Overlap(catalogue.ids, None)
    # A record of an older version, or of another network, has no codes to compare with.
    coded = bool((record.rows["network"] == looks_network()).any())
    uses = ["test"] * len(catalogue)
    own = look_at(catalogue, classifier.manifest.preprocess, uses, cache if coded else None)
    return Overlap(catalogue.ids, find_seen(record, own))


def overlap_of_split(classifier: Classifier, catalogue: Catalogue) -> Overlap:
    """Compare posters of a run's own catalogue with those that its classifier has seen; no image is read.

    Args:
        classifier: of the run.
        catalogue: one split of the run.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> overlap_of_split(load_classifier(), Catalogue((), ("Drama",), Path("images"))).seen_ids
        set()
    """
    record = record_of(classifier.directory, classifier.manifest)
    if record is None:
        return Overlap(catalogue.ids, None)
    own = record.used_for("train", "validation", "test").among(catalogue.ids)
    return Overlap(catalogue.ids, find_seen(record, own))
