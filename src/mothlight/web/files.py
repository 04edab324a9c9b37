"""Receives one file of a request, on disk where it is large: as a form field `file`, or as the body itself."""

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO

import anyio.to_thread
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from mothlight.model.errors import Refused, invalid
from mothlight.symbol_sets.finish import MOST_BYTES

IN_MEMORY = 1 << 20
FORM_OVERHEAD = 1 << 20
"""Bytes of a form around its file."""
MOST_FIELDS = 50


def is_sent_as_form(request: Request) -> bool:
    """Whether the file is a field of a multipart form."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


@asynccontextmanager
async def receive_file(request: Request, *, is_form: bool) -> AsyncIterator[IO[bytes]]:
    """The file, at its beginning; it goes with the end of the block.

    Raises:
        Refused: there is none, it is too large, or the form cannot be read.
    """
    if is_form:
        async with receive_form(request) as (_, file):
            yield file
        return
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
        async for chunk in _bounded(request, MOST_BYTES):
            await _write(spool, chunk)
        spool.seek(0)
        yield spool


@asynccontextmanager
async def receive_form(request: Request) -> AsyncIterator[tuple[Mapping[str, str], IO[bytes]]]:
    """A form's text fields and its file; both go with the end of the block.

    Raises:
        Refused: there is no file, it is too large, or the form cannot be read.
    """
    parser = MultiPartParser(
        request.headers, _bounded(request, MOST_BYTES + FORM_OVERHEAD), max_files=1, max_fields=MOST_FIELDS
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, LookupError) as problem:
        raise Refused(400, "invalid_request", "parse_error", f"Multipart form parse error - {problem}") from None
    try:
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        if not files:
            raise invalid("The form has no file.", "file", "required")
        yield fields, files[0].file
    finally:
        await form.close()


async def _bounded(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise Refused(413, "invalid_request", "request_too_large", f"The file is larger than {MOST_BYTES} bytes.")
        yield chunk


async def _write(spool: "tempfile.SpooledTemporaryFile[bytes]", chunk: bytes) -> None:
    await anyio.to_thread.run_sync(spool.write, chunk)
