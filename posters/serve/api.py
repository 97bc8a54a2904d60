"""The JSON API: predict posters, explain a genre of a poster, and describe the classifier."""

from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from posters.classifier import Classifier, Explanation, Prediction
from posters.classifier.description import find_rule, rules_of
from posters.classifier.heatmap import strength
from posters.classifier.manifest import CARD
from posters.classifier.predictions import Decide, choose_rule, predicted_genres
from posters.serve.description import describe, identify
from posters.serve.metrics import Metrics
from posters.serve.queue import JobQueue
from posters.serve.schemas import (
    ClassifierResponse,
    ErrorResponse,
    ExplainResponse,
    GenrePrediction,
    Limits,
    PosterPrediction,
    PredictResponse,
    ServedClassifier,
)
from posters.serve.uploads import (
    BODY,
    ERRORS,
    check_parameters,
    check_pixels,
    check_request_pixels,
    predict_job,
    read_files,
)

_NO_CARD: dict[int | str, dict[str, Any]] = {404: {"model": ErrorResponse, "description": "The classifier has no card"}}
_NO_MAPS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorResponse, "description": "The classifier can't explain"}
}
_RULE = "the rule that decides which genres are predicted (default: the first)"
_TOP = "predict the N likeliest genres instead, whatever their probabilities"
_THRESHOLD = "predict the genres of this probability or more instead, from 0 to 1"
_ALL = "add the probabilities of all genres, and what each rule predicts"
_GENRE = "a genre of the classifier (default: the likeliest predicted genre, or the likeliest of all)"
# Of a share of the strongest place: finer than the 256 steps of a colour, at a third of the bytes of all digits.
_DIGITS = 4


def api_routes(queue: JobQueue, metrics: Metrics, max_bytes: int) -> APIRouter:
    """Return the routes under /api.

    Args:
        queue: runs the predictions.
        metrics: counts the predicted posters.
        max_bytes: the limit of a request's body, which /api/classifier reports.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     [route.path for route in api_routes(queue, Metrics(queue), 1_000_000).routes][:2]
        ['/api/predict', '/api/explain']
    """
    router = APIRouter(prefix="/api", tags=["posters"], dependencies=[Depends(check_parameters)])
    limits = Limits(max_bytes=max_bytes, max_posters=queue.capacity)

    @router.post("/predict", summary="Predict posters", responses=ERRORS, openapi_extra={"requestBody": BODY})
    async def predict(
        request: Request,
        rule: Annotated[str | None, Query(description=_RULE)] = None,
        top: Annotated[int | None, Query(description=_TOP)] = None,
        threshold: Annotated[float | None, Query(description=_THRESHOLD)] = None,
        every: Annotated[bool, Query(alias="all", description=_ALL)] = False,
    ) -> PredictResponse:
        """Predict the posters of a request body: one image file of any content type, or a form with several files.

        If some of the posters can't be read, these have an `error` instead of genres. Of `rule`, `top` and `threshold`
        one decides, as in Python and on the command line.
        """
        # Before the body is read.
        choose_rule(queue.classifier.manifest, rule, top, threshold)
        decided = f"top={top}" if top is not None else None if threshold is None else f"threshold={threshold:g}"
        files = await read_files(request, queue.capacity)
        # A single poster may have fewer pixels than a request: its job sees to that.
        if len(files) > 1:
            await run_in_threadpool(check_request_pixels, [data for _, data in files])
        # After the body: another classifier may have begun to serve while it was sent.
        classifier = queue.classifier
        choose_rule(classifier.manifest, rule, top, threshold)
        predictions = await queue.run_all([predict_job(data, rule, top, threshold) for _, data in files], classifier)
        readable = [prediction for prediction in predictions if prediction.error is None]
        # A request of which nothing can be read is an error itself: clients that look at the status alone notice it.
        if not readable and predictions[0].error:
            raise predictions[0].error
        metrics.count_predictions(classifier, readable)
        manifest = classifier.manifest
        rules = {each.name: choose_rule(manifest, each.name) for each in rules_of(manifest)} if every else None
        posters = [_poster(name, result, rules) for (name, _), result in zip(files, predictions, strict=True)]
        decided = decided or find_rule(classifier.manifest, rule).name
        return PredictResponse(classifier=identify(classifier), rule=decided, posters=posters)

    @router.post(
        "/explain",
        summary="Explain a genre of a poster",
        responses=ERRORS | _NO_MAPS,
        openapi_extra={"requestBody": BODY},
    )
    async def explain(
        request: Request, genre: Annotated[str | None, Query(description=_GENRE)] = None
    ) -> ExplainResponse:
        """Explain where on the poster the genre's probability comes from, whether or not the genre is predicted.

        The body is one image file, or a form with one.
        """
        (name, data), *others = await read_files(request, queue.capacity)
        classifier = queue.classifier
        if not classifier.explains:
            raise HTTPException(404, f"the classifier {classifier.name!r} has no maps: train it again")
        if others:
            raise HTTPException(400, f"the form has {len(others) + 1} files, but needs one: send a request for each")
        explanation = await queue.run(lambda classifier: classifier.explain(check_pixels(data), genre), classifier)
        return explanation_response(identify(classifier), name, explanation)

    _add_classifier_routes(router, queue, limits)
    return router


def _add_classifier_routes(router: APIRouter, queue: JobQueue, limits: Limits) -> None:
    # Once for each classifier, about which nothing changes.
    @lru_cache(maxsize=2)
    def describe_once(classifier: Classifier) -> ClassifierResponse:
        return describe(classifier, limits)

    @lru_cache(maxsize=2)
    def read_card(classifier: Classifier) -> str:
        return (classifier.directory / CARD).read_text(encoding="utf-8")

    @router.get("/classifier", summary="Describe the classifier")
    async def get_classifier() -> ClassifierResponse:
        return describe_once(queue.classifier)

    @router.get(
        "/classifier/card",
        summary="Return the model card",
        response_class=PlainTextResponse,
        responses=_NO_CARD,
    )
    def get_card() -> str:
        classifier = queue.classifier
        if CARD not in classifier.manifest.files:
            raise HTTPException(404, f"the classifier {classifier.name!r} has no model card")
        return read_card(classifier)


def _poster(name: str | None, prediction: Prediction, rules: dict[str, Decide] | None) -> PosterPrediction:
    """Return what the API answers about one poster; `rules` adds what each of them predicts."""
    if prediction.error is not None:
        return PosterPrediction(file=name, error=str(prediction.error))
    shares = prediction.probabilities
    y_score, names = np.array(list(shares.values())), tuple(shares)
    by_rule = {rule: list(predicted_genres(y_score, names, decide)) for rule, decide in (rules or {}).items()}
    return PosterPrediction(
        file=name,
        predicted=list(prediction.genres),
        genres=[GenrePrediction(genre=genre, probability=shares[genre]) for genre in prediction.genres],
        probabilities=None if rules is None else dict(sorted(shares.items(), key=lambda item: -item[1])),
        novelty=prediction.novelty,
        by_rule=None if rules is None else by_rule,
    )


def explanation_response(classifier: ServedClassifier, name: str | None, explanation: Explanation) -> ExplainResponse:
    """Return an explanation as pages and other clients get it.

    Args:
        classifier: that explains.
        name: of the poster's file, if it has one.
        explanation: of one genre.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> classifier = load_classifier(interpreters=1)
        >>> found = classifier.explain(np.zeros((600, 400, 3), np.uint8), "Horror")
        >>> explanation_response(identify(classifier), None, found).size
        [400, 600]
    """
    # Not the raw map: its values are logits, which mean nothing across genres or classifiers.
    shares = strength(explanation.map).tolist()
    return ExplainResponse(
        classifier=classifier,
        file=name,
        genre=explanation.genre,
        probability=explanation.probability,
        size=list(explanation.size),
        box=None if explanation.box is None else list(explanation.box),
        frame=list(explanation.frame),
        map=[[round(share, _DIGITS) for share in row] for row in shares],
    )
