"""The Open Inference Protocol, version 2, as KServe, Triton and others speak it."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import prod
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from posters import __version__
from posters._base.brief import brief_repr
from posters._base.text import did_you_mean, quoted
from posters._base.validation import from_plain
from posters.classifier import Classifier, Manifest, Prediction
from posters.classifier.predictions import choose_rule
from posters.errors import ConfigError, PostersError
from posters.serve.description import identify, rules_of
from posters.serve.metrics import Metrics
from posters.serve.queue import JobQueue
from posters.serve.schemas import ErrorResponse
from posters.serve.uploads import check_request_pixels, predict_job

PIXELS, FILES = "poster", "image"
INPUTS: tuple[dict[str, Any], ...] = (
    {"name": PIXELS, "datatype": "UINT8", "shape": [-1, -1, -1, 3]},
    {"name": FILES, "datatype": "BYTES", "shape": [-1]},
)
# Datatypes by name; each output has the shape [n, G].
EXTENSIONS = ["binary_tensor_data", "model_configuration"]
JSON_SIZE = "Inference-Header-Content-Length"
OUTPUTS = {"probabilities": "FP32", "decisions": "UINT8"}

_TRITON_TYPES = {"UINT8": "TYPE_UINT8", "BYTES": "TYPE_STRING", "FP32": "TYPE_FP32"}

_NO_MODEL: dict[int | str, dict[str, Any]] = {404: {"model": ErrorResponse, "description": "There is no such model"}}
_FULL: dict[int | str, dict[str, Any]] = {503: {"description": "The queue is full"}}
_ERRORS: dict[int | str, dict[str, Any]] = _NO_MODEL | {
    status: {"model": ErrorResponse, "description": description}
    for status, description in (
        (400, "The tensors don't fit the model, or a poster can't be read"),
        (413, "The request is too large, or a poster has too many pixels"),
        (503, "The queue is full: retry soon"),
    )
}
_EXAMPLE = {
    "id": "1",
    "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["an image file's bytes as base64"]}],
    "parameters": {"rule": "f1"},
}
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "object", "required": ["inputs"]}, "example": _EXAMPLE}},
}


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


def open_inference_routes(queue: JobQueue, metrics: Metrics) -> APIRouter:
    """Return the routes under /v2.

    Args:
        queue: runs the predictions.
        metrics: counts the predicted posters.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     [route.path for route in open_inference_routes(queue, Metrics(queue)).routes][-1]
        '/v2/models/{name}/infer'
    """
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])

    @router.get("", summary="Return the name and version of the server")
    async def get_server() -> dict[str, Any]:
        return {"name": "posters", "version": __version__, "extensions": EXTENSIONS}

    _add_health_routes(router, queue)
    _add_model_routes(router, queue, metrics)
    return router


def _add_health_routes(router: APIRouter, queue: JobQueue) -> None:
    @router.get("/health/live", summary="Report whether the server is alive")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/health/ready", summary="Report whether the server has room", responses=_FULL)
    async def ready() -> JSONResponse:
        return _readiness(queue)

    @router.get("/models/{name}/ready", summary="Report whether the model has room", responses=_NO_MODEL | _FULL)
    @router.get("/models/{name}/versions/{version}/ready", summary="The same, by version", responses=_NO_MODEL | _FULL)
    async def model_ready(name: str, version: str = "1") -> JSONResponse:
        _check_name(name, queue, version)
        return _readiness(queue)


def _add_model_routes(router: APIRouter, queue: JobQueue, metrics: Metrics) -> None:
    @router.get("/models/{name}", summary="Describe the model", responses=_NO_MODEL)
    @router.get("/models/{name}/versions/{version}", summary="Describe it by version", responses=_NO_MODEL)
    async def model(name: str, version: str = "1") -> dict[str, Any]:
        classifier = _check_name(name, queue, version)
        rules = [rule.name for rule in rules_of(classifier.manifest)]
        parameters = {"genres": list(classifier.genre_names), "rules": rules}
        return {
            "name": classifier.name,
            "versions": ["1", identify(classifier).version],
            "platform": "litert",
            "inputs": INPUTS,
            "outputs": _outputs_of(classifier),
            "parameters": parameters,
        }

    @router.get(
        "/models/{name}/config", summary="Give the model's configuration, as Triton has it", responses=_NO_MODEL
    )
    @router.get("/models/{name}/versions/{version}/config", summary="The same, by version", responses=_NO_MODEL)
    async def config(name: str, version: str = "1") -> dict[str, Any]:
        classifier = _check_name(name, queue, version)
        inputs, outputs = (
            [{"name": t["name"], "data_type": _TRITON_TYPES[t["datatype"]], "dims": t["shape"]} for t in tensors]
            for tensors in (INPUTS, _outputs_of(classifier))
        )
        # 0: the first dimension of each tensor is the batch, and stands in its shape.
        return {"name": name, "platform": "litert", "max_batch_size": 0, "input": inputs, "output": outputs}

    # The body is read here and not by FastAPI, whose errors are not those of the protocol.
    @router.post("/models/{name}/infer", summary="Predict", responses=_ERRORS, openapi_extra={"requestBody": _BODY})
    @router.post(
        "/models/{name}/versions/{version}/infer",
        summary="Predict, by version",
        responses=_ERRORS,
        openapi_extra={"requestBody": _BODY},
    )
    async def infer(name: str, request: Request, version: str = "1") -> Response:
        """Predict one input of two: `poster`, UINT8 [n, H, W, 3] of any size, or `image`, BYTES [n], files as base64.

        Outputs: `probabilities`, FP32 [n, G], and `decisions`, UINT8 [n, G], by the parameter `rule`, `top` or
        `threshold`. By the binary tensor data extension, inputs and outputs may stand as raw bytes behind the JSON;
        image files are then no base64.
        """
        body = await request.body()
        classifier, json_size = _check_name(name, queue, version), _json_size(request, len(body))
        # In a thread of the queue, because pixels as JSON text take long to parse, and the event loop must stay free.
        checked = await queue.run(
            lambda classifier: read_request(body, classifier.manifest, queue.capacity, json_size), classifier
        )
        await run_in_threadpool(check_request_pixels, [each for each in checked.posters if isinstance(each, bytes)])
        decision = asdict(checked.parameters)
        predictions = await queue.run_all([predict_job(poster, **decision) for poster in checked.posters], classifier)
        outputs, raw = output_tensors(predictions, classifier.genre_names, checked.outputs, checked.binary)
        metrics.count_predictions(classifier, predictions)
        own = {"model_name": classifier.name, "model_version": identify(classifier).version}
        answer = JSONResponse({**own, **({} if checked.id is None else {"id": checked.id}), "outputs": outputs})
        if not checked.binary:
            return answer
        size = {JSON_SIZE: str(len(answer.body))}
        return Response(bytes(answer.body) + raw, headers=size, media_type="application/octet-stream")


def _outputs_of(classifier: Classifier) -> list[dict[str, Any]]:
    shape = [-1, len(classifier.genre_names)]
    return [{"name": name, "datatype": datatype, "shape": shape} for name, datatype in OUTPUTS.items()]


def _json_size(request: Request, size: int) -> int | None:
    """Return how many bytes of the body are JSON, if the request has a header that tells."""
    text = request.headers.get(JSON_SIZE)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= size and len(text) <= 9):
        raise TensorError(f"{JSON_SIZE} must be the size of the JSON, at most {size:,} bytes, but is {quoted(text)}")
    return int(text)


def _check_name(name: str, queue: JobQueue, version: str = "1") -> Classifier:
    """Return the classifier that serves now, if it has that name and version."""
    classifier = queue.classifier
    if name != classifier.name:
        raise HTTPException(404, f"there is no model {name!r} here, but {classifier.name!r}")
    own = identify(classifier).version
    # "1" is what clients ask for that number versions; there is one at a time.
    if version not in ("1", own):
        raise HTTPException(404, f"there is no version {version!r} of it here, but '1', which is {own!r}")
    return classifier


def _readiness(queue: JobQueue) -> JSONResponse:
    ready = queue.has_room
    return JSONResponse({"ready": ready}, 200 if ready else 503)
