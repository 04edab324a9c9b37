"""How a capture request is received: limits, decode, key, journal, answer.

It is answered 200 only when its events would survive a loss of power. From that moment they are counted as accepted
and stand in the backlog, whether or not the client is still there to hear it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
from starlette.types import Receive

from mothlight.journal.backlog import Backlog
from mothlight.journal.entry import JournalEntry
from mothlight.journal.interface import Damaged, Journal, Position
from mothlight.kit.clock import Clock
from mothlight.model.errors import Refused, Unavailable
from mothlight.model.event import ReceivedEvent
from mothlight.model.outcome import DropReason
from mothlight.model.tally import Tally
from mothlight.web.intake.answers import EMPTY_OBJECT, OK, Answer
from mothlight.web.intake.dialects import DIALECTS
from mothlight.web.intake.dialects.interface import Decoded, Dialect
from mothlight.web.intake.endpoints import Endpoint, Treatment, find_endpoint
from mothlight.web.intake.limits import (
    IN_FLIGHT_LIMIT,
    MEBIBYTE,
    REQUEST_LIMIT,
    STALL_SECONDS,
    Budget,
    InFlight,
    discard_body,
    read_body,
)
from mothlight.web.intake.refusals import foreign_origin, invalid_token, method_not_allowed

FindProject = Callable[[str], Awaitable[int | None]]
"""The project of a token, or None. Must be quick: it is asked for every request."""
IsWelcome = Callable[[str, str], bool]
"""Whether a page of this origin may report with a token whose project was just found."""

_PAUSE_SECONDS = 0.02
_PAUSES = 50
"""A request waits for room a second at most; then it is taken in, and its events wait in the journal."""
_AT_ONCE = 1 * MEBIBYTE
"""Decoded bytes up to which a body is decoded between other requests; a larger one gets a thread."""


class Request(msgspec.Struct):
    """What came before the body."""

    endpoint: Endpoint
    method: str
    path: str
    query: str
    headers: dict[bytes, bytes]
    """By lower-case name."""

    def text(self, name: bytes) -> str:
        """A header as text, empty when absent."""
        return self.headers.get(name, b"").decode("latin-1")


class Receiver:
    """Receives capture requests."""

    def __init__(  # noqa: PLR0913 - those with a default are for tests, and whoever builds the server
        self,
        journal: Journal,
        backlog: Backlog,
        tally: Tally,
        clock: Clock,
        find_project: FindProject,
        *,
        is_welcome: IsWelcome = lambda _token, _origin: True,
        new_id: Callable[[], UUID] = uuid4,
        in_flight_bytes: int = IN_FLIGHT_LIMIT,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._journal = journal
        self._backlog = backlog
        self._tally = tally
        self._clock = clock
        self._find_project = find_project
        self._is_welcome = is_welcome
        self._new_id = new_id
        self._in_flight = InFlight(in_flight_bytes)
        self._stall_seconds = stall_seconds
        # Large bodies cost memory beyond their size while they are read, so only one is read at a time.
        self._large = asyncio.Semaphore(1)

    async def receive(self, request: Request, receive: Receive) -> Answer:
        """Receive one request. Raises `ClientGone` when there is nobody left to answer."""
        dialect = DIALECTS[request.endpoint.dialect]
        budget = Budget(REQUEST_LIMIT, self._in_flight)
        try:
            if request.method not in request.endpoint.methods:
                raise method_not_allowed(request.method)
            if request.endpoint.treatment is Treatment.DISCARD:
                return await self._discard(request, receive)
            dialect.check_headers(request.headers)
            await self._wait_for_room()
            body = await read_body(receive, budget, self._stall_seconds)
            return await self._take(request, dialect, body, budget)
        except (Refused, Unavailable) as error:
            return dialect.refuse(error, request.headers)
        finally:
            budget.release()

    async def _take(self, request: Request, dialect: Dialect[Any], body: bytes, budget: Budget) -> Answer:
        entry = self._entry(request, dialect, body)
        wire = await self._read(dialect, entry, budget)
        token = dialect.token(wire, request.headers)
        project = await self._find_project(token)
        if project is None:
            raise invalid_token("No project here has this token.")
        origin = request.text(b"origin")
        if origin and not self._is_welcome(token, origin):
            raise foreign_origin(origin)
        entry = msgspec.structs.replace(entry, project_id=project)
        decoded = await self._decode(dialect, entry, wire)
        answer = dialect.accept(decoded, request.headers)
        if request.endpoint.treatment is Treatment.COUNT:
            self._tally.accept(decoded.total, {DropReason.NOT_EXCEPTION: decoded.total})
        elif decoded.events:
            await self._store(entry, decoded, dialect.size(wire))
        else:
            self._tally.accept(decoded.total, decoded.bad)
        return answer

    def _entry(self, request: Request, dialect: Dialect[Any], body: bytes) -> JournalEntry:
        return JournalEntry(
            id=self._new_id(),
            received_at=self._clock(),
            path=request.path,
            query=request.query,
            content_type=request.text(b"content-type"),
            content_encoding=request.text(b"content-encoding"),
            headers=dialect.kept_headers(request.headers),
            body=body,
        )

    async def _read(self, dialect: Dialect[Any], entry: JournalEntry, budget: Budget) -> Any:
        """Decode at once what is small, and the rest where it does not hold up other requests."""
        if len(entry.body) <= _AT_ONCE:
            try:
                return dialect.read(entry, budget.within(_AT_ONCE))
            except Refused as refusal:
                if refusal.status != 413:
                    raise
                budget.forget_decoded()
        async with self._large:
            return await asyncio.to_thread(dialect.read, entry, budget)

    async def _decode(self, dialect: Dialect[Any], entry: JournalEntry, wire: Any) -> Decoded:
        if dialect.size(wire) <= _AT_ONCE:
            return dialect.decode(entry, wire)
        return await asyncio.to_thread(dialect.decode, entry, wire)

    async def _store(self, entry: JournalEntry, decoded: Decoded, size: int) -> None:
        entry = msgspec.structs.replace(entry, events=len(decoded.events), bad=decoded.bad.total())

        def durable(position: Position) -> None:
            # Accepted first: the pipeline may settle an event as soon as it is offered.
            self._tally.accept(decoded.total, decoded.bad)
            self._backlog.offer(position, decoded.events, size)

        await self._journal.append(entry, durable)

    async def _wait_for_room(self) -> None:
        """Slow senders down to the pace of the pipeline, and refuse them when much too much waits.

        A sender waits for its answer before it sends more. Waiting here costs less than taking events in from memory
        to the journal and back, and keeps what is queried young.
        """
        if self._backlog.full:
            raise Unavailable("Too many events wait to be processed.", retry_after=5)
        for _ in range(_PAUSES):
            if not self._backlog.crowded:
                return
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _discard(self, request: Request, receive: Receive) -> Answer:
        await discard_body(receive, REQUEST_LIMIT, self._stall_seconds)
        return OK if request.endpoint.dialect == "v0" else EMPTY_OBJECT


def decode_entry(entry: JournalEntry) -> list[ReceivedEvent]:
    """The events of a journal entry, equal to those that were decoded at its receipt. Raises `Damaged`."""
    endpoint = find_endpoint(entry.path)
    if endpoint is None:
        raise Damaged("the path of the entry is no capture path of this version")
    dialect = DIALECTS[endpoint.dialect]
    try:
        return dialect.decode(entry, dialect.read(entry, Budget())).events
    except Refused as refusal:
        raise Damaged(f"the entry cannot be decoded any more: {refusal.detail}") from refusal
