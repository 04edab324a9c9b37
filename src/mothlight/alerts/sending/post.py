"""Posts a message to a webhook. Redirects are not followed: a signed message goes where its owner said, or nowhere."""

import time
from collections.abc import Collection

from mothlight.alerts.sending.outcome import Failed, Message
from mothlight.alerts.signature import HEADER, sign
from mothlight.kit.clock import Clock
from mothlight.outbound.client import Bounds, HttpClient
from mothlight.outbound.failures import Blocked, OutboundFailure, RedirectFailure, TimedOut
from mothlight.outbound.guard import Allowed, Guard

BOUNDS = Bounds(seconds=10.0, connect_seconds=5.0, body_bytes=64_000, redirects=0)
_GONE = 410


class Webhooks:
    """May be used from any thread."""

    def __init__(self, allow: Collection[Allowed], clock: Clock) -> None:
        self._clock = clock
        self._client = HttpClient(Guard(allow), time.monotonic, bounds=BOUNDS, agent="mothlight-webhook")

    def post(self, address: str, secret: str, message: Message) -> None:
        """Post it; any answer of 2xx takes it.

        Raises:
            Failed: nobody took it.
        """
        headers = {
            "Content-Type": "application/json",
            HEADER: sign(secret, int(self._clock().timestamp()), message.body),
            "Mothlight-Message": message.message_id,
            "Mothlight-Delivery": message.delivery_id,
        }
        try:
            answer = self._client.request("POST", address, headers=headers, body=message.body)
        except OutboundFailure as problem:
            # The text of the failure begins with the whole address, which may be secret.
            is_final = isinstance(problem, Blocked)
            raise Failed(_words(problem, address), is_final=is_final) from None
        if not 200 <= answer.status < 300:
            raise Failed(f"it answered {answer.status}", is_final=answer.status == _GONE)


def _words(problem: OutboundFailure, address: str) -> str:
    match problem:
        case RedirectFailure():
            return "it answered with a redirect, which is not followed: use the address that it leads to"
        case TimedOut():
            return "it did not answer in time"
        case _:
            said = str(problem)
            parts = said.split(": ", 1)
            return (parts[1] if len(parts) == 2 else said).replace(address, "…")[:300]
