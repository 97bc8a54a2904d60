"""Iterative stratification: divide examples with many labels into subsets that each get their share of every label."""

from collections.abc import Sequence

import numpy as np


def stratify(y: np.ndarray, groups: np.ndarray, shares: Sequence[float] | np.ndarray, seed: int) -> np.ndarray:
    """Divide posters into subsets by iterative stratification, keeping groups whole.

    The algorithm is that of Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-label Data", figure
    1, with groups in place of examples: the rarest genre is assigned first, each of its groups to the subset that lacks
    most of that genre. It differs in one point: the last groups of a genre go to subsets that have none of it yet, as
    long as these have room. By the paper, three posters of a genre never reach all of 70, 15 and 15 %, and small
    subsets may stay empty.

    Args:
        y: multi-hot (N, G); an unknown label (-1) counts no more than a 0, so that each subset gets its share of the
            posters that are known to have a genre.
        groups: int (N,); posters with equal numbers stay together.
        shares: (S,), of the posters that each subset gets; they sum to 1.
        seed: settles ties.

    Returns:
        int (N,): each poster's subset, 0 to S - 1.

    Examples:
        >>> y = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
        >>> subsets = stratify(y, np.arange(4), (0.5, 0.5), seed=0)
        >>> sorted(subsets[:2].tolist()), sorted(subsets[2:].tolist())
        ([0, 1], [0, 1])
    """
    # The numbers of the groups are only names: any others must give the same subsets.
    _, group_of = np.unique(groups, return_inverse=True)
    n_groups = int(group_of.max(initial=-1)) + 1
    genres = np.zeros((n_groups, y.shape[1]), np.int64)
    np.add.at(genres, group_of, y == 1)
    sizes = np.bincount(group_of, minlength=n_groups)
    stratification = _Stratification(genres, sizes, np.asarray(shares, float), seed)
    return np.asarray(stratification.run()[group_of])


class _Stratification:
    """The state of one iterative stratification: what each subset still lacks, and the groups assigned so far."""

    def __init__(self, genres: np.ndarray, sizes: np.ndarray, shares: np.ndarray, seed: int) -> None:
        self.genres = genres
        self.sizes = sizes
        self.lacks_genre = shares[:, None] * genres.sum(axis=0)
        self.lacks_posters = shares * sizes.sum()
        self.has_genre = np.zeros(self.lacks_genre.shape, bool)
        self.subset = np.full(len(sizes), -1)
        # A random order to begin with settles every tie, also between groups of equal size.
        self.order = np.random.default_rng(seed).permutation(len(sizes))

    def run(self) -> np.ndarray:
        """Return the subset of each group."""
        left = self.genres.sum(axis=0)
        while left.any():
            # Rarest first: later, there might be no room for it where it is lacking.
            rarest = int(np.argmin(np.where(left > 0, left, np.iinfo(left.dtype).max)))
            waiting = self.order[(self.subset[self.order] < 0) & (self.genres[self.order, rarest] > 0)]
            # Large groups first, while there is still room for them everywhere.
            waiting = waiting[np.argsort(-self.sizes[waiting], kind="stable")]
            for assigned, group in enumerate(waiting):
                self._assign(group, self._lacks(rarest, len(waiting) - assigned))
            left = self.genres[self.subset < 0].sum(axis=0)
        for group in self.order[self.subset[self.order] < 0]:  # Those without a genre.
            self._assign(group, self.lacks_posters)
        return self.subset

    def _assign(self, group: int, lacks: np.ndarray) -> None:
        """Assign a group to the subset that lacks most, and among equals to the one that lacks most posters."""
        subset = np.lexsort((self.lacks_posters, lacks))[-1]
        self.subset[group] = subset
        self.has_genre[subset] |= self.genres[group] > 0
        self.lacks_genre[subset] -= self.genres[group]
        self.lacks_posters[subset] -= self.sizes[group]

    def _lacks(self, genre: int, waiting: int) -> np.ndarray:
        """Return how much each subset lacks of a genre of which `waiting` groups are not assigned yet."""
        # The difference to the paper: when there are just enough groups left for the subsets that have none, they get
        # them, whatever the shares.
        without = ~self.has_genre[:, genre] & (self.lacks_posters > 0)
        if waiting <= without.sum():
            return np.where(without, self.lacks_genre[:, genre], -np.inf)
        lacks: np.ndarray = self.lacks_genre[:, genre]
        return lacks
