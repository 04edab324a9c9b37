"""Decides on what was announced and counted, and puts messages on their way. One node does it at a time.

Everything it decides is written in one transaction with the mark that it is decided, so a crash loses nothing and a
repetition adds nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog

from mothlight.alerts import counted
from mothlight.alerts.conditions import meeting
from mothlight.alerts.fire import fire
from mothlight.alerts.firing import Candidate, announced
from mothlight.alerts.plan import BURST, next_messages
from mothlight.alerts.triggers import COUNTED, TRIGGERS, trigger_of_announcement
from mothlight.alerts.words import title_of
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.errors import Refused, Unavailable
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories import access, alert_channels, alert_deliveries, alert_firings
from mothlight.storage.metadata.repositories import alerts as repository
from mothlight.storage.metadata.repositories.alert_deliveries import DIGEST, SINGLE, Delivery
from mothlight.storage.metadata.repositories.alert_firings import Firing
from mothlight.storage.metadata.repositories.alerts import StoredAlert
from mothlight.storage.metadata.repositories.announcements import (
    StoredAnnouncement,
    due_announcements,
    settle_announcements,
)

SUBJECT = "alerts"
AT_ONCE = 500
"""Announcements that are decided on in one transaction."""
MOST_WAITING = 20_000
"""Firings that are looked at when messages are made."""
LOOK_AGAIN = timedelta(seconds=2)
"""When to ask again for an event that was not stored yet."""
COUNT_EVERY = timedelta(seconds=20)
LATE = timedelta(minutes=10)
"""How long after their receipt events are counted still, beside the lag of this node."""

log = structlog.get_logger(__name__)


class Dispatch:
    """From what happened to messages that wait to be delivered."""

    def __init__(
        self,
        engine: sa.Engine,
        store: EventStore,
        clock: Clock,
        make_id: MakeId,
        lag_seconds: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Build it. `lag_seconds`: how long the oldest event waits that this node accepted and has not stored."""
        self._engine = engine
        self._store = store
        self._clock = clock
        self._make_id = make_id
        self._lag_seconds = lag_seconds

    def __call__(self) -> None:
        """Do what is due.

        Raises:
            Unavailable: a store is away; nothing is lost.
        """
        with alone(self._engine, SUBJECT) as is_ours:
            if is_ours:
                while self.decide() == AT_ONCE:
                    pass
                self.make_messages()
                self.count()
                self.make_messages()

    def decide(self) -> int:
        """Decide on announcements; gives how many were looked at."""
        now = self._clock()
        with reading(self._engine) as connection:
            due = due_announcements(connection, now, AT_ONCE)
            alerts = repository.enabled_alerts(connection, list(TRIGGERS)) if due else []
        if not due:
            return 0
        candidates: list[Candidate] = []
        waiting: set[UUID] = set()
        for alert in alerts:
            mine = [each for each in due if _concerns(each, alert)]
            if mine:
                try:
                    met = meeting(self._store, alert, mine, now)
                except Refused as problem:
                    log.warning("alert_not_decided", alert=str(alert.id), reason=problem.detail)
                    continue
                candidates += [announced(alert, each) for each in met.met]
                waiting |= {each.id for each in met.waiting}
        with writing(self._engine) as connection:
            fire(connection, candidates, self._make_id)
            settle_announcements(connection, {each.id for each in due} - waiting, None)
            settle_announcements(connection, waiting, now + LOOK_AGAIN)
        return len(due)

    def count(self) -> None:
        """Look at the stored events for alerts that count."""
        now = self._clock()
        with reading(self._engine) as connection:
            alerts = repository.enabled_alerts(connection, COUNTED)
        late = LATE + timedelta(seconds=self._lag_seconds())
        for alert in alerts:
            if alert.counted_until is not None and timedelta(0) <= now - alert.counted_until < COUNT_EVERY:
                continue
            since = max(alert.updated_at, (alert.counted_until or now) - late)
            try:
                candidates = counted.candidates(self._store, alert, since, now) if since <= now else []
            except (Unavailable, Refused) as problem:
                # One that takes too long must not keep the others from being told.
                log.warning("alert_not_counted", alert=str(alert.id), reason=str(problem.detail))
                continue
            with writing(self._engine) as connection:
                fire(connection, candidates, self._make_id)
                repository.note_counted(connection, alert.id, now)

    def make_messages(self) -> None:
        """Put what alerts have to tell into messages, and these on their way."""
        now = self._clock()
        with reading(self._engine) as connection:
            waiting = alert_firings.waiting_firings(connection, MOST_WAITING)
        by_alert: dict[UUID, list[Firing]] = {}
        for firing in waiting:
            by_alert.setdefault(firing.alert_id, []).append(firing)
        for alert_id, firings in by_alert.items():
            with writing(self._engine) as connection:
                alert = repository.find_alert(connection, firings[0].project_id, alert_id)
                self._make_messages_of(connection, alert, firings, now)

    def _make_messages_of(
        self, connection: sa.Connection, alert: StoredAlert | None, firings: Sequence[Firing], now: datetime
    ) -> None:
        channels = [] if alert is None else channels_of(connection, alert)
        if alert is None or not alert.enabled or not channels:
            alert_firings.delete_firings(connection, [each.id for each in firings])
            return
        project = access.find_project(connection, alert.project_id)
        name = "" if project is None else project.name
        sent = alert_deliveries.message_times(connection, alert.id, now - BURST)
        for message in next_messages(firings, sent, now):
            message_id = self._make_id()
            alert_firings.put_into_message(connection, [each.id for each in message], message_id)
            kind = SINGLE if len(message) == 1 else DIGEST
            title = title_of(name, alert.trigger, message)
            alert_deliveries.insert_deliveries(
                connection,
                [
                    new_delivery(self._make_id(), alert.project_id, alert.id, channel_id, message_id, kind, title, now)
                    for channel_id in channels
                ],
            )


def channels_of(connection: sa.Connection, alert: StoredAlert) -> list[UUID]:
    """The channels of an alert that exist."""
    there = {each.id for each in alert_channels.list_channels(connection, alert.project_id)}
    return [each for each in alert.channels if each in there]


def new_delivery(
    identifier: UUID,
    project_id: int,
    alert_id: UUID | None,
    channel_id: UUID,
    message_id: UUID,
    kind: str,
    title: str,
    due_at: datetime,
) -> Delivery:
    """A message that was not sent yet."""
    return Delivery(
        id=identifier,
        project_id=project_id,
        alert_id=alert_id,
        channel_id=channel_id,
        message_id=message_id,
        kind=kind,
        title=title,
        status="waiting",
        attempts=0,
        error=None,
        seconds=None,
        created_at=due_at,
        due_at=due_at,
        delivered_at=None,
    )


def _concerns(announcement: StoredAnnouncement, alert: StoredAlert) -> bool:
    return (
        announcement.project_id == alert.project_id
        and alert.trigger == trigger_of_announcement(announcement.kind)
        # What happened before there was the alert is no news.
        and announcement.created_at >= alert.created_at
    )
