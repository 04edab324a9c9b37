"""A whole intake in process: real journal on disk, real backlog and tally, a fixed clock and one project."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mothlight.journal.backlog import Backlog
from mothlight.journal.engines.segments import SegmentJournal
from mothlight.model.event import ReceivedEvent
from mothlight.model.tally import Tally
from mothlight.web.intake.receive import Receiver, decode_entry
from mothlight.web.intake.routes import Intake
from tests.support.asgi import Received, call

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
TOKEN = "phc_local_token"
PROJECT = 7

RECORDED = Path(__file__).parents[1] / "golden" / "wire" / "sdk"


async def find_project(token: str) -> int | None:
    return PROJECT if token == TOKEN else None


class IntakeHarness:
    """What a test of the intake looks at."""

    def __init__(self, directory: Path) -> None:
        self.now = NOW
        self.tally = Tally()
        self.journal = SegmentJournal(directory, reserve_bytes=0)
        self.backlog = Backlog(self.journal, decode_entry, self.tally)
        self.app = Intake(self.receiver())

    def receiver(self, **options: Any) -> Receiver:
        return Receiver(self.journal, self.backlog, self.tally, lambda: self.now, find_project, **options)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None, query: str = "") -> Received:
        """Post bytes as they are, anything else as JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return call(self.app, "POST", path, sent, headers, query)

    def taken(self) -> list[ReceivedEvent]:
        """The events that stand in the backlog now."""
        return [event for _, events in self.backlog.take(1000, 0) for event in events]


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[IntakeHarness]:
    harness = IntakeHarness(tmp_path / "journal")
    yield harness
    harness.journal.close()


def plain(event: ReceivedEvent) -> dict[str, Any]:
    """The properties of an event as Python values."""
    return {name: json.loads(bytes(value)) for name, value in event.properties.items()}


def recorded_requests() -> list[str]:
    """The names of the captured requests."""
    return sorted(path.stem for path in RECORDED.glob("*.json"))


def recorded(name: str) -> tuple[dict[str, Any], bytes]:
    """A captured request and its body."""
    request = json.loads((RECORDED / f"{name}.json").read_text())["request"]
    return request, base64.b64decode(request["body_base64"])


def replay(app: Any, name: str) -> Received:
    """Send a captured request again, byte for byte."""
    request, body = recorded(name)
    return call(app, request["method"], request["path"], body, request["headers"], request["query_string"])
