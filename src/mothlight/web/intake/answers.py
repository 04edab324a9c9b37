"""What capture requests are answered (ingest 7 and 8)."""

from collections.abc import Mapping

import msgspec
from starlette.types import Send

from mothlight.model.errors import Refused, Unavailable

Headers = list[tuple[bytes, bytes]]

JSON_TYPE = (b"content-type", b"application/json")


class Answer(msgspec.Struct):
    """A whole answer, without the headers of cross-origin requests."""

    status: int
    body: bytes
    headers: Headers


OK = Answer(200, b'{"status":"Ok"}', [JSON_TYPE])
"""Success on the v0 paths: exactly 200, and a JSON object."""

NO_CONTENT = Answer(204, b"", [])
"""Success for beacons that ask for it with `?beacon=1`."""

EMPTY_OBJECT = Answer(200, b"{}", [JSON_TYPE])
"""Success for what is let pass unread."""


def json_answer(status: int, body: object, headers: Headers | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, msgspec.json.encode(body), [JSON_TYPE, *(headers or [])])


def v0_refusal(error: Refused | Unavailable) -> Answer:
    """The body of every error on the v0 paths; clients show its `detail` if they show anything."""
    if isinstance(error, Unavailable):
        body = {"type": "server_error", "code": "service_unavailable", "detail": error.detail, "attr": None}
        return json_answer(503, body, [_retry_after(error.retry_after)])
    body = {"type": error.type, "code": error.code, "detail": error.detail, "attr": error.attr}
    return json_answer(error.status, body)


def v1_refusal(error: Refused | Unavailable) -> Answer:
    """The body of every error on the v1 path. Only 408 and what is our fault may be tried again."""
    if isinstance(error, Unavailable):
        return json_answer(503, _v1_error("service_unavailable", error.detail), [_retry_after(error.retry_after)])
    headers = [_retry_after(1)] if error.status == 408 else []
    return json_answer(error.status, _v1_error(error.code, error.detail), headers)


def v1_results(results: Mapping[str, Mapping[str, str]]) -> Answer:
    """Success on the v1 path: a result for each uuid."""
    return json_answer(200, {"results": results})


async def send_answer(send: Send, answer: Answer, headers: Headers) -> None:
    """Send a whole answer with further headers."""
    length = (b"content-length", str(len(answer.body)).encode())
    start = {"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, length, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})


def _v1_error(tag: str, description: str) -> dict[str, str]:
    return {"error": tag, "error_description": description, "error_uri": ""}


def _retry_after(seconds: int) -> tuple[bytes, bytes]:
    return (b"retry-after", str(seconds).encode())
