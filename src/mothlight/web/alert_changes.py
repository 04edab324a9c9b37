"""Changes of alerts and channels, by programs and on pages: what may be is checked, what was done is entered."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.alerts.channels import new_channel, read_address
from mothlight.alerts.deliver import CLAIM
from mothlight.alerts.dispatch import channels_of, new_delivery
from mothlight.alerts.preview import Preview, preview
from mothlight.alerts.signature import make_secret
from mothlight.alerts.triggers import TRIGGERS
from mothlight.issues import project_alerts
from mothlight.issues.journal import Author
from mothlight.model.errors import invalid, not_found
from mothlight.queries.date_range import figures_range
from mothlight.queries.questions import Window
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import alert_deliveries
from mothlight.storage.metadata.repositories.alert_channels import Channel
from mothlight.storage.metadata.repositories.alert_deliveries import TEST, Delivery
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.web.change import change
from mothlight.web.parts import Work

NO_CHANNEL = "This alert has no channel."


def new_alert(call: Work, values: Mapping[str, Any]) -> StoredAlert:
    """The alert that checked values say, not yet saved.

    Raises:
        Refused: it lacks what its trigger needs (400).
    """
    moment = call.parts.clock()
    named = {"name": values["name"] or f"Issue {TRIGGERS[values['trigger']].words}"}
    fixed = {"id": call.parts.make_id(), "project_id": call.project.id, "created_at": moment, "updated_at": moment}
    return _checked(StoredAlert(**{**values, **fixed, **named, "environments": list(values["environments"] or ())}))


def add_alert(call: Work, values: Mapping[str, Any]) -> StoredAlert:
    """Make an alert of checked values.

    Raises:
        Refused: there are too many, it lacks what its trigger needs, or a channel of it is not there (400).
    """
    alert = new_alert(call, values)
    change(call, lambda connection, author: project_alerts.add_alert(connection, author, alert))
    return alert


def change_alert(call: Work, alert_id: UUID, values: Mapping[str, Any]) -> StoredAlert:
    """Give an alert other values, which must have been checked; what is left out stays.

    Raises:
        Refused: there is no such alert (404), or as `add_alert` (400).
    """
    wanted = dict(values)
    if "environments" in wanted:
        wanted["environments"] = list(wanted["environments"] or ())

    def work(connection: sa.Connection, author: Author) -> StoredAlert:
        present = project_alerts.load_alert(connection, author.project_id, alert_id)
        changed = _checked(msgspec.structs.replace(present, **wanted, updated_at=author.moment))
        project_alerts.change_alert(connection, author, changed)
        return changed

    return change(call, work)


def remove_alert(call: Work, alert_id: UUID) -> None:
    """Delete an alert. Raises `Refused` (404) when there is none such."""
    change(call, lambda connection, author: project_alerts.remove_alert(connection, author, alert_id))


def preview_alert(call: Work, alert: StoredAlert, window: Window) -> Preview:
    """What an alert would have sent in a time. Raises as `alerts.preview.preview`."""
    now = call.parts.clock()
    asked = figures_range(window, now)
    return preview(call.parts.database, call.parts.events, alert, asked.start, min(asked.end, now), now)


def add_channel(call: Work, name: str, address: str) -> Channel:
    """Make a channel. Raises `Refused` (400) when messages cannot go there, or there are too many."""
    parts = call.parts
    services = parts.alerting.services
    channel = new_channel(call.project.id, name, address, services, parts.make_id(), parts.clock(), secrets.token_bytes)
    change(call, lambda connection, author: project_alerts.add_channel(connection, author, channel))
    return channel


def change_channel(call: Work, channel_id: UUID, name: str | None, address: str | None) -> tuple[Channel, bool]:
    """Give a channel another name or address; gives also whether it got a signing secret by that.

    Raises:
        Refused: there is no such channel (404), or messages cannot go there (400).
    """
    read = None if address is None else read_address(address, call.parts.alerting.services)

    def work(connection: sa.Connection, author: Author) -> tuple[Channel, bool]:
        present = project_alerts.load_channel(connection, author.project_id, channel_id)
        changed = present if name is None else msgspec.structs.replace(present, name=name)
        if read is not None and address is not None:
            secret = present.signing_secret or make_secret(secrets.token_bytes(32))
            changed = msgspec.structs.replace(
                changed,
                kind=read.kind,
                service=read.service,
                shown_address=read.shown,
                address=address,
                signing_secret=secret if read.kind == "webhook" else None,
            )
        project_alerts.change_channel(connection, author, changed)
        return changed, present.signing_secret is None and changed.signing_secret is not None

    return change(call, work)


def remove_channel(call: Work, channel_id: UUID) -> None:
    """Delete a channel with its secrets. Raises `Refused` (404) when there is none such."""
    change(call, lambda connection, author: project_alerts.remove_channel(connection, author, channel_id))


def send_test_of_alert(call: Work, alert_id: UUID) -> list[Delivery]:
    """Send a test to all channels of an alert, now; gives what became of it.

    Raises:
        Refused: there is no such alert (404), or it has no channel (400).
    """
    with reading(call.parts.database) as connection:
        alert = project_alerts.load_alert(connection, call.project.id, alert_id)
        channels = channels_of(connection, alert)
    if not channels:
        raise invalid(NO_CHANNEL, "channels")
    return _send_test(call, channels, alert_id)


def send_test_to_channel(call: Work, channel_id: UUID) -> Delivery:
    """Send a test to a channel, now; gives what became of it. Raises `Refused` (404) when there is none such."""
    with reading(call.parts.database) as connection:
        project_alerts.load_channel(connection, call.project.id, channel_id)
    return _send_test(call, [channel_id], None)[0]


def send_again(call: Work, delivery_id: UUID) -> Delivery:
    """Have a message that was given up sent again.

    Raises:
        Refused: there is no such delivery (404), or it was not given up (400).
    """
    with writing(call.parts.database) as connection:
        found = alert_deliveries.find_delivery(connection, call.project.id, delivery_id)
        if found is None:
            raise not_found()
        if not alert_deliveries.try_again(connection, call.project.id, delivery_id, call.parts.clock()):
            raise invalid(f"Only what was given up is sent again; this is {found.status}.")
        return alert_deliveries.find_delivery(connection, call.project.id, delivery_id) or found


def _send_test(call: Work, channels: Sequence[UUID], alert_id: UUID | None) -> list[Delivery]:
    parts, title = call.parts, f"[{call.project.name}] Test of an alert"
    now, message_id = parts.clock(), parts.make_id()
    made = [
        new_delivery(parts.make_id(), call.project.id, alert_id, channel_id, message_id, TEST, title, now)
        for channel_id in channels
    ]
    claimed = [msgspec.structs.replace(each, due_at=now + CLAIM) for each in made]
    with writing(parts.database) as connection:
        alert_deliveries.insert_deliveries(connection, claimed)
    return parts.alerting.deliver.send_now(claimed)


def _checked(alert: StoredAlert) -> StoredAlert:
    if not TRIGGERS[alert.trigger].has_threshold:
        return msgspec.structs.replace(alert, threshold=None, window_minutes=None)
    for name in ("threshold", "window_minutes"):
        if getattr(alert, name) is None:
            raise invalid("This field is required.", name, "required")
    return alert
