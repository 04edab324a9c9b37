"""Requests that released SDKs sent, as recorded in `tests/golden/wire/sdk`, and what must come of them."""

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from .client import Json

FOLDER = Path(__file__).parents[1] / "golden" / "wire" / "sdk"
TOKEN = "phc_local_token"
"""The project token that all of them name."""
# These belong to the connection of that time, not to the request.
OF_THE_CONNECTION = {"accept-encoding", "connection", "content-length", "host"}


@dataclass(frozen=True)
class Expected:
    """One `$exception` event of a request. Old SDKs send no uuid."""

    uuid: str | None
    distinct_id: str
    types: list[str]

    def is_like(self, event: Json) -> bool:
        """Whether a stored event can be this one."""
        if self.uuid is not None:
            return bool(event["uuid"] == self.uuid)
        return bool((event["distinct_id"], event["properties"]["$exception_types"]) == (self.distinct_id, self.types))


@dataclass(frozen=True)
class Recording:
    """One recorded request with the answer that its SDK took as success."""

    name: str
    request: Json
    answered_with: Json

    def send(self, http: httpx.Client) -> httpx.Response:
        """Send the request, byte for byte."""
        query = self.request["query_string"]
        return http.request(
            self.request["method"],
            self.request["path"] + (f"?{query}" if query else ""),
            headers={name: text for name, text in self.headers.items() if name not in OF_THE_CONNECTION},
            content=base64.b64decode(self.request["body_base64"]),
        )

    @property
    def headers(self) -> dict[str, str]:
        return {name.lower(): text for name, text in self.request["headers"].items()}

    @property
    def kind(self) -> str:
        """`preflight`, `flags` or `capture`."""
        if self.request["method"] == "OPTIONS":
            return "preflight"
        return "flags" if self.request["path"].startswith("/flags") else "capture"

    @property
    def events(self) -> list[Json]:
        """The events in the body."""
        if self.kind != "capture":
            return []
        body: Any = self.request["body_decoded"]
        batch = body if isinstance(body, list) else body.get("batch", [body])
        return list(batch)

    @property
    def exceptions(self) -> list[Expected]:
        """The events that must be found afterwards."""
        return [self._expected(event) for event in self.events if event["event"] == "$exception"]

    def _expected(self, event: Json) -> Expected:
        properties = event["properties"]
        types = list(dict.fromkeys(entry["type"] for entry in properties["$exception_list"]))
        if properties.get("$lib_version", "").startswith("3."):
            types.reverse()  # this client sends the root cause first
        return Expected(event.get("uuid"), str(event.get("distinct_id", properties.get("distinct_id"))), types)


@cache
def recordings() -> dict[str, Recording]:
    """All of them by name."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
    return {name: Recording(name, each["request"], each["answered_with"]) for name, each in found.items()}


def named(kind: str) -> list[str]:
    """The names of the recordings of a kind."""
    return [name for name, recording in recordings().items() if recording.kind == kind]
