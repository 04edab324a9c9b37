"""The intake as an ASGI application: all capture paths, under any prefix, with and without a slash at the end."""

import structlog
from starlette.types import Receive, Scope, Send

from mothlight.model.errors import not_found
from mothlight.web.cors import cors_headers, preflight_headers
from mothlight.web.intake.answers import NO_CONTENT, Answer, send_answer, v0_refusal
from mothlight.web.intake.body import query_fields
from mothlight.web.intake.endpoints import Treatment, find_endpoint, is_capture_path
from mothlight.web.intake.limits import ClientGone
from mothlight.web.intake.receive import Receiver, Request

__all__ = ["Intake", "is_capture_path"]

log = structlog.get_logger(__name__)

_BEACON = "beacon=1"


class Intake:
    """Answers the paths for which `is_capture_path` holds. Others get a 404."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = dict(scope["headers"])
        if scope["method"] == "OPTIONS":
            await send_answer(send, Answer(200, b"", []), preflight_headers(headers, credentials=True))
            return
        try:
            answer = await self._answer(scope, headers, receive)
        except ClientGone:
            log.debug("capture_client_gone")
            return
        await send_answer(send, answer, cors_headers(headers, credentials=True))

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        path: str = scope["path"]
        endpoint = find_endpoint(path)
        if endpoint is None:
            return v0_refusal(not_found())
        query = scope["query_string"].decode("latin-1")
        answer = await self._receiver.receive(Request(endpoint, scope["method"], path, query, headers), receive)
        if answer.status == 200 and endpoint.treatment is not Treatment.DISCARD and _is_beacon(query):
            return NO_CONTENT
        return answer


def _is_beacon(query: str) -> bool:
    return _BEACON in query and query_fields(query).get("beacon") == "1"
