"""From a classifier and posters that it has not seen to an evaluation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from posters.catalogue import SIDES, Catalogue
from posters.classifier import Classifier, load_classifier
from posters.errors import RunError, SplitError
from posters.evaluation import Evaluation, evaluate
from posters.runs import Run

Progress = Callable[[Catalogue], Catalogue]


def evaluate_classifier(
    classifier: Classifier, catalogue: Catalogue, *, side: str = "all", progress: Progress = lambda rows: rows
) -> Evaluation:
    """Judge a classifier on every poster of a catalogue.

    Args:
        classifier: with the thresholds that it carries.
        catalogue: posters that it was not trained on; its genres must be known to the classifier.
        side: what the evaluation calls these posters.
        progress: wraps the posters in a progress bar, as `tqdm` does.

    Raises:
        ScoresError: the classifier does not know a genre of the catalogue, or no poster can be read.
    """
    scores = classifier.score(catalogue, progress)
    manifest = classifier.manifest
    provenance = {
        "classifier": str(classifier.directory),
        "catalogue": catalogue.name,
        "trained on": manifest.provenance.get("catalogue"),
        **{name: manifest.provenance.get(name) for name in ("split", "backbone", "seed", "made")},
    }
    prior = np.array(manifest.prior)
    return evaluate(scores, manifest.thresholds, prior, side=side, head=manifest.head, provenance=provenance)


def evaluate_run(
    run: str | Path, *, side: str = "test", images: str | Path | None = None, progress: Progress = lambda rows: rows
) -> Evaluation:
    """Judge a run's classifier on a side of the run's own split.

    Args:
        run: a finished run of `posters train`.
        side: "test", or another to see how far that flatters.
        images: where the run's images lie now, if they were moved.
        progress: as in `evaluate_classifier`.

    Raises:
        RunError: this is no finished run.
        SplitError: there is no such side.
    """
    directory = Run(Path(run))
    if not directory.finished:
        raise RunError(f"{directory.path} has no classifier yet: train it to the end, perhaps with --resume")
    if side not in SIDES:
        raise SplitError(f"a side is one of {', '.join(SIDES)}, but got {side!r}")
    sides = directory.sides()
    catalogue = directory.catalogue(Path(images) if images else None)
    chosen = catalogue.among([id for id, own in sides.items() if own == side])
    return evaluate_classifier(load_classifier(directory.classifier), chosen, side=side, progress=progress)
