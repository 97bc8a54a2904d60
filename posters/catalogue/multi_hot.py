"""Genre names to vectors of 0 and 1, with -1 for what nobody knows, and back."""

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np

from posters.errors import CatalogueError


def multi_hot(labels: Iterable[Hashable], classes: Sequence[Hashable], unknown: Iterable[Hashable] = ()) -> np.ndarray:
    """Return one sample's labels as an int8 vector (G,): 1 where the class of that position is among them.

    Args:
        labels: of the sample.
        classes: of the G positions.
        unknown: classes of which nobody knows whether the sample has them: -1 there.

    Raises:
        CatalogueError: a label is not among the classes, or is unknown as well.

    Examples:
        >>> multi_hot([3, 5], classes=[1, 2, 3, 4, 5]).tolist()
        [0, 0, 1, 0, 1]
        >>> multi_hot([3, 5], classes=[1, 2, 3, 4, 5], unknown=[1]).tolist()
        [-1, 0, 1, 0, 1]
    """
    vector: np.ndarray = multi_hot_matrix([labels], classes, [unknown])[0]
    return vector


def multi_hot_matrix(
    samples: Sequence[Iterable[Hashable]],
    classes: Sequence[Hashable],
    unknown: Sequence[Iterable[Hashable]] | None = None,
) -> np.ndarray:
    """Return the labels of N samples as an int8 array (N, G) of 0 and 1, and of -1 where a label is unknown.

    Args:
        samples: the labels of each.
        classes: of the G columns.
        unknown: for each sample, the classes of which nobody knows whether it has them; by default everything is known.

    Raises:
        CatalogueError: a label is not among the classes, a class is named twice, or a label is unknown as well.

    Examples:
        >>> multi_hot_matrix([["Drama"], [], ["Comedy", "Drama"]], ["Comedy", "Drama"]).tolist()
        [[0, 1], [0, 0], [1, 1]]
        >>> multi_hot_matrix([["Drama"], []], ["Comedy", "Drama"], unknown=[["Comedy"], []]).tolist()
        [[-1, 1], [0, 0]]
    """
    position = {name: column for column, name in enumerate(classes)}
    if len(position) != len(classes):
        raise CatalogueError(f"classes must be named once each, but got {list(classes)}")
    vectors = np.zeros((len(samples), len(classes)), np.int8)
    _mark(vectors, samples, position, 1)
    _mark(vectors, unknown or (), position, -1)
    return vectors


def _mark(
    vectors: np.ndarray, samples: Iterable[Iterable[Hashable]], position: Mapping[Hashable, int], value: int
) -> None:
    for row, labels in enumerate(samples):
        for label in labels:
            # Not skipped: a poster would silently lose a genre, and train as an example without it.
            if label not in position:
                raise CatalogueError(f"the label {label!r} is not among the classes {list(position)}")
            if vectors[row, position[label]] * value < 0:
                raise CatalogueError(f"the label {label!r} can't be a sample's own and unknown at once")
            vectors[row, position[label]] = value


def from_multi_hot(vector: Sequence[int] | np.ndarray, classes: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """Return the labels of one vector (G,), in the order of `classes`; the inverse of `multi_hot`.

    A class of unknown label, -1, is not among them: of an array, `from_multi_hot(vector == -1, classes)` names these.

    Raises:
        CatalogueError: the vector has another length than `classes`, or holds something but 0, 1 and -1.

    Examples:
        >>> from_multi_hot([0, 0, 1, 0, 1], classes=[1, 2, 3, 4, 5])
        (3, 5)
    """
    values = np.asarray(vector)
    if values.shape != (len(classes),):
        raise CatalogueError(f"a multi-hot vector must have the shape ({len(classes)},), but got {values.shape}")
    if not np.isin(values, (0, 1, -1)).all():
        raise CatalogueError(f"a multi-hot vector holds 0 and 1, or -1 for unknown, but got {values.tolist()}")
    return tuple(name for name, value in zip(classes, values, strict=True) if value == 1)


def prevalence(y_true: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return each genre's share (G,) of the posters of which it is known whether they have it; 0 if it is of none.

    Args:
        y_true: (N, G) from 0 to 1, and -1 where a label is unknown.
        weights: (N,), how much each poster counts; by default all alike.

    Examples:
        >>> prevalence(np.array([[1, -1], [0, -1], [-1, 0], [0, 1]])).round(3).tolist()
        [0.333, 0.5]
    """
    counts = np.ones(len(y_true)) if weights is None else weights.astype(np.float64)
    known = counts @ (y_true >= 0)
    shares: np.ndarray = counts @ np.maximum(y_true, 0).astype(np.float64) / np.where(known > 0, known, 1)
    return shares
