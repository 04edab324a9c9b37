"""Who is who, asked by every request: keys, tokens, projects, memberships. Answers are at most half a second old."""

import asyncio
import time
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
import structlog

from mothlight.access.cache import ShortMemory
from mothlight.access.keys import hash_key
from mothlight.access.origins import is_allowed
from mothlight.kit.clock import Clock
from mothlight.model.access import Caller, Member, MemberRole, Organization, Project, Role, User
from mothlight.model.errors import Unavailable
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import access as repository

KEY_USE_RECORDED_EVERY = timedelta(hours=1)
PATIENCE_SECONDS = 2.0
"""How long intake waits for a database that says nothing, before it goes on with what it knew."""
MOST_TOKENS = 10_000
MOST_ANSWERS = 20_000

Answer = TypeVar("Answer")
_log = structlog.get_logger(__name__)


class Directory:
    """Looks people, keys and projects up. Safe to use from several threads.

    An answer is at most `freshness_seconds` old, so that a change made by another process shows within a second;
    the process that made a change calls `forget` and sees it at once.

    Every method raises `Unavailable` when the database is away, but for tokens that are known already: intake goes on.
    """

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        freshness_seconds: float = 0.5,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._tokens: ShortMemory[Project | None] = ShortMemory(freshness_seconds, MOST_TOKENS, elapsed)
        self._answers: ShortMemory[Any] = ShortMemory(freshness_seconds, MOST_ANSWERS, elapsed)
        self._asked: dict[str, asyncio.Future[Project | None]] = {}
        self._silent = False

    def forget(self) -> None:
        """Ask the database again from now on, because this process changed something."""
        self._tokens.forget()
        self._answers.forget()

    def find_key(self, value: str) -> Caller | None:
        """Find whom a personal API key stands for; None for unknown keys and those of deactivated users."""
        key_hash = hash_key(value)
        caller: Caller | None = self._answers.ask(("key", key_hash), lambda: self._find_caller(key_hash))
        return caller

    def find_project(self, project_id: int) -> Project | None:
        """Find a project by its id."""
        return self._ask(("project", project_id), lambda on: repository.find_project(on, project_id))

    def find_project_by_token(self, token: str) -> Project | None:
        """Find the project that a token belongs to. While the database is away, the last answer holds."""
        try:
            return self._tokens.ask(token, lambda: self._read(lambda on: repository.find_project_by_token(on, token)))
        except Unavailable:
            if (known := self._tokens.stale(token)) is None:
                raise
            return known[0]

    async def project_id_of_token(self, token: str) -> int | None:
        """Find the id of the project that a token belongs to. A known answer takes no other thread."""
        known = self._tokens.fresh(token)
        project = known[0] if known is not None else await self._look_token_up(token)
        return None if project is None else project.id

    def is_welcome(self, token: str, origin: str) -> bool:
        """Tell whether a page of this origin may report with a token that was looked up a moment ago."""
        known = self._tokens.stale(token)
        project = None if known is None else known[0]
        return project is None or is_allowed(origin, project.allowed_origins)

    def find_user(self, user_id: int) -> User | None:
        """Find a user by id."""
        return self._ask(("user", user_id), lambda on: repository.find_user(on, user_id))

    def find_organization(self, organization_id: UUID) -> Organization | None:
        """Find an organization by id."""
        return self._ask(
            ("organization", organization_id), lambda on: repository.find_organization(on, organization_id)
        )

    def membership_role(self, user_id: int, organization_id: UUID) -> MemberRole | None:
        """Find what a user is in an organization; None for a stranger."""
        return self._ask(
            ("membership", user_id, organization_id),
            lambda on: repository.find_membership_role(on, user_id, organization_id),
        )

    def is_operator(self, user_id: int) -> bool:
        """Tell whether a user is admin of the organization that runs this server: the first one."""
        return self._ask(("operator", user_id), lambda on: _is_operator(on, user_id))

    def list_managed_organizations(self, user_id: int) -> list[Organization]:
        """List the organizations that a user is admin of, oldest first."""
        return self._ask(
            ("managed organizations", user_id), lambda on: repository.list_organizations_managed_by(on, user_id)
        )

    def current_project(self, caller: Caller) -> Project | None:
        """Find what `@current` means: a pinned key's first project, else the one opened last, else the lowest id."""
        return self._ask(("current project", caller), lambda on: _current_project(on, caller))

    def current_organization(self, caller: Caller) -> Organization | None:
        """Find the organization of the current project, else the user's first that the key reaches."""
        return self._ask(("current organization", caller), lambda on: _current_organization(on, caller))

    def list_projects(self, caller: Caller) -> list[Project]:
        """List the projects that the caller can see, by id."""
        return self._read(lambda on: _reachable_projects(on, caller))

    def list_members(self, organization_id: UUID) -> list[Member]:
        """List an organization's members by user id."""
        return self._read(lambda on: repository.list_members(on, organization_id))

    def list_roles(self, organization_id: UUID) -> list[Role]:
        """List an organization's roles by name."""
        return self._read(lambda on: repository.list_roles(on, organization_id))

    def _ask(self, question: Hashable, answer: Callable[[sa.Connection], Answer]) -> Answer:
        return cast("Answer", self._answers.ask(question, lambda: self._read(answer)))

    def _read(self, answer: Callable[[sa.Connection], Answer]) -> Answer:
        with reading(self._engine) as connection:
            return answer(connection)

    async def _look_token_up(self, token: str) -> Project | None:
        # Requests that come while the answer is on its way wait for the same one.
        asked = self._asked.get(token) or self._start_asking(token)
        known = self._tokens.stale(token)
        # Of a silence one request finds out; those after it go on at once with what was known.
        patience = 0 if self._silent and known is not None else PATIENCE_SECONDS
        try:
            return await asyncio.wait_for(asyncio.shield(asked), patience)
        except TimeoutError:
            self._silent = True
            if known is None:
                raise Unavailable("the metadata database does not answer") from None
            return known[0]

    def _start_asking(self, token: str) -> asyncio.Future[Project | None]:
        asked = asyncio.ensure_future(asyncio.to_thread(self.find_project_by_token, token))
        self._asked[token] = asked
        asked.add_done_callback(lambda done: self._end_asking(token, done))
        return asked

    def _end_asking(self, token: str, asked: asyncio.Future[Project | None]) -> None:
        del self._asked[token]
        self._silent = self._tokens.fresh(token) is None
        if not asked.cancelled():
            asked.exception()  # whoever still waits is told; nobody may

    def _find_caller(self, key_hash: str) -> Caller | None:
        found = self._read(lambda on: repository.find_caller(on, key_hash))
        if found is None:
            return None
        caller, last_used_at = found
        if caller.key_id is not None:
            self._record_use(caller.key_id, last_used_at)
        return caller

    def _record_use(self, key_id: UUID, last_used_at: datetime | None) -> None:
        now = self._clock()
        if last_used_at is not None and now - last_used_at < KEY_USE_RECORDED_EVERY:
            return
        try:
            with writing(self._engine) as connection:
                repository.record_key_use(connection, key_id, now)
        except Unavailable as problem:
            # Reading worked, so the caller gets an answer; the next look-up tries again.
            _log.warning("key_use_not_recorded", key_id=str(key_id), reason=problem.reason)


def _is_operator(connection: sa.Connection, user_id: int) -> bool:
    first = repository.find_first_organization(connection)
    return first is not None and repository.find_membership_role(connection, user_id, first.id) == "admin"


def _reachable_projects(connection: sa.Connection, caller: Caller) -> list[Project]:
    projects = repository.list_projects(connection, [each.id for each in _reachable_organizations(connection, caller)])
    return [each for each in projects if not caller.scoped_projects or each.id in caller.scoped_projects]


def _reachable_organizations(connection: sa.Connection, caller: Caller) -> list[Organization]:
    mine = repository.list_organizations_of(connection, caller.user_id)
    return [each for each in mine if not caller.scoped_organizations or each.id in caller.scoped_organizations]


def _current_project(connection: sa.Connection, caller: Caller) -> Project | None:
    reachable = {project.id: project for project in _reachable_projects(connection, caller)}
    user = repository.find_user(connection, caller.user_id)
    opened_last = (user.current_project_id,) if user else ()
    for wanted in (*caller.scoped_projects, *opened_last, *reachable):
        if wanted in reachable:
            return reachable[wanted]
    return None


def _current_organization(connection: sa.Connection, caller: Caller) -> Organization | None:
    reachable = _reachable_organizations(connection, caller)
    if project := _current_project(connection, caller):
        return next(each for each in reachable if each.id == project.organization_id)
    return reachable[0] if reachable else None
