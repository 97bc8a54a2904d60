"""The posters of a request: its body is one image file, or a form with files."""

from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from posters.serve.answers import ErrorAnswer

_FILE = {"type": "string", "format": "binary"}
_FILES = {"type": "object", "properties": {"poster": {"type": "array", "items": _FILE}}}
# For OpenAPI: the body that is read here, and what its route may refuse.
BODY = {
    "required": True,
    "content": {
        "image/*": {"schema": _FILE},
        "multipart/form-data": {"schema": _FILES},
    },
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "No poster of the request can be read"},
    413: {"model": ErrorAnswer, "description": "The request is too large, or a poster has too many pixels"},
    422: {"model": ErrorAnswer, "description": "A parameter has a value that it can't have"},
    503: {"model": ErrorAnswer, "description": "The queue is full: try again soon"},
}


async def files_of(request: Request, most: int) -> list[tuple[str | None, bytes]]:
    """Name and bytes of each poster of a request, at most `most` of them.

    Raises:
        HTTPException: 400, it is a form without a file, or with too many.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return [(None, await request.body())]
    async with request.form(max_files=most, max_fields=most) as form:
        uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        files = [(upload.filename or None, await upload.read()) for upload in uploads]
    if not files:
        raise HTTPException(400, "the form has no file: send each poster as a file, as `curl -F poster=@FILE` does")
    return files


async def file_of(request: Request, most: int) -> tuple[str | None, bytes]:
    """Name and bytes of the one poster of a request.

    Raises:
        HTTPException: as in `files_of`; or 400, there are several.
    """
    files = await files_of(request, most)
    if len(files) > 1:
        raise HTTPException(400, f"the form has {len(files)} files, and one is taken here: send a request for each")
    return files[0]
