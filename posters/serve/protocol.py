"""The Open Inference Protocol's V2 routes, as KServe, Triton and others speak it."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from posters import __version__
from posters.classifier import Classifier, Prediction
from posters.errors import ImageError
from posters.serve.about import served
from posters.serve.answers import ErrorAnswer
from posters.serve.figures import Figures
from posters.serve.pool import Pool
from posters.serve.predicting import predicted
from posters.serve.rules import rules_of
from posters.serve.tensors import INPUTS, OUTPUTS, InferRequest, TensorError, output_tensors, read_request

_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer, "description": "There is no such model"}}
_FULL: dict[int | str, dict[str, Any]] = {503: {"description": "The queue is full"}}
_REFUSALS: dict[int | str, dict[str, Any]] = _UNKNOWN | {
    status: {"model": ErrorAnswer, "description": description}
    for status, description in (
        (400, "The tensors are not what the model takes, or a poster can't be read"),
        (413, "The request is too large, or a poster has too many pixels"),
        (503, "The queue is full: try again soon"),
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


def protocol_routes(pool: Pool, figures: Figures) -> APIRouter:
    """The routes under /v2."""
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])
    _add_health(router, pool)
    _add_model(router, pool)
    _add_infer(router, pool, figures)
    return router


def _add_health(router: APIRouter, pool: Pool) -> None:
    @router.get("", summary="The server")
    async def server() -> dict[str, Any]:
        return {"name": "posters", "version": __version__, "extensions": []}

    @router.get("/health/live", summary="The server lives")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/health/ready", summary="The server has room for a poster", responses=_FULL)
    async def ready() -> JSONResponse:
        return _readiness(pool)


def _add_model(router: APIRouter, pool: Pool) -> None:
    @router.get("/models/{name}", summary="The model", responses=_UNKNOWN)
    async def model(name: str) -> dict[str, Any]:
        _check(name, pool)
        return _metadata(pool.classifier)

    @router.get("/models/{name}/ready", summary="The model has room for a poster", responses=_UNKNOWN | _FULL)
    async def model_ready(name: str) -> JSONResponse:
        _check(name, pool)
        return _readiness(pool)


def _add_infer(router: APIRouter, pool: Pool, figures: Figures) -> None:
    own, genre_names = served(pool.classifier), pool.classifier.genre_names

    @router.post("/models/{name}/infer", summary="Predict", responses=_REFUSALS, openapi_extra={"requestBody": _BODY})
    async def infer(name: str, request: Request) -> dict[str, Any]:
        """One input of two: `poster`, UINT8 [n, H, W, 3] of any size, or `image`, BYTES [n], image files as base64.
        Outputs: `probabilities`, FP32 [n, G], and `decisions`, UINT8 [n, G], by the parameter `rule`."""
        _check(name, pool)
        asked = await pool.run(partial(_read, body=await request.body(), most=pool.capacity))
        predictions = await pool.run_all([partial(_said, asked=asked, place=n) for n in range(len(asked.posters))])
        figures.predicted += len(predictions)
        return {
            "model_name": own.name,
            "model_version": own.version,
            **({} if asked.id is None else {"id": asked.id}),
            "outputs": output_tensors(predictions, genre_names, asked.outputs),
        }


def _check(name: str, pool: Pool) -> None:
    own = served(pool.classifier).name
    if name != own:
        raise HTTPException(404, f"there is no model {name!r} here, but {own!r}")


def _readiness(pool: Pool) -> JSONResponse:
    ready = pool.has_room
    return JSONResponse({"ready": ready}, 200 if ready else 503)


def _metadata(classifier: Classifier) -> dict[str, Any]:
    genres = len(classifier.genre_names)
    return {
        "name": served(classifier).name,
        "platform": "litert",
        "inputs": INPUTS,
        "outputs": [{"name": name, "datatype": datatype, "shape": [-1, genres]} for name, datatype in OUTPUTS.items()],
        "parameters": {
            "genres": list(classifier.genre_names),
            "rules": [rule.name for rule in rules_of(classifier.manifest)],
        },
    }


def _read(classifier: Classifier, body: bytes, most: int) -> InferRequest:
    """In the pool, because pixels as JSON text take long to read."""
    return read_request(body, classifier.manifest, most)


def _said(classifier: Classifier, asked: InferRequest, place: int) -> Prediction:
    poster = asked.posters[place]
    if not isinstance(poster, bytes):
        return classifier.predict(poster, asked.rule.asked)
    try:
        return predicted(classifier, poster, asked.rule.asked)
    except ImageError as error:
        raise TensorError(f"input image, element {place}: {error}") from error
