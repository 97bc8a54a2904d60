"""Is it alive, has it room, and what did it do."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from posters.serve.answers import HealthAnswer
from posters.serve.figures import CONTENT_TYPE, Figures
from posters.serve.pool import Pool


def health_routes(pool: Pool, figures: Figures) -> APIRouter:
    """/healthz and /metrics."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Live, and ready for another poster")
    async def healthz() -> HealthAnswer:
        """Always 200 while the server lives, so that a busy one is not started anew; `ready` says if there is room."""
        return HealthAnswer(live=True, ready=pool.has_room)

    @router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    async def metrics() -> Response:
        return Response(figures.text(pool.waiting, pool.interpreters), media_type=CONTENT_TYPE)

    return router
