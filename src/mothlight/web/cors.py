"""Answers that pages of other origins may read (ingest 7).

The origin that asks is mirrored. Credentials are allowed only where the caller says so, and nothing that allows them
may take a cookie for an identity.
"""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

_ORIGIN = b"origin"
_WANTED_METHOD = b"access-control-request-method"
_WANTED_HEADERS = b"access-control-request-headers"
_ALWAYS_ALLOWED = b"content-encoding, content-type, authorization"
_MAX_AGE = (b"access-control-max-age", b"86400")
_VARY = (b"vary", b"Origin")

CAPTURE_METHODS = b"GET, POST, OPTIONS"


def cors_headers(headers: Mapping[bytes, bytes], *, credentials: bool) -> Headers:
    """The headers that let the asking origin read an answer. `headers`: the request's, by lower-case name."""
    origin = headers.get(_ORIGIN)
    if origin is None:
        return [_VARY]
    allowed = [(b"access-control-allow-origin", origin), _VARY]
    if credentials:
        allowed.append((b"access-control-allow-credentials", b"true"))
    return allowed


def preflight_headers(
    headers: Mapping[bytes, bytes], *, credentials: bool, methods: bytes = CAPTURE_METHODS
) -> Headers:
    """The headers that answer a preflight: whatever headers it asks for, and these methods."""
    return [
        *cors_headers(headers, credentials=credentials),
        (b"access-control-allow-methods", methods),
        (b"access-control-allow-headers", headers.get(_WANTED_HEADERS) or _ALWAYS_ALLOWED),
        _MAX_AGE,
    ]


def is_preflight(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks if it may send the request it has in mind."""
    return scope["method"] == "OPTIONS" and _ORIGIN in headers and _WANTED_METHOD in headers


class Cors:
    """Wraps an app: answers preflights itself, and adds the headers to every answer, errors included."""

    def __init__(self, app: ASGIApp, *, credentials: bool = False, methods: bytes = CAPTURE_METHODS) -> None:
        self._app = app
        self._credentials = credentials
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        if is_preflight(scope, asked):
            await self._answer_preflight(asked, send)
            return
        allowed = cors_headers(asked, credentials=self._credentials)

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *allowed]}
            await send(message)

        await self._app(scope, receive, send_allowed)

    async def _answer_preflight(self, asked: Mapping[bytes, bytes], send: Send) -> None:
        headers = preflight_headers(asked, credentials=self._credentials, methods=self._methods)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0"), *headers]})
        await send({"type": "http.response.body", "body": b""})
