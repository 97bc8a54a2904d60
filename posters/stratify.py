"""Iterative stratification: deal examples with many labels out to sides, so that each side gets its share of each."""

from collections.abc import Sequence

import numpy as np


def stratify(y: np.ndarray, groups: np.ndarray, shares: Sequence[float] | np.ndarray, seed: int) -> np.ndarray:
    """Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, figure 1), with whole groups for examples.

    The rarest genre is dealt out first, each of its groups to the side that lacks most of that genre. Unlike there, the
    last groups of a genre go to sides that have none of it yet, as long as these have room: by the paper three posters
    of a genre never reach all of 70, 15 and 15 %, and small sides may stay empty.

    Args:
        y: multi-hot (N, G).
        groups: int (N,).
        shares: (S,), the sides' shares of the posters; they sum to 1.
        seed: of the ties.

    Returns:
        int (N,): each poster's side, 0 to S - 1.
    """
    _, group_of = np.unique(groups, return_inverse=True)
    n_groups = int(group_of.max(initial=-1)) + 1
    genres = np.zeros((n_groups, y.shape[1]), np.int64)
    np.add.at(genres, group_of, y)
    sizes = np.bincount(group_of, minlength=n_groups)
    return _Dealing(genres, sizes, np.asarray(shares, float), seed).run()[group_of]


class _Dealing:
    """The state of one iterative stratification: what each side still lacks, and who has been dealt out."""

    def __init__(self, genres: np.ndarray, sizes: np.ndarray, shares: np.ndarray, seed: int) -> None:
        self.genres = genres
        self.sizes = sizes
        self.lacks_genre = shares[:, None] * genres.sum(axis=0)
        self.lacks_posters = shares * sizes.sum()
        self.has_genre = np.zeros(self.lacks_genre.shape, bool)
        self.side = np.full(len(sizes), -1)
        # A random order to begin with settles every tie.
        self.order = np.random.default_rng(seed).permutation(len(sizes))

    def run(self) -> np.ndarray:
        left = self.genres.sum(axis=0)
        while left.any():
            rarest = int(np.argmin(np.where(left > 0, left, np.iinfo(left.dtype).max)))
            self._deal(self._with_genre(rarest), rarest)
            left = self.genres[self.side < 0].sum(axis=0)
        self._deal(self.order[self.side[self.order] < 0], None)
        return self.side

    def _with_genre(self, genre: int) -> np.ndarray:
        waiting = self.order[(self.side[self.order] < 0) & (self.genres[self.order, genre] > 0)]
        # Large groups first, while there is still room for them everywhere.
        return waiting[np.argsort(-self.sizes[waiting], kind="stable")]

    def _deal(self, chosen: np.ndarray, genre: int | None) -> None:
        for dealt, group in enumerate(chosen):
            wishes = self.lacks_posters if genre is None else self._wishes(genre, len(chosen) - dealt)
            side = np.lexsort((self.lacks_posters, wishes))[-1]
            self.side[group] = side
            self.has_genre[side] |= self.genres[group] > 0
            self.lacks_genre[side] -= self.genres[group]
            self.lacks_posters[side] -= self.sizes[group]

    def _wishes(self, genre: int, waiting: int) -> np.ndarray:
        """How much each side lacks of `genre`, of which `waiting` groups are left to be dealt out."""
        without = ~self.has_genre[:, genre] & (self.lacks_posters > 0)
        if waiting <= without.sum():
            return np.where(without, self.lacks_genre[:, genre], -np.inf)
        return self.lacks_genre[:, genre]
