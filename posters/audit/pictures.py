"""Which posters are the same picture, byte for byte or by their looks."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from posters.audit.images import is_blank
from posters.audit.inspection import Inspection
from posters.catalogue import Catalogue, Poster
from posters.duplicates import NEAR
from posters.hamming import near_groups

_T = TypeVar("_T")


@dataclass(frozen=True)
class Pictures:
    """What can be compared: posters that can be decoded and are not blank (all blank posters look alike).

    Attributes:
        inspections: of each poster's image, by the poster's id.
        looks: the number of the group of posters that look alike, by the poster's id.
    """

    inspections: Mapping[str, Inspection]
    looks: Mapping[str, int]

    def identical(self, posters: Iterable[Poster]) -> list[list[Poster]]:
        """Those of `posters` that have the same bytes, together."""
        return sharing(posters, self._sha256)

    def alike(self, posters: Iterable[Poster]) -> list[list[Poster]]:
        """Those of `posters` that look alike, together, where not all of them have the same bytes."""
        groups = sharing(posters, lambda poster: self.looks.get(poster.id))
        return [group for group in groups if len(set(map(self._sha256, group))) > 1]

    def _sha256(self, poster: Poster) -> str | None:
        found = self.inspections.get(poster.id)
        return found.sha256 if found else None


def compare(catalogue: Catalogue, inspections: Mapping[str, Inspection]) -> Pictures:
    """Group the posters that look alike: at most `NEAR` bits of their hashes differ, or a chain of such pairs."""
    images = ((poster.id, inspections[poster.image]) for poster in catalogue)
    comparable = {id: image for id, image in images if image.readable and not is_blank(image)}
    hashes = np.array([image.hash for image in comparable.values()], np.uint64)
    looks = near_groups(hashes, NEAR).tolist()
    return Pictures(comparable, dict(zip(comparable, looks, strict=True)))


def sharing(items: Iterable[_T], key: Callable[[_T], Hashable | None]) -> list[list[_T]]:
    """The items that have a key in common with another, together; None is a key that nobody shares."""
    groups: dict[Hashable, list[_T]] = defaultdict(list)
    for item in items:
        own = key(item)
        if own is not None:
            groups[own].append(item)
    return [group for group in groups.values() if len(group) > 1]
