"""One step of an application that moves events: some grouping keys at once, first in the metadata, then in the store.

A key that an application gives follows from its id and the key that the events had, so the same step done again, after
a crash or by another node, does nothing twice. Events of a grouping rule get keys of the rule's fingerprint; suppressed
ones get keys that no fingerprint has, so they are in no answer, and still there.
"""

# ruff: noqa: S608 - values are bound

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.grouping import candidates
from mothlight.grouping.key import moved_key
from mothlight.issues.link import link_newcomers
from mothlight.issues.severity import infer_severity, read_severity
from mothlight.issues.sighting import Newcomer, Sighting
from mothlight.kit.clock import Clock
from mothlight.kit.ids import MakeId
from mothlight.model.event import EXCEPTION, ReceivedEvent
from mothlight.model.stack import ExceptionEntry, Fingerprint, Frame, Stack
from mothlight.rewind.selection import Selection, rules_of
from mothlight.rules.kinds import GROUPING
from mothlight.rules.sql import SETTINGS
from mothlight.storage.events.interface import EventStore, Move
from mothlight.storage.events.properties import property_text
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.issues import Assignee, StoredIssue, read_fingerprints
from mothlight.storage.metadata.repositories.rule_applications import (
    Application,
    add_moved_keys,
    load_key_rows,
    update_application,
)
from mothlight.storage.metadata.repositories.seen import read_seen
from mothlight.storage.mirror import Mirror

NO_LEGACY = "none"
"""`Stack.legacy` of an event without a stack."""

_frames = msgspec.json.Decoder(list[list[Frame] | None]).decode
_entries = msgspec.json.Decoder(list[ExceptionEntry]).decode


class First(msgspec.Struct, frozen=True):
    """What the events of a key in one environment show, and the first of them."""

    grouping_key: int
    environment: str
    earliest: datetime
    received_at: datetime
    uuid: UUID
    timestamp: datetime
    distinct_id: str
    stack: str
    exceptions: str
    name: str | None
    description: str | None
    severity: str | None
    level: str | None


class Moves:
    """Moves events for applications."""

    def __init__(self, engine: sa.Engine, store: EventStore, mirror: Mirror, clock: Clock, make_id: MakeId) -> None:
        self._engine = engine
        self._store = store
        self._mirror = mirror
        self._clock = clock
        self._make_id = make_id

    def move(self, application: Application, selected: Selection, keys: Sequence[int]) -> None:
        """Move the selected events of some keys. Can be done again."""
        way = application.id.hex if selected.target is None else f"{application.id.hex} {selected.target.value}"
        new_keys = {key: moved_key(way, key) for key in keys}
        firsts = self._firsts(application, selected, keys) if application.kind == GROUPING.name else []
        sightings = [
            self._sighting(application, first, new_keys[first.grouping_key], selected.target) for first in firsts
        ]
        newcomers = [sighting.newcomer for sighting in sightings if sighting.newcomer is not None]
        targets = {fingerprint.value for newcomer in newcomers for fingerprint in newcomer.fingerprints}
        with writing(self._engine) as connection:
            add_moved_keys(connection, application, new_keys)
            self._remember_seen(connection, application, keys, targets)
            if sightings:
                rulings = _OfRule(application)
                link_newcomers(connection, application.project_id, sightings, self._clock(), self._make_id, rulings)
        # Events must not have keys that nobody owns yet.
        self._mirror.sync()
        move = Move(application.id, selected.condition, selected.bindings.parameters, new_keys, SETTINGS)
        self._store.move_events(application.project_id, move)

    def _remember_seen(
        self, connection: sa.Connection, application: Application, keys: Sequence[int], targets: Collection[str]
    ) -> None:
        """Keep what fingerprints say before events leave them or come to them."""
        rows = load_key_rows(connection, application.project_id, keys)
        ids = {row["fingerprint_id"] for row in rows.values()}
        present = read_fingerprints(connection, application.project_id, targets)
        ids |= {target.id for target in present.values()}
        known = application.fingerprints
        found = {str(each): seen for each, seen in read_seen(connection, ids).items() if str(each) not in known}
        if found:
            known.update(found)
            update_application(connection, application.id, {"fingerprints": known})

    def _firsts(self, application: Application, selected: Selection, keys: Sequence[int]) -> list[First]:
        bindings = selected.bindings.copy()
        some = bindings.bind(list(keys), "Array(UInt64)")
        told = ("$issue_name", "$issue_description", "$issue_severity", "$exception_level")
        texts = ", ".join(f"ifNull({property_text(name)}, '')" for name in told)
        sql = f"""
            SELECT grouping_key, environment, min(timestamp), max(received_at),
                argMin((uuid, timestamp, distinct_id, stack, exceptions, {texts}), (received_at, uuid)) AS first
            FROM events WHERE {selected.condition} AND grouping_key IN {some}
            GROUP BY grouping_key, environment ORDER BY min((received_at, uuid)) {SETTINGS}
        """
        rows = self._store.query(application.project_id, sql, bindings.parameters)
        return [_first(row) for row in rows]

    def _sighting(self, application: Application, first: First, key: int, target: Fingerprint | None) -> Sighting:
        event = ReceivedEvent(
            project_id=application.project_id,
            uuid=first.uuid,
            name=EXCEPTION,
            distinct_id=first.distinct_id,
            timestamp=first.timestamp,
            received_at=first.received_at,
            properties={},
            # What happened long ago is no news.
            historical=True,
        )
        sighting = Sighting.of(key, event, first.environment)
        sighting.earliest = first.earliest
        entries = _entries(first.exceptions)
        fingerprints = [target] if target is not None else self._automatic(application.project_id, entries, first.stack)
        sighting.newcomer = _newcomer(fingerprints, entries[0], first)
        return sighting

    def _automatic(self, project_id: int, entries: list[ExceptionEntry], stack: str) -> list[Fingerprint]:
        """The fingerprints of an event that no rule matches, from its stack as it is read now."""
        sql = """
            SELECT frames, legacy FROM stacks FINAL WHERE project_id = {project:UInt32} AND hash = {hash:String}
        """
        rows = self._store.query(project_id, sql, {"hash": stack}) if stack else []
        frames: list[list[Frame] | None] = _frames(rows[0][0]) if rows else [None] * len(entries)
        legacy = rows[0][1] if rows else NO_LEGACY
        return candidates(entries, Stack(stack, [], frames, legacy, {}, [], [], ""))


class _OfRule:
    """What the grouping rule says of its issue. See `issues.rulings`."""

    def __init__(self, application: Application) -> None:
        self._rule = next((rule for rule in rules_of(application) if rule.id == application.rule_id), None)

    def severity(self, event: ReceivedEvent, issue: StoredIssue) -> str | None:
        """See `Rulings`."""
        return None

    def assignee(self, event: ReceivedEvent, issue: StoredIssue) -> Assignee | None:
        """See `Rulings`."""
        return None if self._rule is None else self._rule.assignee


def _newcomer(fingerprints: list[Fingerprint], outermost: ExceptionEntry, first: First) -> Newcomer:
    mechanism = outermost.rest.get("mechanism")
    handled = mechanism.get("handled") if isinstance(mechanism, dict) else None
    return Newcomer(
        fingerprints=fingerprints,
        stack=first.stack,
        name=first.name or outermost.type,
        description=first.description or outermost.value,
        severity=read_severity(first.severity) or infer_severity(first.level, handled),
    )


def _first(row: Sequence[Any]) -> First:
    uuid, timestamp, distinct_id, stack, exceptions, name, description, severity, level = row[4]
    return First(
        grouping_key=row[0],
        environment=row[1],
        earliest=row[2],
        received_at=row[3],
        uuid=uuid,
        timestamp=timestamp,
        distinct_id=distinct_id,
        stack=stack,
        exceptions=exceptions,
        name=name or None,
        description=description or None,
        severity=severity or None,
        level=level or None,
    )


def count_moved(store: EventStore, project_id: int, keys: Sequence[int]) -> int:
    """How many events have one of the keys."""
    if not keys:
        return 0
    sql = "SELECT count() FROM events WHERE project_id = {project:UInt32} AND grouping_key IN {keys:Array(UInt64)}"
    ((count,),) = store.query(project_id, sql, {"keys": list(keys)})
    return int(count)
