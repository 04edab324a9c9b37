"""Delivers messages that wait: claims them, sends them, and writes what became of it. Any node may.

Written after it was sent: a node that dies in between leaves a claim that ends (`CLAIM`), and the message is sent once
more. That is the one way in which a message comes twice, and both carry the same ids.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
import structlog

from mothlight.alerts.compose import Composer
from mothlight.alerts.sending.outcome import Failed
from mothlight.alerts.sending.post import Webhooks
from mothlight.alerts.sending.process import Services
from mothlight.issues.project_alerts import GONE
from mothlight.kit.clock import Clock
from mothlight.model.errors import Unavailable
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import alert_deliveries
from mothlight.storage.metadata.repositories.alert_channels import Channel, find_channel
from mothlight.storage.metadata.repositories.alert_deliveries import DEAD, DELIVERED, Delivery

AT_ONCE = 16
"""Messages that are claimed together."""
THREADS = 4
"""Channels that are sent to at the same time; messages to one go one after the other."""
CLAIM = timedelta(minutes=5)
"""How long a claim holds; longer than all that are claimed together can take."""
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 11
"""Within about a day; then a message is given up."""
DEFECT = "this server failed to make or send it; its log says how"
IDLE_SECONDS = 60.0

log = structlog.get_logger(__name__)


class Deliver:
    """Sends what is due."""

    def __init__(
        self,
        engine: sa.Engine,
        composer: Composer,
        webhooks: Webhooks,
        services: Services,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._composer = composer
        self._webhooks = webhooks
        self._services = services
        self._clock = clock
        self._monotonic = monotonic
        self._used_at = monotonic()

    def __call__(self) -> None:
        """Send all that is due.

        Raises:
            Unavailable: a store is away; what was claimed is sent later.
        """
        while claimed := self._claim():
            self._used_at = self._monotonic()
            self._send_all(claimed)
        if self._monotonic() - self._used_at > IDLE_SECONDS:
            self._services.close()

    def send_now(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Send some that are claimed, each to another channel; gives them as they are afterwards, in their order.

        Raises:
            Unavailable: the metadata database is away.
        """
        self._used_at = self._monotonic()
        with ThreadPoolExecutor(THREADS, thread_name_prefix="deliver-now") as pool:
            return list(pool.map(self.send, deliveries))

    def send(self, delivery: Delivery) -> Delivery:
        """Send one that is claimed, now; gives it as it is afterwards."""
        with reading(self._engine) as connection:
            channel = find_channel(connection, delivery.project_id, delivery.channel_id)
        started = self._monotonic()
        problem = self._try(delivery, channel)
        after = _after(delivery, problem, self._monotonic() - started, self._clock())
        with writing(self._engine) as connection:
            if not alert_deliveries.write_attempt(connection, after, delivery.due_at):
                log.warning("alert_delivery_taken_over", delivery=str(delivery.id))
        if after.status == DEAD and after.kind != alert_deliveries.TEST:
            log.warning("alert_given_up", delivery=str(delivery.id), project_id=delivery.project_id, reason=after.error)
        return after

    def _claim(self) -> Sequence[Delivery]:
        now = self._clock()
        # A look costs nobody the right to write.
        with reading(self._engine) as connection:
            if not alert_deliveries.has_due(connection, now):
                return []
        with writing(self._engine) as connection:
            return alert_deliveries.claim_deliveries(connection, now, now + CLAIM, AT_ONCE)

    def _send_all(self, claimed: Sequence[Delivery]) -> None:
        channels = {each.channel_id for each in claimed}
        in_order = [[each for each in claimed if each.channel_id == channel] for channel in channels]
        with ThreadPoolExecutor(min(THREADS, len(in_order)), thread_name_prefix="deliver") as pool:
            for done in [pool.submit(self._send_in_order, some) for some in in_order]:
                done.result()

    def _send_in_order(self, deliveries: Iterable[Delivery]) -> None:
        for each in deliveries:
            self.send(each)

    def _try(self, delivery: Delivery, channel: Channel | None) -> Failed | None:
        if channel is None:
            return Failed(GONE, is_final=True)
        try:
            message = self._composer.compose(delivery)
            if channel.kind == "webhook":
                self._webhooks.post(channel.address, channel.signing_secret or "", message)
            else:
                self._services.send(channel.address, message)
        except Failed as problem:
            return problem
        except Unavailable:
            raise
        except Exception:
            # One message that cannot be made must not hold the others up.
            log.exception("alert_delivery_failed", delivery=str(delivery.id))
            return Failed(DEFECT)
        return None


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts that failed."""
    return min(FIRST_PAUSE * int(3 ** (attempts - 1)), LONGEST_PAUSE)


def _after(delivery: Delivery, problem: Failed | None, seconds: float, now: datetime) -> Delivery:
    attempts = delivery.attempts + 1
    tried = msgspec.structs.replace(delivery, attempts=attempts, seconds=round(seconds, 3))
    if problem is None:
        return msgspec.structs.replace(tried, status=DELIVERED, error=None, due_at=None, delivered_at=now)
    if problem.is_final or attempts >= MOST_ATTEMPTS or delivery.kind == alert_deliveries.TEST:
        return msgspec.structs.replace(tried, status=DEAD, error=str(problem), due_at=None)
    return msgspec.structs.replace(tried, error=str(problem), due_at=now + pause_after(attempts))
