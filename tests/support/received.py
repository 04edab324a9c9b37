"""Builders of received events, as the intake hands them to the pipeline."""

import itertools
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from mothlight.model.event import EXCEPTION, ReceivedEvent
from mothlight.persons.apply import PersonsOfBatch
from mothlight.pipeline.states import Batch

NOW = datetime(2026, 4, 24, 12, tzinfo=UTC)

_numbers = itertools.count(1)


def later(seconds: float) -> datetime:
    """So many seconds after `NOW`."""
    return NOW + timedelta(seconds=seconds)


def raw(value: Any) -> msgspec.Raw:
    """A value as JSON text."""
    return msgspec.Raw(json.dumps(value).encode())


def frame(function: str = "pay", **more: Any) -> dict[str, Any]:
    """One python frame."""
    return {
        "platform": "python",
        "filename": "shop/pay.py",
        "abs_path": "/srv/shop/pay.py",
        "module": "shop.pay",
        "function": function,
        "lineno": 12,
        "in_app": True,
        **more,
    }


def exception(type_: str = "PayError", value: str = "card declined", **more: Any) -> dict[str, Any]:
    """One entry of `$exception_list`, with a stack of one frame unless `stacktrace` is given."""
    trace = {"type": "raw", "frames": [frame()]}
    return {
        "type": type_,
        "value": value,
        "mechanism": {"handled": True, "type": "generic"},
        "stacktrace": trace,
        **more,
    }


def received(
    project_id: int = 1,
    properties: dict[str, Any] | None = None,
    *,
    name: str = EXCEPTION,
    distinct_id: str = "ada",
    timestamp: datetime = NOW,
    received_at: datetime = NOW,
    uuid: UUID | None = None,
    historical: bool = False,
) -> ReceivedEvent:
    """An event with a uuid of its own; an exception has a list of one unless the properties hold another."""
    values = {"$exception_list": [exception()], **(properties or {})} if name == EXCEPTION else properties or {}
    return ReceivedEvent(
        project_id=project_id,
        uuid=uuid or UUID(int=next(_numbers)),
        name=name,
        distinct_id=distinct_id,
        timestamp=timestamp,
        received_at=received_at,
        properties={key: raw(value) for key, value in values.items()},
        historical=historical,
    )


def batch_of(*events: ReceivedEvent) -> Batch[ReceivedEvent]:
    """A batch that nothing has happened to."""
    return Batch(list(events), PersonsOfBatch({}, changed=False), Counter(), [])
