"""The chores of alerts. Deciding and delivering have a thread each: a receiver that hangs holds up no decision."""

import sqlalchemy as sa

from mothlight.alerts.alerting import Alerting
from mothlight.alerts.preview import REMEMBERED
from mothlight.kit.clock import Clock
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.alert_deliveries import delete_deliveries_before
from mothlight.storage.metadata.repositories.alert_firings import delete_firings_before
from mothlight.storage.metadata.repositories.announcements import delete_announcements_before
from mothlight.worker.upkeep import Chore

DECIDE_EVERY_SECONDS = 1.0
DELIVER_EVERY_SECONDS = 1.0
FORGET_EVERY_SECONDS = 3600.0


def alert_chores(alerting: Alerting) -> list[list[Chore]]:
    """Chores by the thread that does them."""
    return [
        [Chore("alerts", alerting.dispatch, DECIDE_EVERY_SECONDS)],
        [Chore("alert_deliveries", alerting.deliver, DELIVER_EVERY_SECONDS)],
    ]


def forget_alerts_chore(engine: sa.Engine, clock: Clock) -> Chore:
    """What was told long ago goes."""
    return Chore("forget_alerts", lambda: forget_alerts(engine, clock), FORGET_EVERY_SECONDS)


def forget_alerts(engine: sa.Engine, clock: Clock) -> None:
    """Forget what is older than `REMEMBERED`."""
    moment = clock() - REMEMBERED
    with writing(engine) as connection:
        delete_announcements_before(connection, moment)
        delete_firings_before(connection, moment)
        delete_deliveries_before(connection, moment)
