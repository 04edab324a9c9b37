"""`/projects/{id}/settings/alerts`: who hears about what, through which channels, and what was sent."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from starlette.responses import Response

from mothlight.model.errors import Refused, not_found
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import alert_channels, alert_deliveries
from mothlight.storage.metadata.repositories import alerts as repository
from mothlight.storage.metadata.repositories.alert_channels import Channel
from mothlight.web import alert_changes
from mothlight.web.pages.alerts.words import alert_line, delivery_line, outcome
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.values.alerts import NewChannel
from mothlight.web.values.validate import validate

PATH = "settings/alerts"
MOST_SENT = 15
ON_A_PAGE = 50
GONE = "There is no such alert."
LATELY = timedelta(days=30)


def show_alerts(call: ProjectPage) -> Response:
    """Alerts, channels, and what was sent lately."""
    return _page(call)


def add_channel(call: ProjectPage) -> Response:
    """Make a channel, and show a webhook's secret this once."""
    sent = {name: call.form.get(name, "").strip() for name in ("name", "address")}
    try:
        wanted = validate(NewChannel, sent)
        made = alert_changes.add_channel(call, wanted.name, wanted.address)
    except Refused as problem:
        return _page(call, problem=problem, sent=sent)
    if made.signing_secret is None:
        return call.redirect(call.path(PATH), f"{made.name} is added. Send a test to see that it works.")
    return _page(call, made=made)


def remove_channel(call: ProjectPage) -> Response:
    """Delete a channel."""
    alert_changes.remove_channel(call, row_id(call))
    return call.redirect(call.path(PATH), "The channel is deleted, its address and secret with it.")


def test_channel(call: ProjectPage) -> Response:
    """Send a test to a channel, and say what became of it."""
    sent = alert_changes.send_test_to_channel(call, row_id(call))
    return call.redirect(call.path(PATH), outcome([sent], _names(_channels(call))))


def test_alert(call: ProjectPage) -> Response:
    """Send a test to all channels of an alert, and say what became of it."""
    try:
        sent = alert_changes.send_test_of_alert(call, row_id(call))
    except Refused as problem:
        if problem.status != 400:
            raise
        return call.redirect(call.path(PATH), problem.detail)
    return call.redirect(call.path(PATH), outcome(sent, _names(_channels(call))))


def show_deliveries(call: ProjectPage) -> Response:
    """All that was sent, by pages; `status=dead` shows what was given up."""
    status = call.query.get("status")
    wanted = status if status in (alert_deliveries.WAITING, alert_deliveries.DEAD) else None
    page = max(1, _number(call.query.get("page", "")))
    with reading(call.database) as connection:
        count, found = alert_deliveries.list_deliveries(
            connection, call.project.id, ON_A_PAGE, (page - 1) * ON_A_PAGE, status=wanted
        )
    channels = _channels(call)
    return call.page(
        "alerts/deliveries.html",
        place=call.path(PATH),
        base=call.path(PATH),
        lines=[delivery_line(each, channels) for each in found],
        status=200,
        shown=wanted or "",
        number=page,
        count=count,
        first=(page - 1) * ON_A_PAGE + 1,
        has_more=page * ON_A_PAGE < count,
    )


def send_again(call: ProjectPage) -> Response:
    """Have a message sent again that was given up."""
    try:
        alert_changes.send_again(call, row_id(call))
    except Refused as problem:
        if problem.status != 400:
            raise
        return call.redirect(call.path(f"{PATH}/deliveries"), problem.detail)
    return call.redirect(call.path(f"{PATH}/deliveries"), "It is sent again.")


def row_id(call: ProjectPage) -> UUID:
    """The id in the path. Raises `Refused` (404) when it is none."""
    try:
        return UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found(GONE) from None


def _page(
    call: ProjectPage,
    *,
    made: Channel | None = None,
    problem: Refused | None = None,
    sent: Mapping[str, str] | None = None,
) -> Response:
    channels = _channels(call)
    with reading(call.database) as connection:
        alerts = repository.list_alerts(connection, call.project.id)
        messages = repository.messages_of(connection, [each.id for each in alerts], call.parts.clock() - LATELY)
        _, latest = alert_deliveries.list_deliveries(connection, call.project.id, MOST_SENT, 0)
        dead, _ = alert_deliveries.list_deliveries(connection, call.project.id, 1, 0, status=alert_deliveries.DEAD)
        last = alert_deliveries.last_deliveries(connection, call.project.id, list(channels))
    names = _names(channels)
    return call.page(
        "alerts/alerts.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        base=call.path(PATH),
        alerts=[alert_line(each, names, messages.get(each.id, 0)) for each in alerts],
        channels=list(channels.values()),
        last={key: delivery_line(each, channels) for key, each in last.items()},
        latest=[delivery_line(each, channels) for each in latest],
        dead=dead,
        made=made,
        problem=problem,
        sent=sent or {"name": "", "address": ""},
    )


def _channels(call: ProjectPage) -> dict[UUID, Channel]:
    with reading(call.database) as connection:
        return {each.id: each for each in alert_channels.list_channels(connection, call.project.id)}


def _names(channels: Mapping[UUID, Channel]) -> dict[UUID, str]:
    return {key: each.name for key, each in channels.items()}


def _number(text: str) -> int:
    return int(text[:6]) if text.isascii() and text.isdigit() else 1
