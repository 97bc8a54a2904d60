"""The posters of a request: its body is one image file, or a form with files."""

import io
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any

import numpy as np
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from posters._base.text import did_you_mean, listed, quoted
from posters.classifier import Classifier, Prediction
from posters.classifier.interpreters import FailedPosterError
from posters.errors import ConfigError, ImageError
from posters.images.decoding import read_header
from posters.serve.schemas import ErrorResponse
from posters.thresholds import Rule

# More than any scan of a poster needs. Each interpreter may hold one decoded poster, at up to 16 bytes per pixel.
MAX_PIXELS = 40_000_000
MAX_REQUEST_PIXELS = 100_000_000  # of all posters of a request: decoding that many takes seconds, and others wait

# It warns of each damaged form, which the answer tells already: a line that anybody could fill a log with.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

_FILE = {"type": "string", "format": "binary"}
_FILES = {
    "type": "object",
    "properties": {"poster": {"type": "array", "items": _FILE, "minItems": 1}},
    "required": ["poster"],
}
# For OpenAPI, which can't see that `read_files` reads the body.
BODY = {
    "required": True,
    "content": {
        "image/*": {"schema": _FILE},
        "multipart/form-data": {"schema": _FILES},
    },
}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorResponse, "description": "No poster of the request can be read"},
    408: {"model": ErrorResponse, "description": "The request's body came too slowly"},
    413: {"model": ErrorResponse, "description": "The request is too large, or a poster has too many pixels"},
    422: {"model": ErrorResponse, "description": "A parameter has an invalid value"},
    503: {"model": ErrorResponse, "description": "The queue is full: retry soon"},
}


class HugePosterError(ImageError):
    """A poster has more pixels than a server should decode.

    Examples:
        >>> print(HugePosterError("the poster has 50,000,000 pixels"))
        the poster has 50,000,000 pixels
    """


def check_pixels(data: bytes) -> bytes:
    """Return an image file's bytes, unless it has too many pixels to be decoded here.

    Args:
        data: an image file.

    Raises:
        ImageError: the file's header can't be read.
        HugePosterError: the poster has more than `MAX_PIXELS` pixels.

    Examples:
        >>> check_pixels(b"")
        Traceback (most recent call last):
        posters.errors.ImageError: the file is empty
    """
    # A few kilobytes of a file may decode to gigabytes; the header has the size, and costs nothing to read.
    header = read_header(data)
    pixels = header.width * header.height
    if pixels > MAX_PIXELS:
        raise HugePosterError(
            f"the poster has {pixels:,} pixels, and at most {MAX_PIXELS:,} are allowed: scale it down"
        )
    return data


def check_request_pixels(files: Sequence[bytes]) -> None:
    """Refuse the image files of a request if together they have more than `MAX_REQUEST_PIXELS`.

    Files that can't be read count nothing: each is an error of its own, later.

    Raises:
        HugePosterError: they have more.

    Examples:
        >>> check_request_pixels([b"", b"no image"])
    """
    pixels = 0
    for data in files:
        with suppress(ImageError):
            header = read_header(data)
            pixels += header.width * header.height
        if pixels > MAX_REQUEST_PIXELS:
            raise HugePosterError(
                f"the posters of a request may have {MAX_REQUEST_PIXELS:,} pixels together: send fewer at a time"
            )


def predict_job(
    poster: bytes | np.ndarray, rule: str | Rule | None, top: int | None = None, threshold: float | None = None
) -> Callable[[Classifier], Prediction]:
    """Return a job for the queue that predicts one poster.

    A poster that can't be read becomes a prediction with an error, so that it does not stop the others of its request.

    Args:
        poster: an image file, or a uint8 array (H, W, 3).
        rule: as in `Classifier.predict`.
        top: as in `Classifier.predict`.
        threshold: as in `Classifier.predict`.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> predict_job(b"", None)(load_classifier()).error
        ImageError('the file is empty')
    """

    def job(classifier: Classifier) -> Prediction:
        try:
            checked = check_pixels(poster) if isinstance(poster, bytes) else poster
            return classifier.predict(checked, rule, top=top, threshold=threshold)
        except FailedPosterError:
            raise  # Answered 503, and by the log alone: its words name files of this machine.
        except ImageError as error:
            return Prediction((), {}, error=error)

    return job


def check_parameters(request: Request) -> None:
    """Refuse parameters that the route doesn't have: a misspelt one would be ignored, and its answer believed.

    Args:
        request: of a route.

    Raises:
        ConfigError: a parameter is unknown, or given twice.

    Examples:
        >>> from fastapi import Depends, FastAPI
        >>> FastAPI(dependencies=[Depends(check_parameters)]).title
        'FastAPI'
    """
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            takes = f": {request.url.path} takes {listed(known) or 'none'}"
            raise ConfigError(f"there is no parameter {quoted(name)}{did_you_mean(name, known, takes)}")
        if given.count(name) > 1:
            raise ConfigError(f"the parameter {name} is given {given.count(name)} times: give it once")


class _FormParser(MultiPartParser):
    # 0: never on disk, since a hardened container has no folder for it; all bodies under way have a limit of memory.
    spool_max_size = 0
    _has_ended = False

    def on_end(self) -> None:
        self._has_ended = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._has_ended:
            # Starlette would leave out the file that was cut, and the answer would say nothing of it.
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("the form was cut short: its last boundary is missing")
        return form


async def _read_form(request: Request, most: int) -> FormData:
    try:
        async with aclosing(request.stream()) as stream:
            return await _FormParser(request.headers, stream, max_files=most, max_fields=most).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error


async def _taken(upload: UploadFile) -> bytes:
    """Return an upload's bytes, and let go of those that it holds."""
    data = await upload.read()
    await upload.close()
    return data


async def read_files(request: Request, max_files: int) -> list[tuple[str | None, bytes]]:
    """Return name and bytes of each poster of a request.

    Args:
        request: its body is one image file, or a form with files.
        max_files: the most files allowed in a form.

    Raises:
        HTTPException: 400, the form has no file, or too many.
    """
    # Any other type is one image, even the form type that curl --data-binary sends unasked.
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        # By portions into one buffer: `Request.body` holds all of them, and the whole beside them.
        body = io.BytesIO()
        async for portion in request.stream():
            body.write(portion)
        return [(None, body.getvalue())]
    form = await _read_form(request, max_files)
    uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    files = [(upload.filename or None, await _taken(upload)) for upload in uploads]
    if not files:
        raise HTTPException(400, "the form has no file: send each poster as a file, as `curl -F poster=@FILE` does")
    return files
