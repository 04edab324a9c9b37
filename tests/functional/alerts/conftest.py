"""A pipeline with alerts behind it, and real receivers."""

import os
import secrets
from datetime import timedelta
from uuid import uuid4

import pytest

from mothlight.alerts.alerting import build_alerting
from mothlight.alerts.channels import new_channel
from mothlight.kit.ids import id_maker
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.alert_channels import insert_channel
from mothlight.storage.metadata.repositories.alerts import StoredAlert, write_alert
from tests.functional.pipeline.conftest import Line
from tests.support.receivers import HERE, MailReceiver, WebReceiver


class Office:
    """One project whose events go through the pipeline, and what its alerts make of them."""

    def __init__(self, engine, store, reader):
        self.line = Line(engine, store, reader)
        self.engine = engine
        self.make_id = id_maker(self.line.clock, os.urandom)
        self.alerting = self.build()

    def build(self, allow=HERE):
        """As after a restart, or on another node."""
        return build_alerting(
            self.engine,
            self.line.store,
            self.line.clock,
            self.make_id,
            allow=allow,
            address=lambda: "https://errors.fernhill.example",
        )

    @property
    def now(self):
        return self.line.now

    def wait(self, **time):
        """Let time pass."""
        self.line.now += timedelta(**time)

    def channel(self, address, name="#errors"):
        """Add one; gives it."""
        made = new_channel(
            self.line.project, name, address, self.alerting.services, uuid4(), self.now, secrets.token_bytes
        )
        with writing(self.engine) as connection:
            insert_channel(connection, made)
        return made

    def alert(self, trigger, *channels, **values):
        """Add one; gives it."""
        made = StoredAlert(
            **{
                "id": uuid4(),
                "project_id": self.line.project,
                "name": f"When {trigger}",
                "trigger": trigger,
                "enabled": True,
                "environments": [],
                "filters": [],
                "threshold": None,
                "window_minutes": None,
                "snooze_minutes": 10,
                "channels": [each.id for each in channels],
                "created_at": self.now,
                "updated_at": self.now,
                **values,
            }
        )
        with writing(self.engine) as connection:
            write_alert(connection, made)
        return made

    def fail(self, type_="PayError", *, uuid=None, **properties):
        """An error of this type happens now; each type is an issue."""
        known = {"$exception_list": [{"type": type_, "value": "declined"}], "$exception_fingerprint": type_}
        more = {} if uuid is None else {"uuid": uuid}
        event = self.line.event({**known, **properties}, received_at=self.now, timestamp=self.now, **more)
        return self.line.run(event)

    def work(self, alerting=None):
        """Decide, and deliver what is due."""
        (alerting or self.alerting).dispatch()
        (alerting or self.alerting).deliver()

    @property
    def deliveries(self):
        """Oldest first."""
        return sorted(self.line.rows(tables.alert_deliveries), key=lambda row: row.id)

    @property
    def firings(self):
        return sorted(self.line.rows(tables.alert_firings), key=lambda row: row.id)


@pytest.fixture
def office(engine, embedded_store, symbol_reader):
    made = Office(engine, embedded_store, symbol_reader)
    yield made
    made.alerting.close()


@pytest.fixture
def web():
    made = WebReceiver()
    yield made
    made.stop()


@pytest.fixture
def mail():
    made = MailReceiver()
    yield made
    made.stop()
