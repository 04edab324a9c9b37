"""`alerts/…`: who hears about what, what would have been sent, and what was (`docs/alerts.md`)."""

from uuid import UUID

from starlette.responses import Response

from mothlight.issues.project_alerts import load_alert
from mothlight.model.errors import invalid
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import alert_deliveries, alerts
from mothlight.web import alert_changes
from mothlight.web.api.alert_shapes import AlertPreviewShape, AlertShape, DeliveryShape, TestShape
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.alerts import AlertChange, AlertTrial, NewAlert
from mothlight.web.values.validate import validate

STATUSES = (alert_deliveries.WAITING, alert_deliveries.DELIVERED, alert_deliveries.DEAD)


def list_alerts(call: ProjectCall) -> Response:
    """Alerts, oldest first."""
    with reading(call.parts.database) as connection:
        return call.answer_slice([AlertShape.of(each) for each in alerts.list_alerts(connection, call.project.id)])


def get_alert(call: ProjectCall) -> Response:
    """One alert."""
    alert_id = call.row_id()
    with reading(call.parts.database) as connection:
        return json_response(AlertShape.of(load_alert(connection, call.project.id, alert_id)))


def add_alert(call: ProjectCall) -> Response:
    """Make an alert."""
    values = validate(NewAlert, call.fields()).model_dump()
    return json_response(AlertShape.of(alert_changes.add_alert(call, values)), 201)


def patch_alert(call: ProjectCall) -> Response:
    """Change an alert."""
    values = validate(AlertChange, call.fields()).model_dump(exclude_unset=True)
    return json_response(AlertShape.of(alert_changes.change_alert(call, call.row_id(), values)))


def remove_alert(call: ProjectCall) -> Response:
    """Delete an alert; what it has sent stays listed."""
    alert_changes.remove_alert(call, call.row_id())
    return Response(status_code=204)


def test_alert(call: ProjectCall) -> Response:
    """Send a test to all channels of an alert, now."""
    sent = alert_changes.send_test_of_alert(call, call.row_id())
    return json_response(TestShape([DeliveryShape.of(each) for each in sent]))


def preview_alert(call: ProjectCall) -> Response:
    """What an alert would have sent. Nothing is sent, and nothing changes."""
    asked = validate(AlertTrial, call.fields())
    alert = alert_changes.new_alert(call, asked.model_dump(exclude={"date_range"}))
    found = alert_changes.preview_alert(call, alert, asked.date_range.window())
    return json_response(AlertPreviewShape.of(alert.trigger, found))


def list_deliveries(call: ProjectCall) -> Response:
    """Messages on their way, those that arrived and those that were given up, newest first."""
    return _deliveries(call, _id_in_query(call, "alert"))


def list_deliveries_of_alert(call: ProjectCall) -> Response:
    """The same of one alert."""
    alert_id = call.row_id()
    with reading(call.parts.database) as connection:
        load_alert(connection, call.project.id, alert_id)
    return _deliveries(call, alert_id)


def send_again(call: ProjectCall) -> Response:
    """Send a message again that was given up."""
    return json_response(DeliveryShape.of(alert_changes.send_again(call, call.row_id())))


def _deliveries(call: ProjectCall, alert_id: UUID | None) -> Response:
    page, status = call.page(), call.query.get("status") or None
    if status is not None and status not in STATUSES:
        raise invalid(f'"{status[:100]}" is not a valid choice.', "status", "invalid_choice")
    channel_id = _id_in_query(call, "channel")
    with reading(call.parts.database) as connection:
        count, found = alert_deliveries.list_deliveries(
            connection,
            call.project.id,
            page.limit,
            page.offset,
            alert_id=alert_id,
            channel_id=channel_id,
            status=status,
        )
    return call.answer_page(page, count, [DeliveryShape.of(each) for each in found])


def _id_in_query(call: ProjectCall, name: str) -> UUID | None:
    text = call.query.get(name)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise invalid("Must be a valid UUID.", name) from None
