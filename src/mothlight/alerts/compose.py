"""Makes what is sent of a delivery, anew for each attempt: of what fired, with the event as it can be read now."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from mothlight.alerts import webhook
from mothlight.alerts.firing import write_moment
from mothlight.alerts.sending.outcome import Message
from mothlight.alerts.webhook import Envelope
from mothlight.alerts.words import body_of
from mothlight.kit.clock import Clock
from mothlight.model.errors import Unavailable
from mothlight.queries.focus import Place
from mothlight.queries.whole_event import read_event
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access
from mothlight.storage.metadata.repositories.alert_deliveries import TEST, Delivery
from mothlight.storage.metadata.repositories.alert_firings import Firing, firings_of_messages
from mothlight.storage.metadata.repositories.alerts import StoredAlert, find_alert

MOST_EVENTS = 100
"""Events that one message to a webhook holds; `total` counts all."""
TEST_TEXT = "This is a test. Messages of alerts arrive here."


class Composer:
    """Reads what a message tells."""

    def __init__(self, engine: sa.Engine, store: EventStore, clock: Clock, address: Callable[[], str]) -> None:
        """Build it. `address`: where people find this server, for links; without a slash at its end."""
        self._engine = engine
        self._store = store
        self._clock = clock
        self._address = address

    def compose(self, delivery: Delivery) -> Message:
        """The message, in all its forms.

        Raises:
            Unavailable: the metadata database is away.
        """
        with reading(self._engine) as connection:
            project = access.find_project(connection, delivery.project_id)
            alert = (
                None if delivery.alert_id is None else find_alert(connection, delivery.project_id, delivery.alert_id)
            )
            firings = firings_of_messages(connection, [delivery.message_id]).get(delivery.message_id, [])
        base = self._address()
        links = [f"{base}/projects/{each.project_id}/issues/{each.issue_id}" for each in firings]
        name = "" if alert is None else alert.name
        trigger = "created" if alert is None else alert.trigger
        envelope = Envelope(
            message_id=delivery.message_id,
            kind=delivery.kind,
            project={"id": delivery.project_id, "name": "" if project is None else project.name},
            alert=None if alert is None else {"id": alert.id, "name": alert.name, "trigger": alert.trigger},
            title=delivery.title,
            sent_at=write_moment(self._clock()),
            total=len(firings),
        )
        return Message(
            delivery_id=str(delivery.id),
            message_id=str(delivery.message_id),
            title=delivery.title,
            text=TEST_TEXT if delivery.kind == TEST else body_of(trigger, name, firings, links),
            body=webhook.encode(envelope, self._events(alert, firings[:MOST_EVENTS], links)),
        )

    def _events(
        self, alert: StoredAlert | None, firings: Sequence[Firing], links: Sequence[str]
    ) -> list[dict[str, Any]]:
        if alert is None:
            return []
        # Of many the properties are not read: the message would be too large for them anyway.
        is_one = len(firings) == 1
        return [
            webhook.event_of(alert.trigger, each, link, self._properties(each) if is_one else None)
            for each, link in zip(firings, links, strict=False)
        ]

    def _properties(self, firing: Firing) -> dict[str, Any] | None:
        """The properties of the event, as far as it is stored; a message does not wait for them."""
        told = firing.told
        if not told.get("event_uuid"):
            return None
        place = Place(self._store, self._engine, firing.project_id)
        try:
            event = read_event(place, UUID(told["event_uuid"]), datetime.fromisoformat(told["event_timestamp"]))
        except Unavailable:
            return None
        if event is None:
            return None
        return {
            **event.properties,
            "$exception_list": event.exceptions,
            "$exception_fingerprint": event.fingerprint,
            "$exception_issue_id": str(firing.issue_id),
            "$exception_handled": event.handled,
        }
