"""Look-alikes: the posters of a catalogue that a network sees as nearest to another, from an index kept on disk."""

from posters.similar.index import LookAlikes, Neighbour, PosterIndex, build_index

__all__ = ["LookAlikes", "Neighbour", "PosterIndex", "build_index"]
