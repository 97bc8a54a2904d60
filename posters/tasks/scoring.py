"""Score a split by the run's classifier: computed once, and kept in the run."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

from posters._base.atomic_files import fingerprint
from posters.catalogue import SPLITS, Catalogue
from posters.classifier import Classifier
from posters.classifier.manifest import LIGHT_NETWORK
from posters.errors import RunError, SplitError
from posters.images.decoding import DECODER_VERSION
from posters.runs import Run
from posters.scores import Scores, fresh_scores, read_scores, write_scores
from posters.store.journal import stamped

# Wraps the posters in a progress bar, as `tqdm` does.
CatalogueBar: TypeAlias = Callable[[Catalogue], Catalogue]


def is_cross_validation(path: Path) -> bool:
    """Return whether a directory holds the runs of a cross-validation, finished or not.

    Examples:
        >>> is_cross_validation(Path("runs/none"))
        False
    """
    return (path / "folds.csv").is_file() or (path / "fold-0").is_dir()


def finished_run(path: str | Path) -> Run:
    """Return the run in a directory.

    Raises:
        RunError: there is no such directory, or it is no run that has been trained to the end.

    Examples:
        >>> finished_run("runs/none")
        Traceback (most recent call last):
        posters.errors.RunError: runs/none is no run: there is no such directory
    """
    run = Run(Path(path))
    if not run.path.is_dir():
        raise RunError(f"{run.path} is no run: there is no such directory")
    if (run.path / "classifier.json").is_file():
        raise RunError(f"{run.path} is a classifier without a split of its own: name the run that it was trained by")
    if is_cross_validation(run.path):
        raise RunError(
            f"{run.path} is a cross-validation: name one of its runs, such as {run.path / 'fold-0'}; its own report is "
            f"in {run.path / 'report'}, and only another cross-validation is compared with it"
        )
    if not run.finished:
        raise RunError(f"{run.path} has no classifier yet: train it to the end, perhaps with --resume")
    return run


def split_catalogue(run: Run, split: str, images: Path | None = None) -> Catalogue:
    """Return the posters in one split of a run.

    Args:
        run: started.
        split: "train", "validation" or "test".
        images: where the run's images are now, if they were moved.

    Raises:
        SplitError: there is no such split, or it has no posters.

    Examples:
        >>> split_catalogue(Run(Path("runs/first")), "dev")
        Traceback (most recent call last):
        posters.errors.SplitError: a split is one of train, validation, test, but got 'dev'
    """
    if split not in SPLITS:
        raise SplitError(f"a split is one of {', '.join(SPLITS)}, but got {split!r}")
    ids = [id for id, own in run.splits().items() if own == split]
    if not ids:
        raise SplitError(
            f"{run.path} was trained without {split} posters: evaluate it on a table (posters evaluate {run.path} "
            "TABLE), or on its validation posters (--split validation), which flatter it"
        )
    return run.catalogue(images).among(ids)


def split_scores(run: Run, classifier: Classifier, split: str, catalogue: Catalogue, progress: CatalogueBar) -> Scores:
    """Return the uncalibrated scores of one split, from the run if the same network has scored the same images before.

    Scores are kept only if every poster could be read, so that one that couldn't is tried and named each time.

    Args:
        run: finished.
        classifier: the run's.
        split: what they are kept as.
        catalogue: that split's posters.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        ScoresError: no poster can be read.

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Poster
        >>> from posters.classifier import load_classifier
        >>> catalogue = Catalogue((Poster("7", "7.jpg", ()),), ("Drama",), Path("none"))
        >>> run = Run(Path(tempfile.mkdtemp()))
        >>> split_scores(run, load_classifier("posters"), "test", catalogue, lambda posters: posters)
        Traceback (most recent call last):
        posters.errors.ScoresError: none of the 1 posters of the catalogue can be read: pass images=FOLDER
    """
    # The validation scores are training's own; these are the light network's, and have another name.
    path = run.scores(f"light-{split}")
    # Changes whenever the scores would: with another network, other pixels or other labels.
    manifest = classifier.manifest
    network = [manifest.files[LIGHT_NETWORK], manifest.genre_names, asdict(manifest.preprocess), DECODER_VERSION]
    stamps = [stamped(catalogue.image_root, poster.image).stamp for poster in catalogue]
    made_by = fingerprint([network, catalogue.fingerprint(), stamps])
    kept = fresh_scores(path, made_by)
    if kept is not None:
        return kept
    scores = classifier.score_uncalibrated(catalogue, progress)
    if len(scores) == len(catalogue):
        write_scores(scores, path, made_by)
    return scores


def probe_scores(run: Run, scores: Scores) -> Scores | None:
    """Return the linear probe's scores of the same posters; None where the run kept none.

    Raises:
        RunError: some of the posters are not among them.

    Examples:
        >>> probe_scores(Run(Path("runs/none")), Scores(("7",), ("Drama",), [[0.5]])) is None
        True
    """
    path = run.scores("probe")
    if not path.is_file():
        return None
    probe = read_scores(path)
    rows = {id: row for row, id in enumerate(probe.ids)}
    if not rows.keys() >= set(scores.ids):
        raise RunError(f"{path} lacks posters of this run: remove it, and the report goes without")
    return probe.take([rows[id] for id in scores.ids])
