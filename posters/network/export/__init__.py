"""A classifier in the formats of other runtimes: uint8 pixels in, calibrated probabilities out, names inside."""

from posters.network.export.formats import FORMATS, Format
from posters.network.export.graph import Runtime

__all__ = ["FORMATS", "Format", "Runtime"]
