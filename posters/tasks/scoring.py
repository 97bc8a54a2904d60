"""What a run's classifier says of a side of the run's split: computed once, and kept in the run."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from posters.catalogue import SIDES, Catalogue
from posters.classifier import Classifier
from posters.classifier.manifest import LIGHT_NETWORK
from posters.errors import RunError, SplitError
from posters.files import fingerprint
from posters.images import DECODER_VERSION
from posters.packed_index import stamped
from posters.runs import Run
from posters.scores import Scores
from posters.scores_file import fresh_scores, write_scores

Progress = Callable[[Catalogue], Catalogue]


def finished_run(path: str | Path) -> Run:
    """The run in a directory.

    Raises:
        RunError: there is no such directory, or it is no run that has been trained to the end.
    """
    run = Run(Path(path))
    if not run.path.is_dir():
        raise RunError(f"{run.path} is no run: there is no such directory")
    if (run.path / "classifier.json").is_file():
        raise RunError(f"{run.path} is a classifier without a split of its own: name the run that it was trained by")
    if not run.finished:
        raise RunError(f"{run.path} has no classifier yet: train it to the end, perhaps with --resume")
    return run


def side_catalogue(run: Run, side: str, images: Path | None = None) -> Catalogue:
    """The posters on one side of a run's split.

    Args:
        run: started.
        side: "train", "validation" or "test".
        images: where the run's images lie now, if they were moved.

    Raises:
        SplitError: there is no such side.
    """
    if side not in SIDES:
        raise SplitError(f"a side is one of {', '.join(SIDES)}, but got {side!r}")
    sides = run.sides()
    return run.catalogue(images).among([id for id, own in sides.items() if own == side])


def side_scores(run: Run, classifier: Classifier, side: str, catalogue: Catalogue, progress: Progress) -> Scores:
    """The uncalibrated scores of one side, from the run if the same network has scored the same images before.

    Scores are kept only if every poster could be read, so that one that couldn't is tried and named each time.

    Args:
        run: finished.
        classifier: the run's.
        side: what they are kept as.
        catalogue: that side's posters.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        ScoresError: no poster can be read.
    """
    # The validation scores are training's own; these are the light network's, and have another name.
    path, made_by = run.scores(f"light-{side}"), _made_by(classifier, catalogue)
    kept = fresh_scores(path, made_by)
    if kept is not None:
        return kept
    scores = classifier.score_uncalibrated(catalogue, progress)
    if len(scores) == len(catalogue):
        write_scores(scores, path, made_by)
    return scores


def _made_by(classifier: Classifier, catalogue: Catalogue) -> str:
    """Another name whenever the scores would be others: for another network, other pixels or other labels."""
    manifest = classifier.manifest
    network = [manifest.files[LIGHT_NETWORK], manifest.genre_names, asdict(manifest.preprocess), DECODER_VERSION]
    images = [stamped(catalogue.image_root, poster.image).stamp for poster in catalogue]
    return fingerprint([network, catalogue.fingerprint(), images])
