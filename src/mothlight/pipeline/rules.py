"""The rules of the projects of a batch: which of them matches an event first (pipeline 6).

Rules are remembered by the version of the project's rules, which each batch reads with its projects: so an edit counts
from the next batch on, on every node, and a project that never had a rule costs nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog

from mothlight.kit.clock import Clock
from mothlight.kit.recent import Recent
from mothlight.model.errors import Unavailable
from mothlight.pipeline.candidates import StackOf
from mothlight.pipeline.chosen_fingerprints import ChosenFingerprints
from mothlight.pipeline.rule_subject import Asked, EventSubject, StackFacts
from mothlight.pipeline.states import Fingerprinted, Linked, Normalised
from mothlight.rules.book import NO_RULES, Rule, RuleBook, make_book
from mothlight.rules.index import RuleFinder
from mothlight.rules.kinds import BYPASS, KINDS
from mothlight.rules.sampling import is_dropped
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.project_lifetime import ProjectVersions
from mothlight.storage.metadata.repositories.rules import StoredRule, disable_rules, list_rules

log = structlog.get_logger(__name__)

REMEMBERED_STACKS = 20_000

Item = Fingerprinted | Linked
_encode = msgspec.json.Encoder().encode


class PipelineRules:
    """For one thread. `load` begins a batch, `tell_broken` ends its evaluations."""

    def __init__(self, engine: sa.Engine, clock: Clock, stack_of: StackOf) -> None:
        self._engine = engine
        self._clock = clock
        self._stack_of = stack_of
        self._remembered: dict[int, tuple[int, RuleBook]] = {}
        self._books: dict[int, RuleBook] = {}
        self._stacks: Recent[tuple[int, str, int], StackFacts] = Recent(REMEMBERED_STACKS)
        self._finder = RuleFinder()
        self._broken: dict[int, dict[UUID, dict[str, Any]]] = {}
        self.chosen = ChosenFingerprints(engine)

    def load(self, versions: Mapping[int, ProjectVersions]) -> None:
        """Have the rules of a batch's projects at hand."""
        self._books = {
            project_id: self._book(project_id, version.rules)
            for project_id, version in versions.items()
            if version.rules
        }

    def has(self, kind: str) -> bool:
        """Whether a project of the batch has an enabled rule of a kind."""
        return any(book.of(kind) for book in self._books.values())

    def of(self, project_id: int, kind: str) -> Sequence[Rule]:
        """The rules of a kind in their order."""
        return self._books.get(project_id, NO_RULES).of(kind)

    def first(
        self, project_id: int, kind: str, subject: EventSubject, event_uuid: UUID | None = None
    ) -> StoredRule | None:
        """The first rule that matches. With a uuid, rules that drop a share of events pass the others on."""
        book = self._books.get(project_id, NO_RULES)
        rules, index = book.of(kind), book.indexes.get(kind)
        if index is None:
            return None
        # An index knows nothing of rules that turned out to be broken, and may stop at one.
        is_broken = project_id in self._broken
        for position, certain in index.all if is_broken else self._finder.candidates(index, subject):
            rule = rules[position]
            if (certain or self._matches(project_id, rule, subject)) and (
                event_uuid is None or is_dropped(rule.stored.sampling_rate, event_uuid)
            ):
                return rule.stored
        return None

    def is_bypassed(self, item: Linked) -> bool:
        """Whether a bypass rule exempts an event from rate limits (pipeline 6.9)."""
        project_id = item.normalised.event.project_id
        if not self.of(project_id, BYPASS.name):
            return False
        return self.first(project_id, BYPASS.name, self.subject(item, str(item.issue_id))) is not None

    def subject(
        self, item: Item, issue_id: str | None = None, issue: Mapping[str, str | None] | None = None
    ) -> EventSubject:
        """An event as rules see it."""
        normalised, version = item.normalised, item.stack_version
        asked = Asked(
            lambda: self._facts(normalised, version),
            lambda: _encode(self._stack_of(normalised, version).frames).decode(),
            lambda: self.chosen.find(normalised.event.project_id, item.grouping_key),
        )
        return EventSubject(normalised, item.release, asked, issue_id, issue)

    def reads(self, kind: str, keys: frozenset[str]) -> bool:
        """Whether a rule of a kind looks at one of these properties."""
        return any(book.reads(kind, keys) for book in self._books.values())

    def tell_broken(self) -> None:
        """Disable the rules that could not be evaluated since the last call (pipeline 6.4)."""
        broken, self._broken = self._broken, {}
        if not broken:
            return
        with writing(self._engine) as connection:
            for project_id, reasons in broken.items():
                disable_rules(connection, project_id, reasons, self._clock())
        for project_id, reasons in broken.items():
            for rule_id, reason in reasons.items():
                log.warning("rule_disabled", project_id=project_id, rule=str(rule_id), reason=reason["message"])

    def _book(self, project_id: int, version: int) -> RuleBook:
        known = self._remembered.get(project_id)
        if known is not None and known[0] == version:
            return known[1]
        with reading(self._engine) as connection:
            book = make_book(list_rules(connection, project_id))
        # Rules that were changed since the version was read are newer than it says, and are read again then.
        self._remembered[project_id] = (version, book)
        return book

    def _matches(self, project_id: int, rule: Rule, subject: EventSubject) -> bool:
        broken = self._broken.get(project_id, {})
        if rule.id in broken:
            return False
        if rule.matches is None:
            self._break(project_id, rule, subject, rule.problem or "")
            return False
        try:
            return rule.matches(subject)
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - a rule that fails must not fail the event
            self._break(project_id, rule, subject, f"{type(problem).__name__}: {problem}")
            return False

    def _break(self, project_id: int, rule: Rule, subject: EventSubject, message: str) -> None:
        reason: dict[str, Any] = {"message": message, **subject.told(KINDS[rule.stored.kind])}
        self._broken.setdefault(project_id, {})[rule.id] = reason

    def _facts(self, normalised: Normalised, version: int) -> StackFacts:
        key = (normalised.event.project_id, normalised.stack, version)
        found = self._stacks.get(key)
        if found is None:
            stack = self._stack_of(normalised, version)
            found = StackFacts(tuple(stack.sources), tuple(stack.functions))
            self._stacks.put(key, found)
        return found
