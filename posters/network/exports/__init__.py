"""A classifier in the formats of other runtimes: uint8 pixels in, calibrated probabilities out, names inside."""

from posters.network.exports.format import Format, Runtime
from posters.network.exports.litert import open_litert, write_litert
from posters.network.exports.litert_int8 import write_litert_int8
from posters.network.exports.onnx import open_onnx, write_onnx
from posters.network.exports.saved_model import open_saved_model, write_saved_model

__all__ = ["FORMATS", "Format", "Runtime"]

# By the names of `posters.tasks.export_target.TARGETS`.
FORMATS: dict[str, Format] = {
    "litert": Format(write_litert, open_litert),
    "litert-int8": Format(write_litert_int8, open_litert),
    "onnx": Format(write_onnx, open_onnx),
    "saved_model": Format(write_saved_model, open_saved_model),
}
