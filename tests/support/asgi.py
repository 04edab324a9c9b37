"""Calls an ASGI application in process, without a client library that would tidy up what is sent."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Received:
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    app: ASGIApp,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    query: str = "",
) -> Received:
    """One request, its body in one piece."""
    return asyncio.run(acall(app, method, path, [body], headers, query))


async def acall(
    app: ASGIApp,
    method: str,
    path: str,
    chunks: list[bytes | None],
    headers: Mapping[str, str] | None = None,
    query: str = "",
) -> Received:
    """One request, its body in chunks; None stands for a client that goes away, an empty list for one that stalls."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "server": ("localhost", 8080),
    }
    waiting = list(chunks)
    sent: list[Message] = []

    async def receive() -> Message:
        if not waiting:
            await asyncio.sleep(3600)
        chunk = waiting.pop(0)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting) or chunk == b"(more)"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return Received(0, {}, b"")
    start, *rest = sent
    named = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Received(start["status"], named, b"".join(message.get("body", b"") for message in rest))
