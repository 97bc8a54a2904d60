"""Genre names to vectors of zeros and ones, and back."""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from posters.errors import CatalogueError


def multi_hot(labels: Iterable[Hashable], classes: Sequence[Hashable]) -> np.ndarray:
    """One sample's labels as a uint8 vector (G,), 1 where the class of that position is among them.

    >>> multi_hot([3, 5], classes=[1, 2, 3, 4, 5]).tolist()
    [0, 0, 1, 0, 1]

    Raises:
        CatalogueError: a label is not among the classes.
    """
    return multi_hot_matrix([labels], classes)[0]


def multi_hot_matrix(samples: Sequence[Iterable[Hashable]], classes: Sequence[Hashable]) -> np.ndarray:
    """The labels of N samples as a uint8 array (N, G).

    >>> multi_hot_matrix([["Drama"], [], ["Comedy", "Drama"]], ["Comedy", "Drama"]).tolist()
    [[0, 1], [0, 0], [1, 1]]

    Raises:
        CatalogueError: a label is not among the classes, or a class is named twice.
    """
    position = {name: column for column, name in enumerate(classes)}
    if len(position) != len(classes):
        raise CatalogueError(f"classes must be named once each, but got {list(classes)}")
    vectors = np.zeros((len(samples), len(classes)), np.uint8)
    for row, labels in enumerate(samples):
        for label in labels:
            if label not in position:
                raise CatalogueError(f"the label {label!r} is not among the classes {list(classes)}")
            vectors[row, position[label]] = 1
    return vectors


def from_multi_hot(vector: Sequence[int] | np.ndarray, classes: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """The inverse of `multi_hot`: the labels of one vector (G,), in the order of `classes`.

    >>> from_multi_hot([0, 0, 1, 0, 1], classes=[1, 2, 3, 4, 5])
    (3, 5)

    Raises:
        CatalogueError: the vector has another length than `classes`, or holds something but 0 and 1.
    """
    values = np.asarray(vector)
    if values.shape != (len(classes),):
        raise CatalogueError(f"a multi-hot vector must have the shape ({len(classes)},), but got {values.shape}")
    if not np.isin(values, (0, 1)).all():
        raise CatalogueError(f"a multi-hot vector holds 0 and 1 alone, but got {values.tolist()}")
    return tuple(name for name, value in zip(classes, values, strict=True) if value)
