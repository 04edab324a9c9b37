"""Hostile capture requests: what SDKs sent, spoiled, in every shape and encoding of the intake."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID

import brotli
import zstandard

from tests.support.hostile.lz_string import compress_base64
from tests.support.hostile.values import Values, to_json

SENT_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""What clients say is the time; the intake corrects it. What is drawn must not depend on the present."""
GOLDEN = Path(__file__).parents[2] / "golden"
V0_PATHS = ("/batch/", "/batch", "/e/", "/i/v0/e/", "/capture/", "/track", "/engage/", "/ingest/batch/")
V1_PATH = "/i/v1/analytics/events"
SILENT_PATHS = ("/s/", "/i/v1/logs", "/i/v1/metrics", "/i/v1/traces", "/i/v0/ai/batch/", "/i/v0/ai/")
FLAG_PATHS = ("/flags/", "/decide/")
GET_PATHS = (
    "/array/{}/config",
    "/array/{}/config.js",
    "/array/{}/array.js",
    "/static/{}.js",
    "/static/1.2.3/{}.js",
    "/flags/definitions",
    "/api/feature_flag/local_evaluation/",
    "/api/surveys/",
    "/api/early_access_features/",
    "/api/web_experiments/",
    "/api/product_tours/",
)
PERSON_EVENTS = ("$identify", "$create_alias", "$merge_dangerously", "$set", "$groupidentify", "$pageview")
CONTENT_TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
    "\xff\xfe",
)
ENCODINGS = ("gzip", "deflate", "br", "zstd", "identity", "GZIP, br", "x", "")


class Sending(NamedTuple):
    """A request as it goes over the wire."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Captures:
    """Draws capture requests for a project."""

    def __init__(self, random: Random, token: str, largest: int = 1_000_000) -> None:
        self._random = random
        self._token = token
        self._values = Values(random, largest)

    def sending(self) -> Sending:
        """Any request that SDKs could send here."""
        makers: Sequence[Callable[[], Sending]] = (self._v0,) * 8 + (self._v1,) * 4 + (self._other,)
        return self._random.choice(makers)()

    def _v0(self) -> Sending:
        random = self._random
        events = self._events()
        body: Any = {
            "api_key": self._token,
            "batch": events,
            "sent_at": SENT_AT.isoformat(),
            "historical_migration": False,
        }
        shape = random.randrange(6)
        if shape == 1:
            body = [{**event, "token": self._token} for event in events]
        elif shape == 2:
            body = {**events[0], "api_key": self._token}
        elif shape == 3:
            body = {"data": events, "token": self._token}
        body = self._values.spoil(body, random.choice((0, 1, 1, 3)))
        query = self._v0_query()
        path = random.choice(V0_PATHS)
        text = self._bytes(body)
        if random.randrange(15) == 0:
            return Sending("GET", path, _query({**query, "data": base64.b64encode(text[:60_000]).decode()}), {}, b"")
        payload, headers = self._encoded(text, query)
        return Sending("POST", path, _query(query), self._spoiled_headers(headers), payload)

    def _v1(self) -> Sending:
        random = self._random
        events = self._events()
        for event in events:
            event.update(options={"process_person_profile": True}, session_id="s", window_id="w")
        body = self._values.spoil({"created_at": self._moment(), "batch": events}, random.choice((0, 1, 1, 3)))
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "PostHog-Sdk-Info": "posthog-python/7.91.1",
            "PostHog-Attempt": "1",
            "PostHog-Request-Id": "r",
            "PostHog-Request-Timestamp": SENT_AT.isoformat(),
        }
        name = random.choice(("", "", "gzip", "deflate", "br", "zstd"))
        payload = COMPRESSED[name](self._bytes(body)) if name else self._bytes(body)
        if name:
            headers["Content-Encoding"] = name
        if random.randrange(6) == 0:
            name = random.choice(list(headers))
            headers[name] = _latin(self._values.text())
        return Sending("POST", V1_PATH, "", headers, self._damaged(payload))

    def _other(self) -> Sending:
        random = self._random
        if random.randrange(3) == 0:
            name = random.choice((self._token, self._values.text()))[:3_000]
            path = random.choice(GET_PATHS).format(quote(name, "", errors="surrogatepass"))
            headers = {"If-None-Match": _latin(self._values.text()), "Origin": _latin(self._values.text())}
            return Sending("GET", path, _query({"token": self._values.text()[:3_000]}), headers, b"")
        path = random.choice((*FLAG_PATHS, *FLAG_PATHS, *SILENT_PATHS))
        body = self._values.spoil({"token": self._token, "distinct_id": "ada", "groups": {}, "person_properties": {}})
        query = {"v": "2", "config": "true"}
        payload, headers = self._encoded(self._bytes(body), query)
        return Sending("POST", path, _query(query), self._spoiled_headers(headers), payload)

    def _events(self) -> list[dict[str, Any]]:
        return [self._event() for _ in range(self._random.choice((1, 1, 2, 4)))]

    def _event(self) -> dict[str, Any]:
        """One event as some SDK sends it, then spoiled."""
        random = self._random
        event: dict[str, Any] = {
            "event": "$exception",
            "uuid": str(UUID(int=random.getrandbits(128), version=4)),
            "distinct_id": random.choice(("ada", "grace", "mary")),
            "timestamp": self._moment(),
            "properties": random.choice(exceptions()),
        }
        if random.randrange(5) == 0:
            event["event"] = random.choice(PERSON_EVENTS)
            event["properties"] = {"$anon_distinct_id": "anon", "alias": "lovelace", "$group_type": "company"}
        if random.randrange(3) == 0:
            event.update({"$set": {"email": "ada@example.com"}, "$set_once": {"plan": "free"}, "$unset": ["old"]})
        spoiled = self._values.spoil_inside(event, random.choice((0, 1, 2, 4)))
        # Most keep their uuid, or many would be no events at all.
        return spoiled if random.randrange(8) == 0 else {**spoiled, "uuid": event["uuid"]}

    def _moment(self) -> str:
        return (SENT_AT - timedelta(seconds=self._random.randrange(3_600))).isoformat()

    def _bytes(self, body: Any) -> bytes:
        text = to_json(body).encode("utf-8", "surrogatepass")
        kind = self._random.randrange(12)
        if kind == 0:
            return b"\xef\xbb\xbf" + text
        return text.replace(b"ada", self._random.choice((b"\xff\xfe", b"\xed\xa0\x80", b"\xc3"))) if kind == 1 else text

    def _encoded(self, text: bytes, query: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        """The body in one of the encodings, with the labels that clients give it; the query may get one too."""
        random = self._random
        kind = random.randrange(8)
        if kind == 0:
            query["compression"] = random.choice(("gzip", "gzip-js"))
            return self._damaged(gzip.compress(text, 1)), {"Content-Type": "text/plain"}
        if kind == 1:
            name = random.choice(list(COMPRESSED))
            headers = {"Content-Type": "application/json", "Content-Encoding": name}
            return self._damaged(COMPRESSED[name](text)), headers
        if kind == 2:
            query["compression"] = "base64"
            return base64.b64encode(text), {"Content-Type": "text/plain"}
        if kind == 3:
            form = b"compression=base64&data=" + quote(base64.b64encode(gzip.compress(text, 1))).encode()
            return form, {"Content-Type": "application/x-www-form-urlencoded"}
        if kind == 4 and len(text) < 20_000:
            query["compression"] = "lz64"
            return compress_base64(text.decode("utf-8", "replace")), {"Content-Type": "text/plain"}
        return self._damaged(text), {"Content-Type": "application/json"}

    def _damaged(self, payload: bytes) -> bytes:
        """Mostly the payload; now and then cut, or with a wrong byte."""
        kind = self._random.randrange(30)
        if kind == 0:
            return payload[: self._random.randrange(len(payload) + 1)]
        if kind == 1 and payload:
            place = self._random.randrange(len(payload))
            return payload[:place] + bytes([self._random.randrange(256)]) + payload[place + 1 :]
        return payload

    def _v0_query(self) -> dict[str, str]:
        query = {}
        if self._random.randrange(4) == 0:
            name = self._random.choice(("_", "sent_at", "ip", "ver", "compression", "beacon", "data", "retry_count"))
            query[name] = self._random.choice(("1", "1795000000000", self._values.text()[:3_000]))
        return query

    def _spoiled_headers(self, headers: dict[str, str]) -> dict[str, str]:
        if self._random.randrange(10) == 0:
            name = self._random.choice(("Content-Type", "Content-Encoding", "Origin"))
            options = {"Content-Type": CONTENT_TYPES, "Content-Encoding": ENCODINGS}.get(name, ("null", "\xff"))
            return {**headers, name: self._random.choice(options)}
        return headers


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text, 1),
    "deflate": lambda text: zlib.compress(text, 1),
    "br": lambda text: bytes(brotli.compress(text, quality=1)),
    "zstd": zstandard.ZstdCompressor(level=1).compress,
}


@cache
def exceptions() -> list[dict[str, Any]]:
    """The properties of exceptions as SDKs of all platforms send them."""
    found = []
    for path in sorted((GOLDEN / "fingerprints").glob("*.json")):
        golden = json.loads(path.read_text())
        found.append(
            {
                "$exception_list": golden["exception_list"],
                "$debug_images": golden.get("debug_images", []),
                "$lib": golden.get("lib"),
                "$lib_version": golden.get("lib_version"),
                "$session_id": "session",
                "$current_url": "https://shop.example.com/cart?id=7",
                "$release": "1.2.3",
                "$app_namespace": "shop",
                "$app_version": "1.2",
                "$app_build": 7,
                "$issue_name": "Cart is broken",
                "$issue_severity": "high",
                "items": 3,
            }
        )
    return found


def _query(fields: dict[str, str]) -> str:
    return urlencode(fields, errors="surrogatepass")


def _latin(text: str) -> str:
    """As much of a text as fits into a header."""
    return text.encode("latin-1", "replace").decode("latin-1").translate({0: "?", 10: "?", 13: "?"})[:3_000]
