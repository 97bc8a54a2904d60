"""What an evaluation may know beside the scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from posters.catalogue import Catalogue
from posters.errors import ScoresError
from posters.evaluation.learning import Epoch
from posters.label_issues import LabelIssue
from posters.scores import Scores

_NOT_ASKED = "label issues were not looked for"


@dataclass(frozen=True, kw_only=True)
class Context:
    """What is known of the evaluated posters and their classifier beside the scores; all of it may be left out.

    Attributes:
        uncalibrated: the same posters' scores before calibration.
        baseline: a logistic regression's scores of the same posters, on the classifier's frozen features.
        groups: int (N,), posters of one number are drawn together in the bootstrap; by default each poster alone.
        catalogue: where titles and years come from, for examples and decades.
        learning: the epochs of training.
        label_issues: labels that may be wrong.
        label_issues_from: which scores found them, or why there are none, in words.
        provenance: where the scores come from; any plain data.
    """

    uncalibrated: Scores | None = None
    baseline: Scores | None = None
    groups: np.ndarray | None = None
    catalogue: Catalogue | None = None
    learning: tuple[Epoch, ...] = ()
    label_issues: tuple[LabelIssue, ...] = ()
    label_issues_from: str = _NOT_ASKED
    provenance: Mapping[str, Any] | None = None

    def check(self, scores: Scores) -> None:
        """Hold the other scores against the evaluated ones.

        Raises:
            ScoresError: they are of other posters, genres or labels.
        """
        for name, other in (("uncalibrated", self.uncalibrated), ("baseline", self.baseline)):
            if other is None:
                continue
            if (other.ids, other.genre_names) != (scores.ids, scores.genre_names):
                raise ScoresError(f"{name} scores must be of the same posters and genres as the evaluated scores")
            if other.y_true is not None and (other.y_true != scores.y_true).any():
                raise ScoresError(f"{name} scores must have the same labels as the evaluated scores")
