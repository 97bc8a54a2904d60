"""Every error as {"error": "one sentence"} with the fitting status."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from posters._base.log import logger
from posters.errors import ClassifierError, ConfigError, ImageError, PostersError, ReviewError
from posters.serve.queue import BusyError
from posters.serve.tensors import TensorError
from posters.serve.uploads import HugePosterError

# HugePosterError is an ImageError: of two classes, the nearer one decides. Any other error is the server's own failure.
_STATUS: dict[type[PostersError], int] = {
    HugePosterError: 413,
    ImageError: 400,
    TensorError: 400,
    ConfigError: 422,
    ReviewError: 409,
    BusyError: 503,
}
_CLIENT_GONE = 499  # nginx's number: no standard has one, since nobody is there to read it


def add_exception_handlers(app: FastAPI) -> None:
    """Make the application answer every error as JSON of one form.

    Args:
        app: the application to change.

    Examples:
        >>> app = FastAPI()
        >>> add_exception_handlers(app)
        >>> ImageError in app.exception_handlers
        True
    """

    async def posters_error(_: Request, error: Exception) -> JSONResponse:
        status = next(_STATUS[kind] for kind in type(error).mro() if kind in _STATUS)
        return _respond(status, str(error), {"Retry-After": "1"} if status == 503 else None)

    for kind in _STATUS:
        app.add_exception_handler(kind, posters_error)

    @app.exception_handler(RequestValidationError)
    async def validation_error(_: Request, error: RequestValidationError) -> JSONResponse:
        # The first alone: an answer is one sentence, and whoever fixes it will see the next.
        first = error.errors()[0]
        return _respond(422, f"{first['loc'][-1]}: {first['msg'][:1].lower()}{first['msg'][1:]}")

    @app.exception_handler(HTTPException)
    async def http_exception(request: Request, error: HTTPException) -> JSONResponse:
        sentence = f"there is no {request.url.path} here: see /docs" if error.detail == "Not Found" else error.detail
        return _respond(error.status_code, sentence, dict(error.headers or {}))

    @app.exception_handler(ClassifierError)
    async def network_failed(_: Request, error: ClassifierError) -> JSONResponse:
        # The server itself goes on; its files are nobody's business.
        logger.error(str(error))
        return _respond(503, "the classifier's network failed on this poster, twice: see the server's log")

    @app.exception_handler(ClientDisconnect)
    async def client_gone(_: Request, __: ClientDisconnect) -> Response:
        # For metrics and log alone: an abandoned upload is no failure of the server.
        return Response(status_code=_CLIENT_GONE)

    @app.exception_handler(Exception)
    async def failure(_: Request, error: Exception) -> JSONResponse:
        # Not the error's own text, which may name files of this machine. Starlette raises it again for the log.
        return _respond(500, f"the server failed ({type(error).__name__}): see its log")


def _respond(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": " ".join(sentence.split())}, status, headers)
