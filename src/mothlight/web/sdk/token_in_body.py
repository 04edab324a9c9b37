"""The project token in the body of a flags request, in any of the encodings of ingest 3."""

from typing import Any

import msgspec

from mothlight.model.errors import Refused
from mothlight.web.intake.body import query_fields, read_text
from mothlight.web.intake.lenient import repair
from mothlight.web.intake.limits import MEBIBYTE, Budget
from mothlight.web.intake.tokens import check_token

BODY_LIMIT = 1 * MEBIBYTE
"""Bytes of a flags request, as received and decoded."""


class _Body(msgspec.Struct):
    token: Any = None
    api_key: Any = None


_bodies = msgspec.json.Decoder(_Body)


def find_token(body: bytes, query: str, content_type: str, content_encoding: str) -> str | None:
    """The token; None when the body does not show a well-formed one. These requests are answered whatever they hold."""
    try:
        text = read_text(body, query_fields(query), content_type, content_encoding, Budget(BODY_LIMIT))
        read = _read(text)
        return check_token(read.api_key if read.token is None else read.token)
    except (Refused, msgspec.DecodeError):
        return None


def _read(text: bytes) -> _Body:
    try:
        return _bodies.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _bodies.decode(repair(text))
