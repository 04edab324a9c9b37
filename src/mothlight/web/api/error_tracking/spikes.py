"""`spike_detection_config/…` and `spike_events`: when an issue spikes, and when one did (api.md 3.7)."""

from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from mothlight.filters.moments import absolute_moment
from mothlight.issues.project_settings import change_settings
from mothlight.model.errors import invalid
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import settings as repository
from mothlight.storage.metadata.repositories import spike_events
from mothlight.storage.metadata.repositories.spike_events import ORDERS, SpikeFilter
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import SpikeEventShape
from mothlight.web.change import change
from mothlight.web.errors import json_response
from mothlight.web.values.changes import SpikeConfigChange
from mothlight.web.values.validate import validate


def get_spike_config(call: ProjectCall) -> Response:
    """When an issue spikes."""
    with reading(call.parts.database) as connection:
        return json_response(repository.load_spike_config(connection, call.project.id))


def update_spike_config(call: ProjectCall) -> Response:
    """Change some of it and show all."""
    wanted = validate(SpikeConfigChange, call.fields()).model_dump(exclude_unset=True)
    values = {repository.SPIKE_COLUMNS[name]: value for name, value in wanted.items()}
    change(call, lambda connection, author: change_settings(connection, author, values))
    return get_spike_config(call)


def list_spike_events(call: ProjectCall) -> Response:
    """When issues spiked, newest first."""
    wanted = SpikeFilter(
        _read_ids(call.query.get("issue_ids", "")),
        _read_moment(call, "date_from"),
        _read_moment(call, "date_to"),
    )
    order = call.query.get("order_by", "").strip() or f"-{ORDERS[0]}"
    if order.removeprefix("-") not in ORDERS:
        raise invalid(f'"{order}" is not a valid choice.', "order_by", "invalid_choice")
    page = call.page()
    with reading(call.parts.database) as connection:
        count = spike_events.count_spikes(connection, call.project.id, wanted)
        found = spike_events.list_spikes(
            connection,
            call.project.id,
            wanted,
            page.limit,
            page.offset,
            order=order.removeprefix("-"),
            upwards=not order.startswith("-"),
        )
    return call.answer_page(page, count, [SpikeEventShape.of(each) for each in found])


def _read_ids(text: str) -> list[UUID] | None:
    """Ids with commas between; None: of all issues."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [_read_id(part) for part in parts] or None


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise invalid(f"'{text}' is not a valid issue id.", "issue_ids") from None


def _read_moment(call: ProjectCall, name: str) -> datetime | None:
    text = call.query.get(name, "").strip()
    if not text:
        return None
    moment = absolute_moment(text)
    if moment is None:
        raise invalid("Enter a valid ISO 8601 timestamp.", name)
    return moment
