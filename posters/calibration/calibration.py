"""The noun `Calibration`: for each genre, a rising curve from the network's probability to a calibrated one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from posters._base.brief import brief_repr
from posters.errors import ScoresError
from posters.scores import Scores

Method = Literal["identity", "platt", "isotonic"]
AnyScores = TypeVar("AnyScores", bound=Scores)

# Keras's epsilon: logits stay finite.
_EPSILON = 1e-7
# The logits between which a sigmoid tells all float32 apart: near 1 there are too few numbers to tell what is surer.
_ENDS = (-300.0, 18.4)


@dataclass(frozen=True)
class CalibrationCurve:
    """How one genre's probabilities are changed. It always rises, so that no ranking changes.

    Attributes:
        method: "identity" changes nothing; "platt" is sigmoid(slope * logit(p) + shift) (Platt 1999; with a shift of 0,
            the temperature scaling of Guo et al. 2017, by 1 / slope), and a straight line to (0, 0) below p = 1e-7 and
            to (1, 1) above 1 - 1e-7, or from where less than 1e-8 is left of 1; "isotonic" joins knots by straight
            lines (Zadrozny and Elkan 2002; its steps centred, Oron and Flournoy 2017).
        parameters: (slope, shift) of "platt", slope above 0; else empty.
        knots: (x, y) of "isotonic", rising in both, from (0, 0) to (1, 1); else empty.

    Examples:
        >>> CalibrationCurve("platt", (2.0, 0.0))(np.array([0.25, 0.5])).tolist()
        [0.10000000000000002, 0.5]
    """

    __repr__ = brief_repr

    method: Method = "identity"
    parameters: tuple[float, ...] = ()
    knots: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise ScoresError(f"a calibration is one of {', '.join(get_args(Method))}, but got {self.method!r}")
        if (len(self.parameters), self.method == "platt") not in ((0, False), (2, True)):
            raise ScoresError(f"platt has a slope and a shift, and nothing else has, but got {list(self.parameters)}")
        # Written so that NaN fails as well.
        if self.parameters and not (self.parameters[0] > 0 and np.isfinite(self.parameters).all()):
            raise ScoresError(f"platt needs a slope above 0 and a finite shift, but got {list(self.parameters)}")
        if self.method == "isotonic" or self.knots:
            self._check_knots()

    def _check_knots(self) -> None:
        knots = np.array(self.knots, float)
        rising = knots.ndim == 2 and knots.shape[1] == 2 and (np.diff(knots, axis=0) > 0).all()
        if not (rising and self.method == "isotonic" and (knots[0] == 0).all() and (knots[-1] == 1).all()):
            raise ScoresError("isotonic needs knots that rise from (0, 0) to (1, 1), and nothing else has knots")

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of any shape, between 0 and 1."""
        if self.method == "platt":
            return _platt(p, *self.parameters)
        if self.method == "isotonic":
            x, y = np.array(self.knots, float).T
            return np.asarray(np.interp(p, x, y))
        return np.asarray(p, np.float64)


def _platt(p: np.ndarray, slope: float | np.ndarray, shift: float | np.ndarray) -> np.ndarray:
    """Return the curve of a slope and a shift, or of those of each column."""
    p = np.asarray(p, np.float64)
    first, last = ((end - shift) / slope for end in _ENDS)
    # `logit` is level beyond its ends, and the sigmoid is 0 or 1 to the last bit beyond its own. Straight lines
    # from there to (0, 0) and (1, 1) keep the order of scores.
    least, most = float(logit(0.0)), float(logit(1.0))
    ends = [np.minimum(np.maximum(first, least), last), np.maximum(np.minimum(last, most), first)]
    start, end = np.clip(ends, -700, 700)
    inner = 1 / (1 + np.exp(-np.clip(slope * np.clip(logit(p), start, end) + shift, *_ENDS)))
    low, high = np.minimum(p * (1 + np.exp(-start)), 1), np.minimum((1 - p) * (1 + np.exp(end)), 1)
    return np.asarray(np.where(high < 1, 1 - (1 - inner) * high, inner * low))


def logit(p: np.ndarray | float) -> np.ndarray:
    """Return log(p / (1 - p)), finite also at 0 and 1.

    Examples:
        >>> logit(np.array([0.5, 1.0])).round(1).tolist()
        [0.0, 16.1]
    """
    p = np.clip(np.asarray(p, np.float64), _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(p) - np.log1p(-p))


@dataclass(frozen=True)
class Calibration:
    """A curve for each genre.

    Attributes:
        genre_names: in the order of the scores' columns.
        curves: as many.
        fitted_on: which posters they were fitted on ("validation, 864 posters"), or "nothing".

    Examples:
        >>> calibration = Calibration(("War",), (CalibrationCurve("platt", (2.0, 0.0)),), "validation, 90 posters")
        >>> calibration.apply(np.array([[0.5]])).tolist()
        [[0.5]]
    """

    __repr__ = brief_repr

    genre_names: tuple[str, ...]
    curves: tuple[CalibrationCurve, ...]
    fitted_on: str

    def __post_init__(self) -> None:
        if len(self.curves) != len(self.genre_names):
            raise ScoresError(
                f"a calibration must have a curve for each genre, but got {len(self.curves)} for "
                f"{len(self.genre_names)} genres"
            )

    @property
    def changes_nothing(self) -> bool:
        """Whether every curve is the identity."""
        return all(curve.method == "identity" for curve in self.curves)

    def apply(self, y_score: np.ndarray) -> np.ndarray:
        """Network probabilities (N, G) to calibrated ones, float64 (N, G)."""
        if y_score.ndim != 2 or y_score.shape[1] != len(self.curves):
            raise ScoresError(f"y_score must have the shape (N, {len(self.curves)}), but got {y_score.shape}")
        calibrated = np.array(y_score, np.float64)
        # At once: poster by poster, a call for each curve would take a thirtieth as long as the network.
        platt = [g for g, curve in enumerate(self.curves) if curve.method == "platt"]
        if platt:
            parameters = np.array([self.curves[g].parameters for g in platt]).T
            calibrated[:, platt] = _platt(y_score[:, platt], *parameters)
        for g, curve in enumerate(self.curves):
            if curve.method == "isotonic":
                calibrated[:, g] = curve(y_score[:, g])
        return calibrated

    def of(self, scores: AnyScores) -> AnyScores:
        """The same scores, calibrated.

        Raises:
            ScoresError: they are of other genres.
        """
        if scores.genre_names != self.genre_names:
            raise ScoresError(
                f"the calibration is for the genres {list(self.genre_names)}, but got {list(scores.genre_names)}"
            )
        return replace(scores, y_score=self.apply(scores.y_score))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        curves = [
            {
                "genre": name,
                "method": curve.method,
                "parameters": list(curve.parameters),
                "knots": [list(knot) for knot in curve.knots],
            }
            for name, curve in zip(self.genre_names, self.curves, strict=True)
        ]
        return {"fitted_on": self.fitted_on, "curves": curves}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Calibration":
        """The inverse of `to_dict`.

        Raises:
            ScoresError: a key is missing or unknown, or has a value that it can't have.
        """
        try:
            _only(values, ("fitted_on", "curves"))
            curves = []
            for curve in values["curves"]:
                _only(curve, ("genre", "method", "parameters", "knots"))
                knots = tuple((float(x), float(y)) for x, y in curve["knots"])
                curves.append(CalibrationCurve(curve["method"], tuple(map(float, curve["parameters"])), knots))
            return cls(tuple(curve["genre"] for curve in values["curves"]), tuple(curves), str(values["fitted_on"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ScoresError(f"a calibration can't be read ({error})") from error


def _only(values: dict[str, Any], names: Sequence[str]) -> None:
    if set(values) != set(names):
        raise ValueError(f"it must have {', '.join(names)}, but has {', '.join(map(str, values))}")


def no_calibration(genre_names: Sequence[str]) -> Calibration:
    """The calibration that changes nothing.

    Examples:
        >>> no_calibration(("War",)).changes_nothing
        True
    """
    return Calibration(tuple(genre_names), (CalibrationCurve(),) * len(genre_names), "nothing")
