"""Tables of posters and genres, in many dialects, as one `Catalogue`."""

from posters.catalogue.catalogue import SPLITS, Catalogue, Poster
from posters.catalogue.dialects import DIALECTS, dialect_names, register_dialect, unregister_dialect
from posters.catalogue.dialects.base import ColumnMap, TableDialect
from posters.catalogue.multi_hot import from_multi_hot, multi_hot, multi_hot_matrix
from posters.catalogue.problems import Problem
from posters.catalogue.read import read_catalogue

__all__ = [
    "DIALECTS",
    "SPLITS",
    "Catalogue",
    "ColumnMap",
    "Poster",
    "Problem",
    "TableDialect",
    "dialect_names",
    "from_multi_hot",
    "multi_hot",
    "multi_hot_matrix",
    "read_catalogue",
    "register_dialect",
    "unregister_dialect",
]
