"""The JSON API: predict posters, and ask what predicts them."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from posters.classifier import Classifier, Prediction
from posters.classifier.manifest import CARD
from posters.errors import ImageError
from posters.serve.about import described
from posters.serve.answers import (
    ClassifierAnswer,
    ErrorAnswer,
    GenreAnswer,
    LimitsAnswer,
    PosterAnswer,
    PredictAnswer,
)
from posters.serve.figures import Figures
from posters.serve.pool import Pool
from posters.serve.predicting import predicted
from posters.serve.rules import Rule, find_rule

_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "No poster of the request can be read"},
    413: {"model": ErrorAnswer, "description": "The request is too large, or a poster has too many pixels"},
    422: {"model": ErrorAnswer, "description": "A parameter has a value that it can't have"},
    503: {"model": ErrorAnswer, "description": "The queue is full: try again soon"},
}
_FILE = {"type": "string", "format": "binary"}
_FILES = {"type": "object", "properties": {"poster": {"type": "array", "items": _FILE}}}
_BODY = {
    "required": True,
    "content": {
        "image/*": {"schema": _FILE},
        "multipart/form-data": {"schema": _FILES},
    },
}
_NO_CARD: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer, "description": "It has none"}}
_TOP = "list the N surest genres alone; `said` stays whole"


def api_routes(pool: Pool, figures: Figures, max_bytes: int) -> APIRouter:
    """The routes under /api."""
    router = APIRouter(prefix="/api", tags=["posters"])
    answers = described(pool.classifier, LimitsAnswer(max_bytes=max_bytes, max_posters=pool.capacity))

    @router.post("/predict", summary="Predict posters", responses=_REFUSALS, openapi_extra={"requestBody": _BODY})
    async def predict(
        request: Request,
        rule: Annotated[str | None, Query(description="which of the classifier's rules decides")] = None,
        top: Annotated[int | None, Query(ge=1, description=_TOP)] = None,
    ) -> PredictAnswer:
        """The body is one image file, whatever its type is called, or a form with several files. Of several posters,
        those that can't be read have an `error` in the place of genres."""
        chosen = find_rule(pool.classifier.manifest, rule)
        files = await _files(request, pool.capacity)
        results = await pool.run_all([partial(_result, data=data, rule=chosen) for _, data in files])
        _refuse_if_none(results)
        figures.predicted += sum(isinstance(result, Prediction) for result in results)
        posters = [_poster(name, result, chosen, top) for (name, _), result in zip(files, results, strict=True)]
        return PredictAnswer(classifier=answers.classifier, rule=chosen.name, posters=posters)

    @router.get("/classifier", summary="The classifier: genres, rules, figures, provenance")
    async def classifier() -> ClassifierAnswer:
        return answers

    @router.get(
        "/classifier/card", summary="Its model card (Markdown)", response_class=PlainTextResponse, responses=_NO_CARD
    )
    def card() -> str:
        if CARD not in pool.classifier.manifest.files:
            raise HTTPException(404, f"the classifier {answers.classifier.name!r} has no model card")
        return (pool.classifier.directory / CARD).read_text(encoding="utf-8")

    return router


async def _files(request: Request, most: int) -> list[tuple[str | None, bytes]]:
    """Name and bytes of each poster of a request."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return [(None, await request.body())]
    async with request.form(max_files=most, max_fields=most) as form:
        uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        files = [(upload.filename or None, await upload.read()) for upload in uploads]
    if not files:
        raise HTTPException(400, "the form has no file: send each poster as a file, as `curl -F poster=@FILE` does")
    return files


def _result(classifier: Classifier, data: bytes, rule: Rule) -> Prediction | ImageError:
    try:
        return predicted(classifier, data, rule.asked)
    except ImageError as error:
        return error


def _refuse_if_none(results: list[Prediction | ImageError]) -> None:
    """Raise the first error if nothing could be read."""
    errors = [result for result in results if isinstance(result, ImageError)]
    if len(errors) == len(results):
        raise errors[0]


def _poster(name: str | None, result: Prediction | ImageError, rule: Rule, top: int | None) -> PosterAnswer:
    if isinstance(result, ImageError):
        return PosterAnswer(file=name, error=str(result))
    genres = [
        GenreAnswer(genre=genre, probability=probability, threshold=threshold, said=genre in result.genres)
        for (genre, probability), threshold in zip(result.probabilities.items(), rule.thresholds, strict=True)
    ]
    genres.sort(key=lambda genre: -genre.probability)
    return PosterAnswer(file=name, said=list(result.genres), genres=genres[:top])
