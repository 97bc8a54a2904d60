"""Look-alikes: the posters of a catalogue that a network sees as nearest to another, from an index kept on disk."""

from posters.similar.index import PosterIndex, build_index
from posters.similar.results import LookAlikes, Neighbour

__all__ = ["LookAlikes", "Neighbour", "PosterIndex", "build_index"]
