"""`/projects/{id}/settings/alerts/new` and `…/{alert}`: one alert, with what it would have sent."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from mothlight.alerts.preview import Preview
from mothlight.alerts.words import what_happened
from mothlight.filters.operators import OPERATORS
from mothlight.issues.project_alerts import load_alert
from mothlight.model.errors import Refused, Unavailable
from mothlight.model.issue_states import shown_environment
from mothlight.queries.questions import Window
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import alert_channels
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.web import alert_changes
from mothlight.web.pages.alerts.page import PATH, row_id
from mothlight.web.pages.alerts.words import WHEN
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.filter_rows import FILTER_TYPES, as_row, read_rows
from mothlight.web.values.alerts import NewAlert
from mothlight.web.values.validate import validate

DAYS = 30
MOST_SHOWN = 10
EMPTY_ROW = {"type": "event", "key": "", "operator": "exact", "value": ""}
SLOW = "It takes too long to look at so many events; narrow the conditions."


class Shown(msgspec.Struct, frozen=True):
    """A message of a preview."""

    at: Any
    words: str


def show_new(call: ProjectPage) -> Response:
    """The form of an alert that is not made yet."""
    return _form(call, None, {"trigger": "created", "enabled": "on", "snooze_minutes": "10"}, [], _all_channels(call))


def show_alert(call: ProjectPage) -> Response:
    """The form of one that is."""
    with reading(call.database) as connection:
        alert = load_alert(connection, call.project.id, row_id(call))
    return _form(call, alert.id, _fields_of(alert), alert.filters, {str(each) for each in alert.channels})


def make_alert(call: ProjectPage) -> Response:
    """Make it, or only try it."""
    return _take(call, None)


def save_alert(call: ProjectPage) -> Response:
    """Change it, or only try it."""
    alert_id = row_id(call)
    with reading(call.database) as connection:
        load_alert(connection, call.project.id, alert_id)
    return _take(call, alert_id)


def switch_alert(call: ProjectPage) -> Response:
    """Switch an alert on or off."""
    enabled = call.form.get("enabled") == "on"
    alert = alert_changes.change_alert(call, row_id(call), {"enabled": enabled})
    return call.redirect(call.path(PATH), f"{alert.name} is {'on' if enabled else 'off'}.")


def remove_alert(call: ProjectPage) -> Response:
    """Delete an alert."""
    alert_changes.remove_alert(call, row_id(call))
    return call.redirect(call.path(PATH), "The alert is deleted. It can be taken back under Changes.")


def _take(call: ProjectPage, alert_id: UUID | None) -> Response:
    fields = {name: call.form.get(name, "").strip() for name in ("trigger", "name", "threshold", "window_minutes")}
    fields |= {name: call.form.get(name, "").strip() for name in ("snooze_minutes", "environments", "enabled")}
    filters, channels = read_rows(call.form), set(call.form.getlist("channel"))
    found: Preview | None = None
    try:
        values = validate(NewAlert, _body(fields, filters, call.form.getlist("channel"))).model_dump()
        if call.form.get("do") != "preview":
            return _save(call, alert_id, values)
        alert = alert_changes.new_alert(call, values)
        found = alert_changes.preview_alert(call, alert, Window(f"-{DAYS}d", None))
    except Refused as problem:
        return _form(call, alert_id, fields, filters, channels, problem=problem)
    except Unavailable:
        return _form(call, alert_id, fields, filters, channels, note=SLOW)
    return _form(call, alert_id, fields, filters, channels, found=found)


def _save(call: ProjectPage, alert_id: UUID | None, values: Mapping[str, Any]) -> Response:
    if alert_id is None:
        alert = alert_changes.add_alert(call, values)
        return call.redirect(call.path(PATH), f"The alert {alert.name} is made.")
    given = {**values, "name": values["name"] or None}
    changed = {name: value for name, value in given.items() if value is not None or name != "name"}
    alert = alert_changes.change_alert(call, alert_id, changed)
    return call.redirect(call.path(PATH), f"The alert {alert.name} is saved.")


def _body(fields: Mapping[str, str], filters: list[dict[str, Any]], channels: list[str]) -> dict[str, Any]:
    environments = [each.strip() for each in fields["environments"].split(",") if each.strip()]
    numbers = {name: fields[name] or None for name in ("threshold", "window_minutes")}
    body = {"trigger": fields["trigger"], "name": fields["name"], "enabled": fields["enabled"] == "on"}
    more = {"environments": environments or None, "filters": filters, "channels": channels}
    return {**body, **numbers, **more, "snooze_minutes": fields["snooze_minutes"]}


def _fields_of(alert: StoredAlert) -> dict[str, str]:
    return {
        "trigger": alert.trigger,
        "name": alert.name,
        "threshold": "" if alert.threshold is None else str(alert.threshold),
        "window_minutes": "" if alert.window_minutes is None else str(alert.window_minutes),
        "snooze_minutes": str(alert.snooze_minutes),
        "environments": ", ".join(shown_environment(each) for each in alert.environments),
        "enabled": "on" if alert.enabled else "",
    }


def _all_channels(call: ProjectPage) -> set[str]:
    with reading(call.database) as connection:
        return {str(each.id) for each in alert_channels.list_channels(connection, call.project.id)}


def _form(
    call: ProjectPage,
    alert_id: UUID | None,
    fields: Mapping[str, str],
    filters: list[dict[str, Any]],
    chosen: set[str],
    *,
    found: Preview | None = None,
    problem: Refused | None = None,
    note: str | None = None,
) -> Response:
    with reading(call.database) as connection:
        channels = alert_channels.list_channels(connection, call.project.id)
    return call.page(
        "alerts/edit.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        base=call.path(PATH),
        alert_id=alert_id,
        fields={"threshold": "", "window_minutes": "", "environments": "", "name": "", **fields},
        rows=[*(as_row(each) for each in filters), EMPTY_ROW, *([EMPTY_ROW] if not filters else [])],
        triggers=WHEN,
        operators=list(OPERATORS),
        filter_types=list(FILTER_TYPES),
        channels=channels,
        chosen=chosen,
        found=found,
        shown=[] if found is None else _shown(fields["trigger"], found),
        days=DAYS,
        problem=problem,
        note=note,
    )


def _shown(trigger: str, found: Preview) -> list[Shown]:
    """The newest messages, newest first."""
    lines: list[Shown] = []
    for message in reversed(found.messages[-MOST_SHOWN:]):
        first = message.told[0]
        name = found.names.get(first.issue_id) or "Issue without a name"
        more = f" and {len(message.told) - 1:,} more" if len(message.told) > 1 else ""
        lines.append(Shown(message.at, f"{name} {what_happened(trigger, first.told)}{more}"))
    return lines
