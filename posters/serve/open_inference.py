"""The routes of the Open Inference Protocol, version 2, as KServe, Triton and others speak it."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from posters import __version__
from posters._base.text import quoted
from posters.classifier import Classifier
from posters.classifier.description import rules_of
from posters.serve.description import identify
from posters.serve.metrics import Metrics
from posters.serve.queue import JobQueue
from posters.serve.schemas import ErrorResponse
from posters.serve.tensors import INPUTS, OUTPUTS, TensorError, output_tensors, read_request
from posters.serve.uploads import check_request_pixels, predict_job

EXTENSIONS = ["binary_tensor_data", "model_configuration"]
JSON_SIZE = "Inference-Header-Content-Length"

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
# Other keys are allowed, because the protocol has optional ones.
_TENSOR = {
    "type": "object",
    "required": ["name", "datatype", "shape"],
    "properties": {
        "name": {"enum": [tensor["name"] for tensor in INPUTS]},
        "datatype": {"enum": [tensor["datatype"] for tensor in INPUTS]},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4},
        "data": {"description": "the tensor's elements, flat or nested; files as base64"},
        "parameters": {"type": "object"},
    },
}
_OUTPUT = {"type": "object", "required": ["name"], "properties": {"name": {"enum": list(OUTPUTS)}}}
_REQUEST = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": ["string", "null"]},
        "inputs": {"type": "array", "items": _TENSOR, "minItems": 1, "maxItems": 1},
        "outputs": {"type": "array", "items": _OUTPUT},
        "parameters": {"type": "object"},
    },
}
_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": _REQUEST, "example": _EXAMPLE},
        # JSON and raw tensors behind it.
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


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
