"""The parts of alerts, put together once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa

from mothlight.alerts.compose import Composer
from mothlight.alerts.deliver import Deliver
from mothlight.alerts.dispatch import Dispatch
from mothlight.alerts.sending.post import Webhooks
from mothlight.alerts.sending.process import Services
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.outbound.guard import Allowed
from mothlight.storage.events.interface import EventStore


@dataclass(frozen=True, slots=True)
class Alerting:
    """What decides and what delivers."""

    services: Services
    dispatch: Dispatch
    deliver: Deliver

    def close(self) -> None:
        """Let go of the sending process."""
        self.services.close()


def build_alerting(
    engine: sa.Engine,
    store: EventStore,
    clock: Clock,
    make_id: MakeId,
    *,
    allow: Collection[Allowed],
    address: Callable[[], str],
    lag_seconds: Callable[[], float] = lambda: 0.0,
) -> Alerting:
    """Build it.

    `allow`: where messages may go although it is private; `address`: where people find this server; `lag_seconds`: how
    long the oldest event waits that this node accepted and has not stored.
    """
    services = Services(allow)
    composer = Composer(engine, store, clock, address)
    deliver = Deliver(engine, composer, Webhooks(allow, clock), services, clock)
    return Alerting(services, Dispatch(engine, store, clock, make_id, lag_seconds), deliver)
