"""What an audit's checks look at: the catalogue, its inspected images, and which of them are the same picture."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from posters._base.brief import brief_repr
from posters._base.ray_cluster import Spread
from posters.audit.inspection import Inspection
from posters.audit.kinds import BLANK_SPREAD
from posters.catalogue import Catalogue, Poster
from posters.images.look_codes import look_groups
from posters.images.perceptual_hash import NEAR, joined_groups, near_groups

_T = TypeVar("_T")

# Hashes that take a core about half a minute to compare: fewer are done before a cluster has begun.
_MANY = 500_000


@dataclass(frozen=True)
class AuditContext:
    """What every check of an audit is given.

    Attributes:
        catalogue: N posters, those of rare genres included.
        inspections: of the posters' images, by path below the image folder.
        splits: "train", "validation" or "test" by poster id; empty if there are no splits to check.
        min_posters: a genre with fewer posters is rare.
        codes: look codes of the images, int8 (CODE_SIZE,) each; without them, only perceptual hashes tell look-alikes.
        spread: what compares very many hashes on many machines; None for this process.

    Examples:
        >>> from pathlib import Path
        >>> from posters.audit.inspection import Inspection
        >>> posters = (Poster("a", "a.jpg", ("Drama",)), Poster("b", "b.jpg", ("Drama",)))
        >>> images = {name: Inspection(name, 9, 9, sha256="5e", spread=50.0) for name in ("a.jpg", "b.jpg")}
        >>> context = AuditContext(Catalogue(posters, ("Drama",), Path()), images, {}, 20)
        >>> [[poster.id for poster in group] for group in context.identical(posters)]
        [['a', 'b']]
    """

    __repr__ = brief_repr

    catalogue: Catalogue
    inspections: Mapping[str, Inspection]
    splits: Mapping[str, str]
    min_posters: int
    codes: Mapping[str, np.ndarray] = field(default_factory=dict)
    spread: Spread | None = None

    def identical(self, posters: Iterable[Poster]) -> list[list[Poster]]:
        """Group those of `posters` that have the same bytes."""
        comparable = (poster for poster in posters if poster.image in self._look_of)
        return sharing(comparable, lambda poster: self.inspections[poster.image].sha256)

    def alike(self, posters: Iterable[Poster]) -> list[list[Poster]]:
        """Group those of `posters` that look alike, leaving out groups in which all have the same bytes."""
        # Groups of equal bytes are found by `identical`, and would be reported twice.
        groups = sharing(posters, lambda poster: self._look_of.get(poster.image))
        return [group for group in groups if len({self.inspections[poster.image].sha256 for poster in group}) > 1]

    @cached_property
    def _look_of(self) -> dict[str, int]:
        """A number for each image, the same for images alike by hash or code, and for those that a chain of such joins.

        Blank images are left out, since all of them look alike, and so are images that can't be decoded.
        """
        images = dict.fromkeys(poster.image for poster in self.catalogue)
        comparable = [image for image in images if self.inspections[image].readable and not self.is_blank(image)]
        hashes = np.array([self.inspections[image].hash for image in comparable], np.uint64)
        groups = near_groups(hashes, NEAR, self.spread if len(hashes) >= _MANY else None)
        if self.codes and comparable:
            looks = look_groups(np.stack([self.codes[image] for image in comparable]))
            _, first = np.unique(looks, return_index=True)
            groups = joined_groups(groups, np.arange(len(groups)), first[looks])
        return dict(zip(comparable, groups.tolist(), strict=True))

    def is_blank(self, image: str) -> bool:
        """Return whether a readable image has nearly one colour."""
        return self.inspections[image].spread < BLANK_SPREAD


def sharing(items: Iterable[_T], key: Callable[[_T], Hashable | None]) -> list[list[_T]]:
    """Group the items that share a key with another item. Items whose key is None share it with no other.

    Examples:
        >>> sharing(["Alien", "Aliens", "Heat", ""], lambda title: title[:1] or None)
        [['Alien', 'Aliens']]
    """
    groups: dict[Hashable, list[_T]] = defaultdict(list)
    for item in items:
        own = key(item)
        if own is not None:
            groups[own].append(item)
    return [group for group in groups.values() if len(group) > 1]
