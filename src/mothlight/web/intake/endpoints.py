"""The capture paths (ingest 1). Whatever stands before them in a path is the operator's, and ignored.

To add one: a line in `ENDPOINTS`.
"""

from enum import Enum
from functools import lru_cache

import msgspec


class Treatment(Enum):
    """What happens to the events of a path."""

    STORE = "store"
    COUNT = "count"
    """Decoded and counted, but not kept: they are never exceptions."""
    DISCARD = "discard"
    """Let pass unread."""


class Endpoint(msgspec.Struct, frozen=True):
    """One capture path."""

    dialect: str
    """A name of `DIALECTS`."""
    treatment: Treatment
    methods: tuple[str, ...] = ("POST",)


_CAPTURE = Endpoint("v0", Treatment.STORE, ("POST", "GET"))
_COUNTED = Endpoint("v0", Treatment.COUNT)
_RECORDING = Endpoint("v0", Treatment.DISCARD)
_TELEMETRY = Endpoint("v1", Treatment.DISCARD)

ENDPOINTS: dict[str, Endpoint] = {
    "batch": _CAPTURE,
    "e": _CAPTURE,
    "i/v0/e": _CAPTURE,
    "capture": _CAPTURE,
    "track": _CAPTURE,
    "engage": _CAPTURE,
    "i/v1/analytics/events": Endpoint("v1", Treatment.STORE),
    "i/v0/ai/batch": _COUNTED,
    "i/v0/ai": _COUNTED,
    "s": _RECORDING,
    "i/v1/logs": _TELEMETRY,
    "i/v1/metrics": _TELEMETRY,
    "i/v1/traces": _TELEMETRY,
}
"""By the end of the path, without slashes around."""

_LAST_PARTS = frozenset(path.rpartition("/")[2] for path in ENDPOINTS)
_MOST_PARTS = 4
_NOT_OURS = ("/api/projects/", "/api/environments/", "/api/organizations/", "/api/users/")
"""Where names of the REST API could end like a capture path."""


@lru_cache(maxsize=256)
def find_endpoint(path: str) -> Endpoint | None:
    """The capture path that this path ends with, or None."""
    parts = path.rstrip("/").rsplit("/", _MOST_PARTS)
    if parts[-1] not in _LAST_PARTS or path.startswith(_NOT_OURS):
        return None
    for start in range(max(0, len(parts) - _MOST_PARTS), len(parts)):
        endpoint = ENDPOINTS.get("/".join(parts[start:]))
        if endpoint is not None:
            return endpoint
    return None


def is_capture_path(path: str) -> bool:
    """Whether the intake answers this path, with or without a slash at its end."""
    return find_endpoint(path) is not None
