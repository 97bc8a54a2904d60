"""Health, metrics, the page, and the files that it loads."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, PlainTextResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from posters.serve.description import identify
from posters.serve.metrics import CONTENT_TYPE, Metrics
from posters.serve.queue import JobQueue
from posters.serve.schemas import HealthResponse

_FOLDER = Path(__file__).parent / "page"
# Browsers ask each time whether a file changed, so that a new version of the package shows at once.
NO_CACHE = {"Cache-Control": "no-cache"}


def health_routes(queue: JobQueue, metrics: Metrics) -> APIRouter:
    """Return the routes /healthz and /metrics.

    Args:
        queue: its room decides whether the server is ready.
        metrics: what /metrics shows.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     sorted({route.path for route in health_routes(queue, Metrics(queue)).routes})
        ['/healthz', '/metrics']
    """
    router = APIRouter(tags=["health"])

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz", summary="Report whether the server is alive, and ready for another poster")
    async def healthz() -> HealthResponse:
        """Answer 200 while the server is alive, so that a busy one is not restarted; `ready` is whether it has room."""
        return HealthResponse(live=True, ready=queue.has_room, classifier=identify(queue.classifier))

    @router.get("/metrics", summary="Return metrics for Prometheus", response_class=PlainTextResponse)
    async def get_metrics() -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return router


class PageFiles(StaticFiles):
    """The files of a page.

    Examples:
        >>> PageFiles(directory=_FOLDER).directory == _FOLDER
        True
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, which the browser asks for anew each time."""
        response = await super().get_response(path, scope)
        response.headers.update(NO_CACHE)
        return response


def page_files() -> PageFiles:
    """Return the files of the page of `posters serve`: its style sheet is that of other pages, too.

    Examples:
        >>> page_files().directory == _FOLDER
        True
    """
    return PageFiles(directory=_FOLDER)


def add_pages(app: FastAPI) -> None:
    """Serve `/` and `/docs`, and under `/page` what they load.

    Args:
        app: the application to change.

    Examples:
        >>> from starlette.testclient import TestClient
        >>> app = FastAPI()
        >>> add_pages(app)
        >>> TestClient(app).get("/").headers["content-type"]
        'text/html; charset=utf-8'
    """

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_FOLDER / "index.html", headers=NO_CACHE)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(_FOLDER / "docs.html", headers=NO_CACHE)

    app.mount("/page", page_files())
