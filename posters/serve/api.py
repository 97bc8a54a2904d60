"""The JSON API: predict posters, explain a genre of one, and ask what predicts them."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from posters.classifier import Classifier, Explanation, Prediction
from posters.classifier.manifest import CARD
from posters.errors import ImageError
from posters.heat import strength
from posters.serve.about import described
from posters.serve.answers import (
    ClassifierAnswer,
    ErrorAnswer,
    ExplainAnswer,
    GenreAnswer,
    LimitsAnswer,
    PosterAnswer,
    PredictAnswer,
    ServedAnswer,
)
from posters.serve.figures import Figures
from posters.serve.pool import Pool
from posters.serve.predicting import explained, predicted
from posters.serve.rules import Rule, find_rule
from posters.serve.uploads import BODY, REFUSALS, file_of, files_of

_NO_CARD: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer, "description": "It has none"}}
_NO_MAPS: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer, "description": "It doesn't explain"}}
_TOP = "list the N surest genres alone; `said` stays whole"
_GENRE = "one of the classifier's; unless it is named, the surest that is said, or else the surest"
_DIGITS = 4  # of a share of the strongest place


def api_routes(pool: Pool, figures: Figures, max_bytes: int) -> APIRouter:
    """The routes under /api."""
    router = APIRouter(prefix="/api", tags=["posters"])
    answers = described(pool.classifier, LimitsAnswer(max_bytes=max_bytes, max_posters=pool.capacity))

    @router.post("/predict", summary="Predict posters", responses=REFUSALS, openapi_extra={"requestBody": BODY})
    async def predict(
        request: Request,
        rule: Annotated[str | None, Query(description="which of the classifier's rules decides")] = None,
        top: Annotated[int | None, Query(ge=1, description=_TOP)] = None,
    ) -> PredictAnswer:
        """The body is one image file, whatever its type is called, or a form with several files. Of several posters,
        those that can't be read have an `error` in the place of genres."""
        chosen = find_rule(pool.classifier.manifest, rule)
        files = await files_of(request, pool.capacity)
        results = await pool.run_all([partial(_result, data=data, rule=chosen) for _, data in files])
        _refuse_if_none(results)
        figures.predicted += sum(isinstance(result, Prediction) for result in results)
        posters = [_poster(name, result, chosen, top) for (name, _), result in zip(files, results, strict=True)]
        return PredictAnswer(classifier=answers.classifier, rule=chosen.name, posters=posters)

    @router.post(
        "/explain",
        summary="Explain a genre of a poster",
        responses=REFUSALS | _NO_MAPS,
        openapi_extra={"requestBody": BODY},
    )
    async def explain(
        request: Request, genre: Annotated[str | None, Query(description=_GENRE)] = None
    ) -> ExplainAnswer:
        """Where on the poster the genre comes from, whether or not it is said. The body is one image file, or a form
        with one."""
        if not pool.classifier.explains:
            raise HTTPException(404, f"the classifier {answers.classifier.name!r} gives no maps: train it again")
        name, data = await file_of(request, pool.capacity)
        found = await pool.run(partial(explained, data=data, genre=genre))
        return _explanation(answers.classifier, name, found)

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


def _explanation(classifier: ServedAnswer, name: str | None, found: Explanation) -> ExplainAnswer:
    return ExplainAnswer(
        classifier=classifier,
        file=name,
        genre=found.genre,
        probability=found.probability,
        size=list(found.size),
        box=None if found.box is None else list(found.box),
        frame=list(found.frame),
        map=[[round(share, _DIGITS) for share in row] for row in strength(found.map).tolist()],
    )
