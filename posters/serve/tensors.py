"""The tensors of the Open Inference Protocol: requests read and checked, answers written, as JSON or as raw bytes.

Raw bytes are the protocol's binary tensor data extension: they stand behind the JSON, tensor after tensor, in
little-endian order; each element of BYTES has its size before it.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.text import did_you_mean, quoted
from posters._base.validation import from_plain
from posters.classifier import Manifest, Prediction
from posters.classifier.predictions import choose_rule
from posters.errors import ConfigError, PostersError

PIXELS, FILES = "poster", "image"
INPUTS: tuple[dict[str, Any], ...] = (
    {"name": PIXELS, "datatype": "UINT8", "shape": [-1, -1, -1, 3]},
    {"name": FILES, "datatype": "BYTES", "shape": [-1]},
)
# Datatypes by name; each output has the shape [n, G].
OUTPUTS = {"probabilities": "FP32", "decisions": "UINT8"}


class TensorError(PostersError, ValueError):
    """A request of the Open Inference Protocol does not fit the model.

    Examples:
        >>> print(TensorError("there is no output 'logits'"))
        there is no output 'logits'
    """


@dataclass(frozen=True)
class InferRequest:
    """A checked request.

    Attributes:
        posters: uint8 arrays (H, W, 3), or image files' bytes.
        parameters: rule, top and threshold: what decides, as in `Classifier.predict`.
        outputs: names of the requested outputs, in the order of the response.
        binary: those of them that are wanted as raw bytes behind the JSON.
        id: is returned as it came.

    Examples:
        >>> InferRequest((b"",), Parameters(top=3), ("decisions",), frozenset(), None).outputs
        ('decisions',)
    """

    __repr__ = brief_repr

    posters: tuple[np.ndarray | bytes, ...]
    parameters: "Parameters"
    outputs: tuple[str, ...]
    binary: frozenset[str]
    id: str | None


# The layout of a request. Other keys are allowed, because the protocol has optional ones that change nothing here.
@dataclass(frozen=True)
class _TensorParameters:
    binary_data_size: int | None = None
    binary_data: bool | None = None


@dataclass(frozen=True)
class _Tensor:
    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Any = None
    parameters: _TensorParameters = _TensorParameters()


@dataclass(frozen=True)
class _Output:
    name: str
    parameters: _TensorParameters = _TensorParameters()


@dataclass(frozen=True)
class Parameters:
    """What decides which genres are predicted; at most one.

    Attributes:
        rule: as in `Classifier.predict`.
        top: as in `Classifier.predict`.
        threshold: as in `Classifier.predict`.

    Examples:
        >>> Parameters(rule="f1").top is None
        True
    """

    rule: str | None = None
    top: int | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class _InferJson:
    inputs: tuple[_Tensor, ...]
    outputs: tuple[_Output, ...] = ()
    parameters: Parameters = Parameters()
    id: str | None = None


def read_request(body: bytes, manifest: Manifest, max_posters: int, json_size: int | None = None) -> InferRequest:
    """Read and check the body of a request.

    Args:
        body: JSON; or JSON and behind it the raw data of tensors, as in the protocol's binary tensor data extension.
        manifest: of the served classifier.
        max_posters: the most posters allowed in a request.
        json_size: bytes of the JSON where something is behind it.

    Raises:
        TensorError: the request does not fit the model; the message says what to change.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "data": ["aW1hZ2U="]}
        >>> read_request(json.dumps({"inputs": [tensor]}).encode(), load_classifier().manifest, 8).posters
        (b'image',)
    """
    json_size = len(body) if json_size is None else json_size
    try:
        plain = json.loads(body[:json_size])
    except (ValueError, RecursionError) as error:  # Deep brackets are a RecursionError.
        raise TensorError(f"the request is not JSON ({error})") from error
    request = from_plain(_InferJson, plain, "request", TensorError, ignore_unknown=True)
    for output in request.outputs:
        if output.name not in OUTPUTS:
            raise TensorError(f"there is no output {output.name!r}, but {' and '.join(OUTPUTS)}")
    decision = request.parameters
    # Other parameters are allowed, but a misspelt one would be ignored, and the answer believed.
    given = plain.get("parameters") or {}
    known = [entry.name for entry in fields(Parameters)]
    for name in given:
        if name not in known and (meant := did_you_mean(name, known, "")):
            raise TensorError(f"there is no parameter {quoted(name)}{meant}")
    try:
        choose_rule(manifest, decision.rule, decision.top, decision.threshold)
    except ConfigError as error:
        raise TensorError(f"parameters: {error}") from error
    outputs = tuple(output.name for output in request.outputs) or tuple(OUTPUTS)
    # What an output does not ask for itself, the request asks for all.
    wanted = {output.name: output.parameters.binary_data for output in request.outputs}
    by_default = given.get("binary_data_output") is True
    binary = frozenset(name for name in outputs if (by_default if wanted.get(name) is None else wanted[name]))
    posters = _read_posters(request.inputs, max_posters, body[json_size:])
    return InferRequest(posters, decision, outputs, binary, request.id)


def _read_posters(inputs: tuple[_Tensor, ...], max_posters: int, raw: bytes) -> tuple[np.ndarray | bytes, ...]:
    names = [tensor.name for tensor in inputs]
    if names not in ([PIXELS], [FILES]):
        raise TensorError(f"give one input, {PIXELS} (pixels) or {FILES} (image files), but got {names}")
    tensor, is_pixels = inputs[0], names == [PIXELS]
    datatype, layout = ("UINT8", "[n, H, W, 3]") if is_pixels else ("BYTES", "[n]")
    if tensor.datatype != datatype:
        raise TensorError(f"input {tensor.name} must be of datatype {datatype}, but is {tensor.datatype!r}")
    shape = list(tensor.shape)
    if len(shape) != (4 if is_pixels else 1) or min(shape) < 1 or shape[3:] not in ([], [3]):
        raise TensorError(f"input {tensor.name} must have a shape {layout} of numbers from 1 up, but has {shape}")
    if shape[0] > max_posters:
        raise TensorError(f"a request may have at most {max_posters} posters, but has {shape[0]:,}")
    size = tensor.parameters.binary_data_size
    if size is None and not raw:
        return _read_pixels(tensor.data, shape) if is_pixels else _read_image_files(tensor.data, shape)
    if size != len(raw) or tensor.data is not None:
        raise TensorError(
            f"input {tensor.name} must have its data in the JSON, or behind it with their size as binary_data_size: "
            f"{len(raw):,} bytes are there, and the size is {size}"
        )
    return _raw_pixels(raw, shape) if is_pixels else _raw_image_files(raw, shape[0])


def _raw_pixels(raw: bytes, shape: list[int]) -> tuple[np.ndarray, ...]:
    if len(raw) != prod(shape):
        raise TensorError(f"input {PIXELS} has {len(raw):,} bytes, but its shape {shape} needs {prod(shape):,}")
    return tuple(np.frombuffer(raw, np.uint8).reshape(shape))


def _raw_image_files(raw: bytes, count: int) -> tuple[bytes, ...]:
    """Split elements of BYTES: before each stands its size, in four bytes, the lowest first."""
    files: list[bytes] = []
    start = 0
    while start < len(raw) and len(files) <= count:
        end = start + 4 + int.from_bytes(raw[start : start + 4], "little")
        files.append(raw[start + 4 : end])
        start = end
    if start != len(raw) or len(files) != count:
        raise TensorError(f"input {FILES} must have {count:,} elements, each behind its size in four bytes")
    return tuple(files)


def _read_pixels(data: Any, shape: list[int]) -> tuple[np.ndarray, ...]:
    try:
        values = np.asarray(data).ravel()
    except ValueError as error:  # Lists of different lengths.
        raise TensorError(f"input {PIXELS}: its data are not regular ({error})") from error
    if values.size != prod(shape):
        raise TensorError(f"input {PIXELS} has {values.size:,} numbers, but its shape {shape} needs {prod(shape):,}")
    # One fraction makes all of them floats: the array is refused, and nothing is rounded unasked.
    if values.dtype.kind not in "iu" or values.min() < 0 or values.max() > 255:
        raise TensorError(f"input {PIXELS} must have whole numbers from 0 to 255")
    return tuple(values.astype(np.uint8).reshape(shape))


def _read_image_files(data: Any, shape: list[int]) -> tuple[bytes, ...]:
    if not isinstance(data, list) or len(data) != shape[0]:
        raise TensorError(f"input {FILES} must have {shape[0]:,} elements, as its shape does")
    files = []
    for place, element in enumerate(data):
        try:
            files.append(base64.b64decode(element, validate=True))
        except (TypeError, ValueError, binascii.Error) as error:
            raise TensorError(f"input {FILES}, element {place}: this is not base64 ({error})") from error
    return tuple(files)


def output_tensors(
    predictions: Sequence[Prediction],
    genre_names: Sequence[str],
    names: Sequence[str],
    binary: frozenset[str] = frozenset(),
) -> tuple[list[dict[str, Any]], bytes]:
    """Return the named outputs of n posters: `probabilities`, FP32 [n, G], and `decisions`, UINT8 [n, G].

    Args:
        predictions: of the n posters.
        genre_names: of the G columns.
        names: of the requested outputs.
        binary: those of them that are wanted as raw bytes.

    Returns:
        The tensors as JSON has them, and the raw bytes that stand behind it.

    Raises:
        TensorError: a poster can't be read.

    Examples:
        >>> tensors, raw = output_tensors([Prediction(("Drama",), {"Drama": 0.75})], ["Drama"], ["decisions"])
        >>> tensors[0]["shape"], tensors[0]["data"], raw
        ([1, 1], [1], b'')
    """
    for place, prediction in enumerate(predictions):
        # A tensor has no place for an error, so one bad poster is an error of the whole request.
        if prediction.error:
            raise TensorError(f"input {FILES}, element {place}: {prediction.error}") from prediction.error
    probabilities = np.array([[one.probabilities[genre] for genre in genre_names] for one in predictions], np.float32)
    decisions = np.array([[genre in one.genres for genre in genre_names] for one in predictions], np.uint8)
    tensors: dict[str, np.ndarray] = {"probabilities": probabilities, "decisions": decisions}
    described: list[dict[str, Any]] = []
    raw = b""
    for name in names:
        tensor: dict[str, Any] = {"name": name, "datatype": OUTPUTS[name], "shape": list(probabilities.shape)}
        if name in binary:
            # Little-endian, as the extension wants it.
            content = tensors[name].astype(tensors[name].dtype.newbyteorder("<")).tobytes()
            described.append(tensor | {"parameters": {"binary_data_size": len(content)}})
            raw += content
        else:
            # Flat and in row-major order, which the protocol allows for every shape.
            described.append(tensor | {"data": tensors[name].ravel().tolist()})
    return described, raw
