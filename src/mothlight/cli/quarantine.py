"""`mothlight quarantine …`."""

from typing import Annotated, Any
from uuid import UUID

from cyclopts import Parameter

from mothlight.cli.metadata import changing, looking
from mothlight.cli.options import DEFAULT_DATA_DIR, NO_VARIABLE, AsJson, DataDir, Yes
from mothlight.cli.output import print_json, print_table
from mothlight.kit.lock import find_holder
from mothlight.model.errors import Misconfigured
from mothlight.settings import read_settings
from mothlight.storage.metadata.repositories import quarantine as repository
from mothlight.storage.metadata.repositories.quarantine import DEFECT, REFUSED, Cause, Quarantined

MOST_SHOWN = 100
REASON_CHARACTERS = 80
MEBIBYTE = 1024**2


def list_events(*, as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the events that could not be stored, those that failed last first."""
    with looking(data_dir) as (connection, _):
        events = repository.list_quarantine(connection, MOST_SHOWN)
        sums = repository.sum_up(connection)
    if as_json:
        print_json([_shape(event) for event in events])
        return
    rows = [
        [each.event_uuid, each.project_id, _moment(each), each.cause, each.size, _short(each.reason)] for each in events
    ]
    print_table(["EVENT", "PROJECT", "FAILED", "CAUSE", "BYTES", "REASON"], rows)
    bounds = {DEFECT: repository.MOST_BYTES, REFUSED: repository.MOST_REFUSED_BYTES}
    sizes = {cause: size / MEBIBYTE for cause, (_, size) in sums.items()}
    taken = [f"{cause} {sizes.get(cause, 0):.1f} of {bound // MEBIBYTE} MiB" for cause, bound in bounds.items()]
    print(f"{_count(sum(each for each, _ in sums.values()))}: {', '.join(taken)}")


def show(
    event_uuid: Annotated[UUID, NO_VARIABLE, Parameter(help="The event's uuid, as `quarantine list` shows it.")],
    /,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Print an event as JSON."""
    with looking(data_dir) as (connection, _):
        events = repository.find_events(connection, event_uuid)
    if not events:
        raise Misconfigured(f"there is no event {event_uuid} in quarantine")
    for event in events:
        print(event)


def retry(
    *,
    refused: Annotated[bool, Parameter(help="Also those that the event store refused.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Process events again that failed by a defect. A start of the server does it too."""
    causes: list[Cause] = [DEFECT, REFUSED] if refused else [DEFECT]
    with changing(data_dir) as (connection, _):
        events = repository.make_due(connection, causes)
    runs = find_holder(read_settings(data_dir=data_dir).data_dir) is not None
    print(
        f"{_count(events)} will be processed again by {'the running server' if runs else 'the next server that runs'}"
    )


def discard(*, yes: Yes = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Delete all events in quarantine."""
    if not yes:
        raise Misconfigured("discarding events cannot be undone; say --yes to do it")
    with changing(data_dir) as (connection, _):
        events = repository.discard(connection)
    print(f"Deleted: {_count(events)}")


def _shape(event: Quarantined) -> dict[str, Any]:
    return {
        "event": str(event.event_uuid),
        "project_id": event.project_id,
        "cause": event.cause,
        "reason": event.reason,
        "bytes": event.size,
        "is_due": event.is_due,
        "received_at": event.received_at.isoformat(),
        "failed_at": event.failed_at.isoformat(),
    }


def _count(events: int) -> str:
    return "1 event" if events == 1 else f"{events} events"


def _moment(event: Quarantined) -> str:
    return f"{event.failed_at:%Y-%m-%d %H:%M:%S}"


def _short(reason: str) -> str:
    text = " ".join(reason.split())
    return text if len(text) <= REASON_CHARACTERS else text[: REASON_CHARACTERS - 1] + "…"
