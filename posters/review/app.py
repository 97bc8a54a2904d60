"""The page of a review, and what it asks for: the next poster, a decision, a step back."""

import io
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from posters import __version__
from posters.classifier import Classifier
from posters.images.decoding import rgb_image
from posters.review.decisions import Answer, Decision
from posters.review.review import Review, ReviewItem
from posters.serve.api import explanation_response
from posters.serve.app import ServerOptions, guarded
from posters.serve.description import identify
from posters.serve.pages import NO_CACHE, PageFiles, page_files
from posters.serve.schemas import ExplainResponse
from posters.serve.uploads import check_pixels

_FOLDER = Path(__file__).parent / "page"
# As large as a screen shows it: a scan of 40 megapixels would make each decision wait.
_SIZE = (900, 1350)

_Reviewer = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


class _Asked(BaseModel):
    """What the page sends: who reviews, and whether skipped posters come back."""

    model_config = ConfigDict(extra="forbid")
    reviewer: _Reviewer
    again: bool = False


class _Skipped(_Asked):
    poster: str


class _Decided(_Skipped):
    genres: dict[str, Answer]


def create_review_app(
    review: Review, options: ServerOptions | None = None, reviewer: str = "", classifier: Classifier | None = None
) -> ASGIApp:
    """Return an ASGI application with the page of a review, under the access rules of `posters serve`.

    Args:
        review: what is reviewed; several applications and processes may share its database.
        options: how the server fits into its surroundings.
        reviewer: the name that the page begins with; each browser may change its own.
        classifier: explains where on a poster a genre comes from, if it can; never in a random sample.

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Catalogue, Poster
        >>> from posters.classifier import Prediction
        >>> from posters.review import DecisionStore, ReviewQueue
        >>> from starlette.testclient import TestClient
        >>> catalogue = Catalogue((Poster("tt1", "a.jpg", ("War",)),), ("War",), Path("."))
        >>> store = DecisionStore(Path(tempfile.mkdtemp()) / "review.sqlite")
        >>> queue = ReviewQueue("doubts", ("tt1",))
        >>> review = Review(catalogue, store, queue, lambda poster: Prediction((), {"War": 0.9}), ("War",), "posters")
        >>> client = TestClient(create_review_app(review))
        >>> client.post("/api/next", json={"reviewer": "ann"}).json()["item"]["id"]
        'tt1'
    """
    app = FastAPI(title="posters review", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_decisions(review), dependencies=[Depends(check_own_page)])
    explaining = classifier if classifier and classifier.explains and not review.queue.blind else None
    app.include_router(_reading(review, reviewer, explains=explaining is not None))
    if explaining is not None:
        add_explain_route(app, explaining)

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(_FOLDER / "index.html", headers=NO_CACHE)

    # Below /page, whose files need no key; the style sheet is that of `posters serve`.
    app.mount("/page/review", PageFiles(directory=_FOLDER))
    app.mount("/page", page_files())
    return guarded(app, options or ServerOptions())


def check_own_page(request: Request) -> None:
    """Refuse decisions that another site's page makes a browser send: to this server they look like the reviewer's own.

    A page of another site can send a form or plain text without asking, but JSON only where the server allows it
    (CORS); browsers also tell where a request comes from (Fetch Metadata).

    Raises:
        HTTPException: 403, the request is no JSON, or comes from another site.

    Examples:
        >>> scope = {"type": "http", "headers": [(b"content-type", b"text/plain")]}
        >>> try:
        ...     check_own_page(Request(scope))
        ... except HTTPException as error:
        ...     error.status_code
        403
    """
    site, form = (request.headers.get(name, "") for name in ("sec-fetch-site", "content-type"))
    if site not in ("", "same-origin", "none") or not form.lower().startswith("application/json"):
        raise HTTPException(403, "decisions are taken from this server's own page, or as application/json")


def _decisions(review: Review) -> APIRouter:
    """Return the routes that write. They are no coroutines: the database and the network make a thread wait."""
    router = APIRouter()

    def following(asked: _Asked) -> dict[str, Any]:
        item = review.next_item(asked.reviewer, again=asked.again)
        return _answer(review, asked.reviewer, item)

    @router.post("/api/next")
    def next_item(asked: _Asked) -> dict[str, Any]:
        return following(asked)

    @router.post("/api/decide")
    def decide(asked: _Decided) -> dict[str, Any]:
        review.decide(asked.poster, asked.genres, asked.reviewer)
        return following(asked)

    @router.post("/api/skip")
    def skip(asked: _Skipped) -> dict[str, Any]:
        review.skip(asked.poster, asked.reviewer)
        return following(asked)

    @router.post("/api/undo")
    def undo(asked: _Asked) -> dict[str, Any]:
        undone = review.undo(asked.reviewer)
        if undone is None:
            return following(asked) | {"undone": None}
        return _answer(review, asked.reviewer, review.item(undone.poster), undone)

    return router


def _answer(review: Review, reviewer: str, item: ReviewItem | None, undone: Decision | None = None) -> dict[str, Any]:
    answers = None if undone is None else undone.genres
    progress, notice = asdict(review.progress(reviewer)), review.notice()
    return {"item": item and _plain(item), "progress": progress, "undone": answers, "notice": notice}


def _plain(item: ReviewItem) -> dict[str, Any]:
    poster, error = item.poster, item.prediction.error
    about = {"id": poster.id, "title": poster.title, "year": poster.year, "error": error and str(error)}
    return {**about, "questions": [asdict(question) for question in item.questions]}


def add_explain_route(app: FastAPI, classifier: Classifier) -> None:
    """Add the route /api/explain, which answers as that of `posters serve` does.

    Args:
        app: the application to change.
        classifier: one that explains.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> app = FastAPI()
        >>> add_explain_route(app, load_classifier(interpreters=1))
        >>> app.routes[-1].path
        '/api/explain'
    """

    @app.post("/api/explain")
    async def explain(request: Request, genre: str) -> ExplainResponse:
        data = check_pixels(await request.body())
        explanation = await run_in_threadpool(classifier.explain, data, genre)
        return explanation_response(identify(classifier), None, explanation)


def _reading(review: Review, reviewer: str, *, explains: bool) -> APIRouter:
    """Return the routes that read."""
    router = APIRouter()

    @router.get("/api/review")
    def about() -> dict[str, Any]:
        return {
            "table": Path(review.catalogue.name).name,
            "blind": review.queue.blind,
            "labelled": review.queue.order != "uncertain",
            "classifier": review.classifier,
            "explains": explains,
            "reviewer": reviewer,
        }

    # Not in the path, in which a browser would resolve an id such as "../1.jpg".
    @router.get("/api/poster")
    def poster(id: str) -> Response:
        path = review.catalogue.image_path(review.poster(id))
        file = io.BytesIO()
        # Decoded here, since browsers know fewer formats, and show no more than the pixels.
        with rgb_image(path, _SIZE) as image:
            copy = image.copy()
        copy.thumbnail(_SIZE)
        copy.save(file, "JPEG", quality=88, exif=b"")
        return Response(file.getvalue(), media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})

    @router.get("/api/corrections")
    def corrections() -> Response:
        labelled = review.queue.order != "uncertain"
        lines, name = (review.corrections().lines(), "corrections") if labelled else (review.labels(), "labels")
        # With a byte order mark, without which Excel takes UTF-8 for something else.
        text = "\ufeff" + "".join(f"{line}\r\n" for line in lines)
        named = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=named)

    @router.get("/api/measurement")
    def measurement() -> JSONResponse:
        found = review.measurement()
        return JSONResponse({**found.to_dict(), "sentences": str(found).splitlines()})

    return router
