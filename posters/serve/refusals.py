"""Whatever goes wrong, as {"error": "one sentence"} with the status that fits it."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from posters.errors import ConfigError, ImageError, PostersError
from posters.serve.pool import BusyError
from posters.serve.predicting import HugePosterError
from posters.serve.tensors import TensorError

# The first class that fits decides.
_STATUS = (
    (HugePosterError, 413),
    (ImageError, 400),
    (TensorError, 400),
    (ConfigError, 422),
    (BusyError, 503),
    (PostersError, 500),
)


def answer_refusals(app: FastAPI) -> None:
    """Have the app answer every error in this form."""
    app.add_exception_handler(PostersError, _refused)
    app.add_exception_handler(RequestValidationError, _misasked)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)


def _error(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": " ".join(sentence.split())}, status, headers)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return _error(status, str(error), {"Retry-After": "1"} if status == 503 else None)


async def _misasked(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return _error(422, f"{first['loc'][-1]}: {first['msg'][:1].lower()}{first['msg'][1:]}")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    sentence = f"there is no {request.url.path} here: see /docs" if error.detail == "Not Found" else error.detail
    return _error(error.status_code, sentence, dict(error.headers or {}))


async def _failed(_: Request, error: Exception) -> JSONResponse:
    return _error(500, f"the server failed ({type(error).__name__}): its own log says more")
