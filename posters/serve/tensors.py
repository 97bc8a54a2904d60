"""The Open Inference Protocol's JSON: from a request to posters, and from predictions to tensors."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from posters.classifier import Manifest, Prediction
from posters.errors import ConfigError, PostersError
from posters.serve.rules import Rule, find_rule

PIXELS, FILES = "poster", "image"
INPUTS = (
    {"name": PIXELS, "datatype": "UINT8", "shape": [-1, -1, -1, 3]},
    {"name": FILES, "datatype": "BYTES", "shape": [-1]},
)
# Datatypes by name; each has the shape [n, G].
OUTPUTS = {"probabilities": "FP32", "decisions": "UINT8"}


class TensorError(PostersError, ValueError):
    """A request of the Open Inference Protocol is not what this model takes."""


@dataclass(frozen=True)
class InferRequest:
    """What was asked.

    Attributes:
        posters: uint8 arrays (H, W, 3), or image files' bytes.
        rule: decides.
        outputs: names of those wanted, in the order of the answer.
        id: given back as it came.
    """

    posters: tuple[np.ndarray | bytes, ...]
    rule: Rule
    outputs: tuple[str, ...]
    id: str | None


def read_request(body: bytes, manifest: Manifest, most: int) -> InferRequest:
    """Read a request of at most `most` posters.

    Raises:
        TensorError: it is none that this model takes; the message says what to change.
    """
    request = _object(_json(body), "the request")
    return InferRequest(
        posters=_posters(_list_of_objects(request, "inputs"), most),
        rule=_rule(request, manifest),
        outputs=_outputs(_list_of_objects(request, "outputs")),
        id=_id(request.get("id")),
    )


def output_tensors(
    predictions: Sequence[Prediction], genre_names: Sequence[str], names: Sequence[str]
) -> list[dict[str, Any]]:
    """The named outputs of n posters: `probabilities`, FP32 [n, G], and `decisions`, UINT8 [n, G]."""
    probabilities = [[one.probabilities[genre] for genre in genre_names] for one in predictions]
    decisions = [[genre in one.genres for genre in genre_names] for one in predictions]
    tensors: dict[str, np.ndarray] = {
        "probabilities": np.array(probabilities, np.float32),
        "decisions": np.array(decisions, np.uint8),
    }
    return [
        {
            "name": name,
            "datatype": OUTPUTS[name],
            "shape": list(tensors[name].shape),
            "data": tensors[name].ravel().tolist(),
        }
        for name in names
    ]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TensorError(f"the request is no JSON ({error})") from error


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TensorError(f"{what} must be an object, but is of type {type(value).__name__}")
    return value


def _list_of_objects(request: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = request.get(name, [])
    if not isinstance(value, list):
        raise TensorError(f"{name} must be a list, but is of type {type(value).__name__}")
    return [_object(each, f"each of {name}") for each in value]


def _id(value: Any) -> str | None:
    if not (value is None or isinstance(value, str)):
        raise TensorError(f"id must be a string, but is of type {type(value).__name__}")
    return value


def _rule(request: dict[str, Any], manifest: Manifest) -> Rule:
    name = _object(request.get("parameters", {}), "parameters").get("rule")
    try:
        return find_rule(manifest, name)
    except ConfigError as error:
        raise TensorError(f"parameter rule: {error}") from error


def _outputs(asked: list[dict[str, Any]]) -> tuple[str, ...]:
    for output in asked:
        if output.get("name") not in tuple(OUTPUTS):  # Not in the dict itself: a name may be a list.
            raise TensorError(f"there is no output {output.get('name')!r}, but {' and '.join(OUTPUTS)}")
    return tuple(output["name"] for output in asked) or tuple(OUTPUTS)


def _posters(inputs: list[dict[str, Any]], most: int) -> tuple[np.ndarray | bytes, ...]:
    if len(inputs) != 1 or inputs[0].get("name") not in (PIXELS, FILES):
        names = [each.get("name") for each in inputs]
        raise TensorError(f"give one input, {PIXELS} (pixels) or {FILES} (image files), but got {names}")
    tensor = inputs[0]
    read, datatype = (_pixels, "UINT8") if tensor["name"] == PIXELS else (_image_files, "BYTES")
    if tensor.get("datatype") != datatype:
        raise TensorError(f"input {tensor['name']} must be of datatype {datatype}, but is {tensor.get('datatype')!r}")
    shape = _shape(tensor)
    if shape[0] > most:
        raise TensorError(f"a request may have {most} posters at most, but has {shape[0]:,}")
    return read(tensor.get("data"), shape)


def _shape(tensor: dict[str, Any]) -> list[int]:
    shape = tensor.get("shape")
    wanted = "[n, H, W, 3]" if tensor["name"] == PIXELS else "[n]"
    lengths = shape if isinstance(shape, list) and all(type(each) is int and each > 0 for each in shape) else []
    if len(lengths) != wanted.count(",") + 1 or lengths[3:] not in ([], [3]):
        raise TensorError(f"input {tensor['name']} must have a shape {wanted} of numbers from 1 up, but has {shape!r}")
    return lengths


def _pixels(data: Any, shape: list[int]) -> tuple[np.ndarray, ...]:
    try:
        values = np.asarray(data).ravel()
    except ValueError as error:  # Lists of different lengths.
        raise TensorError(f"input {PIXELS}: its data are not regular ({error})") from error
    if values.size != prod(shape):
        raise TensorError(f"input {PIXELS} has {values.size:,} numbers, but its shape {shape} needs {prod(shape):,}")
    if values.dtype.kind not in "iu" or values.min() < 0 or values.max() > 255:
        raise TensorError(f"input {PIXELS} must have whole numbers from 0 to 255")
    return tuple(values.astype(np.uint8).reshape(shape))


def _image_files(data: Any, shape: list[int]) -> tuple[bytes, ...]:
    if not isinstance(data, list) or len(data) != shape[0]:
        raise TensorError(f"input {FILES} must have as many elements as its shape {shape} says")
    return tuple(_bytes(each, place) for place, each in enumerate(data))


def _bytes(element: Any, place: int) -> bytes:
    try:
        return base64.b64decode(element, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise TensorError(f"input {FILES}, element {place}: this is no base64 ({error})") from error
