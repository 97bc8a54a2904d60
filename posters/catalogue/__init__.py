"""Tables of posters and genres, in many dialects, as one `Catalogue`."""

from posters.catalogue.catalogue import SIDES, Catalogue, Loss, Poster
from posters.catalogue.dialects import DIALECTS, dialect_names
from posters.catalogue.multi_hot import from_multi_hot, multi_hot, multi_hot_matrix
from posters.catalogue.read import read_catalogue

__all__ = [
    "DIALECTS",
    "SIDES",
    "Catalogue",
    "Loss",
    "Poster",
    "dialect_names",
    "from_multi_hot",
    "multi_hot",
    "multi_hot_matrix",
    "read_catalogue",
]
