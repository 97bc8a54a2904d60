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
from fastapi.responses import JSONResponse
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
from posters.serve.uploads import predict_job

PIXELS, FILES = "poster", "image"
INPUTS = (
    {"name": PIXELS, "datatype": "UINT8", "shape": [-1, -1, -1, 3]},
    {"name": FILES, "datatype": "BYTES", "shape": [-1]},
)
# Datatypes by name; each output has the shape [n, G].
OUTPUTS = {"probabilities": "FP32", "decisions": "UINT8"}

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
        id: is returned as it came.

    Examples:
        >>> InferRequest((b"",), Parameters(top=3), ("decisions",), None).outputs
        ('decisions',)
    """

    __repr__ = brief_repr

    posters: tuple[np.ndarray | bytes, ...]
    parameters: "Parameters"
    outputs: tuple[str, ...]
    id: str | None


# The layout of a request. Other keys are allowed, because the protocol has optional ones that change nothing here.
@dataclass(frozen=True)
class _Tensor:
    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Any


@dataclass(frozen=True)
class _Output:
    name: str


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


def read_request(body: bytes, manifest: Manifest, max_posters: int) -> InferRequest:
    """Read and check the body of a request.

    Args:
        body: JSON.
        manifest: of the served classifier.
        max_posters: the most posters allowed in a request.

    Raises:
        TensorError: the request does not fit the model; the message says what to change.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "data": ["aW1hZ2U="]}
        >>> read_request(json.dumps({"inputs": [tensor]}).encode(), load_classifier().manifest, 8).posters
        (b'image',)
    """
    try:
        plain = json.loads(body)
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
    return InferRequest(_read_posters(request.inputs, max_posters), decision, outputs, request.id)


def _read_posters(inputs: tuple[_Tensor, ...], max_posters: int) -> tuple[np.ndarray | bytes, ...]:
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
    return _read_pixels(tensor.data, shape) if is_pixels else _read_image_files(tensor.data, shape)


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
    predictions: Sequence[Prediction], genre_names: Sequence[str], names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the named outputs of n posters: `probabilities`, FP32 [n, G], and `decisions`, UINT8 [n, G].

    Args:
        predictions: of the n posters.
        genre_names: of the G columns.
        names: of the requested outputs.

    Raises:
        TensorError: a poster can't be read.

    Examples:
        >>> tensors = output_tensors([Prediction(("Drama",), {"Drama": 0.75})], ["Drama"], ["decisions"])
        >>> tensors[0]["shape"], tensors[0]["data"]
        ([1, 1], [1])
    """
    for place, prediction in enumerate(predictions):
        # A tensor has no place for an error, so one bad poster is an error of the whole request.
        if prediction.error:
            raise TensorError(f"input {FILES}, element {place}: {prediction.error}") from prediction.error
    probabilities = np.array([[one.probabilities[genre] for genre in genre_names] for one in predictions], np.float32)
    decisions = np.array([[genre in one.genres for genre in genre_names] for one in predictions], np.uint8)
    tensors: dict[str, np.ndarray] = {"probabilities": probabilities, "decisions": decisions}
    # Flat and in row-major order, which the protocol allows for every shape.
    data = {name: tensors[name].ravel().tolist() for name in names}
    shape = list(probabilities.shape)
    return [{"name": name, "datatype": OUTPUTS[name], "shape": shape, "data": data[name]} for name in names]


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
        return {"name": "posters", "version": __version__, "extensions": []}

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
    async def model_ready(name: str) -> JSONResponse:
        _check_name(name, queue)
        return _readiness(queue)


def _add_model_routes(router: APIRouter, queue: JobQueue, metrics: Metrics) -> None:
    @router.get("/models/{name}", summary="Describe the model", responses=_NO_MODEL)
    async def model(name: str) -> dict[str, Any]:
        classifier = _check_name(name, queue)
        outputs = [
            {"name": output, "datatype": datatype, "shape": [-1, len(classifier.genre_names)]}
            for output, datatype in OUTPUTS.items()
        ]
        rules = [rule.name for rule in rules_of(classifier.manifest)]
        parameters = {"genres": list(classifier.genre_names), "rules": rules}
        return {
            "name": classifier.name,
            "platform": "litert",
            "inputs": INPUTS,
            "outputs": outputs,
            "parameters": parameters,
        }

    # The body is read here and not by FastAPI, whose errors are not those of the protocol.
    @router.post("/models/{name}/infer", summary="Predict", responses=_ERRORS, openapi_extra={"requestBody": _BODY})
    async def infer(name: str, request: Request) -> dict[str, Any]:
        """Predict one input of two: `poster`, UINT8 [n, H, W, 3] of any size, or `image`, BYTES [n], files as base64.

        Outputs: `probabilities`, FP32 [n, G], and `decisions`, UINT8 [n, G], by the parameter `rule`, `top` or
        `threshold`.
        """
        body = await request.body()
        classifier = _check_name(name, queue)
        # In a thread of the queue, because pixels as JSON text take long to parse, and the event loop must stay free.
        checked = await queue.run(
            lambda classifier: read_request(body, classifier.manifest, queue.capacity), classifier
        )
        decision = asdict(checked.parameters)
        predictions = await queue.run_all([predict_job(poster, **decision) for poster in checked.posters], classifier)
        outputs = output_tensors(predictions, classifier.genre_names, checked.outputs)
        metrics.count_predictions(classifier, predictions)
        return {
            "model_name": classifier.name,
            "model_version": identify(classifier).version,
            **({} if checked.id is None else {"id": checked.id}),
            "outputs": outputs,
        }


def _check_name(name: str, queue: JobQueue) -> Classifier:
    """Return the classifier that serves now, if it has that name."""
    classifier = queue.classifier
    if name != classifier.name:
        raise HTTPException(404, f"there is no model {name!r} here, but {classifier.name!r}")
    return classifier


def _readiness(queue: JobQueue) -> JSONResponse:
    ready = queue.has_room
    return JSONResponse({"ready": ready}, 200 if ready else 503)
