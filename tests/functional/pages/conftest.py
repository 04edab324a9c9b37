"""The pages whole, in process: real databases, a real event store, every page."""

import itertools
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mothlight.access.directory import Directory
from mothlight.access.passwords import hash_password
from mothlight.access.sessions import Whence, open_session
from mothlight.alerts.alerting import build_alerting
from mothlight.kit.ids import id_maker
from mothlight.model.finding import Finding
from mothlight.model.tally import Tally
from mothlight.recommendations.life_cycle import Recommendations
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import access as repository
from mothlight.storage.metadata.repositories.fingerprints import find_fingerprint_owner
from mothlight.storage.metadata.tables import organizations
from mothlight.storage.mirror import Mirror
from mothlight.symbols.reader import SymbolReader
from mothlight.web.address import PublicAddress
from mothlight.web.app import build_application
from mothlight.web.pages.assets import Assets
from mothlight.web.pages.machine import Machine
from mothlight.web.pages.pulse import Pulse
from mothlight.web.pages.routes import PAGES, page_routes, unknown_page
from mothlight.web.pages.service import PageService
from mothlight.web.pages.templates import templates
from mothlight.web.pages.visit import SESSION
from mothlight.web.parts import Parts
from tests.support.blobs import TemporaryBlobs
from tests.support.cast import NOW, Cast, Hands, Person, assemble
from tests.support.receivers import HERE
from tests.support.triage import Triage
from tests.support.visitor import PASSWORD, Visitor

_first_projects = itertools.count(3_000_000, 100)
_hash = hash_password(PASSWORD)
_assets = Assets()
_templates = templates()
FINDINGS = (
    Finding("database", "ok", "it answers"),
    Finding("clock", "wrong", "it is late", "Set it."),
)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    """The cast; all can sign in with `PASSWORD`. Its projects have ids that no other test of the run has."""
    first = next(_first_projects)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ALTER SEQUENCE projects_id_seq RESTART WITH {first}")
        else:
            connection.exec_driver_sql(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('projects', {first - 1})")
    made = assemble(engine)
    with writing(engine) as connection:
        for person in (made.owner, made.member, made.stranger):
            repository.set_password_hash(connection, person.user.id, _hash)
        # The owner's organization is the first one: it runs the server.
        later = sa.update(organizations).where(organizations.c.id == made.other_organization.id)
        connection.execute(later.values(created_at=NOW + timedelta(hours=1)))
    return made


@dataclass
class Site:
    """The pages, and who comes to them."""

    cast: Cast
    hands: Hands
    events: Any
    parts: Parts
    app: Any

    @property
    def blobs(self) -> Any:
        """Where files of symbol sets lie."""
        return self.parts.blobs

    @property
    def project(self) -> Any:
        """The owner's."""
        return self.cast.project

    def path(self, rest: str) -> str:
        """A path below the owner's project."""
        return f"/projects/{self.project.id}/{rest}"

    def visitor(self, **how: Any) -> Visitor:
        """Somebody who is not signed in."""
        return Visitor(self.app, **how)

    def signed_in(self, person: Person, **how: Any) -> Visitor:
        """Somebody of the cast, signed in; past the form, whose hashing takes its time."""
        whence = Whence("203.0.113.7", "a browser")
        with writing(self.cast.engine) as connection:
            new = open_session(connection, person.user.id, self.hands.now(), whence, stays=False)
        return self.visitor(cookies={SESSION: new.secret}, **how)


@pytest.fixture
def site(cast: Cast, hands: Hands, embedded_store: Any) -> Site:
    """The pages on both metadata databases and the embedded event store."""
    return build(cast, hands, embedded_store)


class Workshop(Triage):
    """Events in the owner's project, through the real pipeline, without the API."""

    def owner(self, fingerprint: str) -> str:
        """The issue that owns a fingerprint."""
        with reading(self.engine) as connection:
            return str(find_fingerprint_owner(connection, self.project, fingerprint))


@pytest.fixture
def triage(site: Site, symbol_reader: SymbolReader) -> Workshop:
    """Events in the owner's project."""
    return Workshop(site, symbol_reader)


@pytest.fixture
def owner(site: Site) -> Visitor:
    """The owner, signed in."""
    return site.signed_in(site.cast.owner)


@pytest.fixture
def member(site: Site) -> Visitor:
    """The member, signed in."""
    return site.signed_in(site.cast.member)


@pytest.fixture
def stranger(site: Site) -> Visitor:
    """The stranger, signed in; they see the other project only."""
    return site.signed_in(site.cast.stranger)


def build(cast: Cast, hands: Hands, events: Any, *, pages: Any = PAGES, address: PublicAddress | None = None) -> Site:
    """The pages with other parts than usual."""
    make_id = id_maker(hands.now, os.urandom)
    parts = Parts(
        directory=Directory(cast.engine, hands.now, elapsed=hands.elapsed),
        database=cast.engine,
        events=events,
        recommendations=Recommendations(cast.engine, events, hands.now, make_id),
        mirror=Mirror(cast.engine, events),
        blobs=TemporaryBlobs(hands.now),
        clock=hands.now,
        make_id=make_id,
        alerting=build_alerting(
            cast.engine, events, hands.now, make_id, allow=HERE, address=lambda: "http://errors.test"
        ),
    )
    tally = Tally()
    tally.accept(1203, {"not_exception": 1002})
    tally.settle(200, {})
    service = PageService(
        parts=parts,
        address=address or PublicAddress(),
        pulse=Pulse(tally, lambda: 0.0, hands.elapsed),
        machine=Machine(Path(__file__).parent, tally, NOW, lambda: FINDINGS),
        retention_days=90,
        version="1.2.3",
        assets=_assets,
        templates=_templates,
    )
    app = build_application(
        None, operation=[], api=[], pages=page_routes(service, pages), sdk=[], unknown_page=unknown_page(service)
    )
    return Site(cast, hands, events, parts, app)
