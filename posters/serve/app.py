"""The whole application, put together."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from posters import __version__
from posters.serve.answers import ErrorAnswer
from posters.serve.api import api_routes
from posters.serve.figures import Figures
from posters.serve.health import health_routes
from posters.serve.layers import Counted, Guarded, Limited
from posters.serve.page_routes import add_pages
from posters.serve.pool import Pool
from posters.serve.protocol import protocol_routes
from posters.serve.refusals import answer_refusals

MAX_BYTES = 20_000_000

_ABOUT = 'Movie posters to genres, honestly. Every error is JSON with one sentence: `{"error": "..."}`.'
# It also keeps FastAPI from describing errors of its own form, which this server never sends.
_OTHERWISE: dict[int | str, dict[str, Any]] = {"default": {"model": ErrorAnswer, "description": "Whatever goes wrong"}}


def create_app(pool: Pool, max_bytes: int = MAX_BYTES) -> ASGIApp:
    """An ASGI application that predicts with the pool, which stays its caller's to end.

    Args:
        pool: the opened classifier.
        max_bytes: that the body of one request may have.
    """
    figures = Figures()
    # The docs pages of FastAPI load scripts from elsewhere; ours does not.
    app = FastAPI(
        title="posters", version=__version__, description=_ABOUT, responses=_OTHERWISE, docs_url=None, redoc_url=None
    )
    app.include_router(api_routes(pool, figures, max_bytes))
    app.include_router(protocol_routes(pool, figures))
    app.include_router(health_routes(pool, figures))
    add_pages(app)
    answer_refusals(app)
    app.add_middleware(Limited, max_bytes=max_bytes)
    # Around everything, so that a failure has the headers too and is counted.
    return Counted(Guarded(app), figures)
