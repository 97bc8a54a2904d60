"""Tables of posters and genres, in many dialects, as one `Catalogue`."""

from posters.catalogue.catalogue import SIDES, Catalogue, Loss, Poster
from posters.catalogue.multi_hot import from_multi_hot, multi_hot, multi_hot_matrix

__all__ = ["SIDES", "Catalogue", "Loss", "Poster", "from_multi_hot", "multi_hot", "multi_hot_matrix"]
