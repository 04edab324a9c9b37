"""Reads the body of an API request: JSON, form fields or multipart fields become one mapping of names to values.

Reading never fails by itself, because a bad key is told before a bad body (api.md 1.4): what is wrong is kept as
`problem` and raised when the fields are asked for.
"""

import json
import math
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from mothlight.model.errors import Refused

MAX_BYTES = 1024 * 1024
"""A question or a change is some kilobytes; uploads have routes of their own."""
MOST_DISCARDED = 8 * MAX_BYTES
"""What is too long is read up to here, so that most clients have sent everything when they read the answer."""
MAX_DEPTH = 20
"""Levels of nesting. Filters of ten levels (the most that is evaluated) fit."""
MAX_FORM_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Body:
    """The decoded content, or why there is none."""

    content: Any
    problem: Refused | None = None

    def find(self, name: str) -> Any:
        """A field's value; None when the body has no such field or could not be read."""
        return self.content.get(name) if isinstance(self.content, dict) else None

    def fields(self) -> dict[str, Any]:
        """All fields.

        Raises:
            Refused: the body could not be read, or is no object.
        """
        if self.problem is not None:
            raise self.problem
        if not isinstance(self.content, dict):
            kind = type(self.content).__name__
            detail = f"Invalid data. Expected a dictionary, but got {kind}."
            raise Refused(400, "validation_error", "invalid_input", detail)
        return self.content


async def read_body(request: Request) -> Body:
    """The body by its content type; a missing one is an empty mapping, one without a content type is JSON."""
    try:
        content = await _read_bytes(request)
        if not content.strip():
            return Body({})
        return Body(await _decode(content, request))
    except Refused as problem:
        return Body(None, problem)


async def _read_bytes(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_DISCARDED:
            break
        if size <= MAX_BYTES:
            chunks.append(chunk)
    if size > MAX_BYTES:
        raise Refused(413, "invalid_request", "request_too_large", f"The body is larger than {MAX_BYTES} bytes.")
    return b"".join(chunks)


async def _decode(content: bytes, request: Request) -> Any:
    declared = request.headers.get("content-type", "")
    match parse_options_header(declared)[0].decode("latin-1"):
        case "" | "application/json":
            return decode_json(content)
        case "application/x-www-form-urlencoded":
            return _decode_form(content)
        case "multipart/form-data":
            return await _decode_multipart(content, request)
        case _:
            detail = f'Unsupported media type "{declared}" in request.'
            raise Refused(415, "invalid_request", "unsupported_media_type", detail)


def decode_json(content: bytes) -> Any:
    """JSON as RFC 8259 has it, of bounded depth, whose texts can be encoded.

    Raises:
        Refused: `parse_error`.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
        _check_depth(value)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _unparsable("JSON", "lone surrogates are not text") from None
    except RecursionError:
        raise _unparsable("JSON", f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as problem:
        raise _unparsable("JSON", str(problem)) from None
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _parts(outer)]
        if not level:
            return
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _refuse_constant(number)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Out of range float values are not JSON compliant: {name}")


def _unparsable(kind: str, why: str) -> Refused:
    return Refused(400, "invalid_request", "parse_error", f"{kind} parse error - {why}")


def _decode_form(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="strict")
    except ValueError as problem:
        raise _unparsable("Form", str(problem)) from None
    return _nest(pairs)


async def _decode_multipart(content: bytes, request: Request) -> dict[str, Any]:
    async def once() -> AsyncGenerator[bytes, None]:
        yield content

    try:
        parser = MultiPartParser(request.headers, once(), max_files=0, max_fields=MAX_FORM_FIELDS)
        form = await parser.parse()
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        for pair in pairs:
            # The charset is the caller's choice, and some make texts that are none.
            "".join(pair).encode()
    except (MultiPartException, LookupError, ValueError) as problem:
        raise _unparsable("Multipart form", str(problem)) from None
    return _nest(pairs)


def _nest(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Form names with dots are fields of an inner object (`dateRange.date_from`); of equal names the last counts."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        outer, dot, inner = name.partition(".")
        if dot and isinstance(fields.setdefault(outer, {}), dict):
            fields[outer][inner] = value
        else:
            fields[name] = value
    return fields
