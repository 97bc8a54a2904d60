"""The page, the page of the API, and the files that they load: plain ones, as they lie in `page/`."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER = Path(__file__).parent / "page"
# Asked for each time whether it changed: a newer version of this package is seen at once.
_FRESH = {"Cache-Control": "no-cache"}


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_FRESH)
        return response


def add_pages(app: FastAPI) -> None:
    """Serve `/` and `/docs`, and under `/page` what they load."""

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_FOLDER / "index.html", headers=_FRESH)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(_FOLDER / "docs.html", headers=_FRESH)

    app.mount("/page", _Files(directory=_FOLDER))
