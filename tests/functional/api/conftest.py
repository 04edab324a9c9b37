"""The REST API whole, in process: real databases, a real event store, every route."""

import itertools
import os
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from mothlight.access.directory import Directory
from mothlight.alerts.alerting import Alerting, build_alerting
from mothlight.kit.ids import id_maker
from mothlight.recommendations.life_cycle import Recommendations
from mothlight.storage.mirror import Mirror
from mothlight.symbols.reader import SymbolReader
from mothlight.web.address import PublicAddress
from mothlight.web.api.endpoint import Service
from mothlight.web.api.routes import api_routes
from mothlight.web.errors import exception_handlers
from mothlight.web.parts import Parts
from mothlight.web.symbol_files import symbol_file_routes
from tests.support.blobs import TemporaryBlobs
from tests.support.cast import Cast, Hands, Person, assemble
from tests.support.receivers import HERE
from tests.support.triage import Triage

_first_projects = itertools.count(2_000_000, 100)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    """The cast; its projects have ids that no other test of the run has, because all share one event store."""
    first = next(_first_projects)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ALTER SEQUENCE projects_id_seq RESTART WITH {first}")
        else:
            connection.exec_driver_sql(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('projects', {first - 1})")
    return assemble(engine)


@dataclass
class Api:
    """The application with its cast."""

    cast: Cast
    hands: Hands
    events: Any
    directory: Directory
    app: Starlette
    blobs: TemporaryBlobs
    alerting: Alerting
    observed: list[tuple[str, str, int]] = field(default_factory=list)

    def ask(
        self, method: str, path: str, *, by: Person | None = None, key: Any = ..., **request: Any
    ) -> httpx.Response:
        """One request below `/api/`, by the owner unless told otherwise; `key=None`: without a key."""
        value = (by or self.cast.owner).key if key is ... else key
        headers = {**({"Authorization": f"Bearer {value}"} if value else {}), **request.pop("headers", {})}
        return anyio.run(lambda: self.send(method, f"/api/{path}", headers=headers, **request))

    async def send(self, method: str, url: str, **request: Any) -> httpx.Response:
        """One request to any address."""
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://errors.test") as client:
            return await client.request(method, url, **request)

    def tracking(self, method: str, path: str, *, project: int | str | None = None, **request: Any) -> httpx.Response:
        """One request about error tracking in the owner's project."""
        place = self.cast.project.id if project is None else project
        return self.ask(method, f"environments/{place}/error_tracking/{path}", **request)


@pytest.fixture
def api(cast: Cast, hands: Hands, embedded_store: Any) -> Any:
    """The API on both metadata databases and the embedded event store."""
    return build(cast, hands, embedded_store)


@pytest.fixture
def triage(api: Api, symbol_reader: SymbolReader) -> Triage:
    """The owner's project with a pipeline, to be worked on."""
    return Triage(api, symbol_reader)


def build(cast: Cast, hands: Hands, events: Any, **service: Any) -> Api:
    """The API with other parts than usual."""
    directory = Directory(cast.engine, hands.now, elapsed=hands.elapsed)
    make_id = id_maker(hands.now, os.urandom)
    parts = Parts(
        directory=directory,
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
    seen: list[tuple[str, str, int]] = []
    shared: dict[str, Any] = {
        "parts": parts,
        "address": PublicAddress(),
        "limiter": anyio.CapacityLimiter(4),
        "observe": lambda method, path, status, _seconds: seen.append((method, path, status)),
    }
    routes = [*api_routes(Service(**(shared | service))), *symbol_file_routes(parts.blobs, hands.now)]
    app = Starlette(routes=routes, exception_handlers=exception_handlers())
    return Api(cast, hands, events, directory, app, parts.blobs, parts.alerting, seen)


def error(answer: httpx.Response) -> SimpleNamespace:
    """An error's status and its four keys, of which there are no more."""
    body = answer.json()
    assert set(body) == {"type", "code", "detail", "attr"}
    return SimpleNamespace(status=answer.status_code, **body)
