"""Which other issues are like one: they share stacks, frames of the team's own code, or exception types.

Stacks are few beside events, so candidates are found among them: those that share a function or file with the issue's
newest stacks. How alike they are is computed from their frames.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.model.stack import Frame
from mothlight.queries.criteria import of_issues
from mothlight.queries.date_range import figures_range
from mothlight.queries.focus import Focus, Place, is_unknown
from mothlight.queries.frame_overlap import CodePlace, Outline, outline, shared
from mothlight.queries.inspection import SimilarIssues
from mothlight.queries.states import read_states
from mothlight.storage.events.interface import EventStore
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.grouping_keys import StackOwner, owners_of_stacks, stacks_of_issue

MOST_STACKS = 20
"""The newest stacks of the issue."""
MOST_CANDIDATES = 200
"""Stacks with most functions and files in common."""
MOST_OF_TYPE = 50
"""Issues with a type in common, those with most events."""

FRAMES_WEIGH, TOP_WEIGHS, TYPE_WEIGHS = 0.6, 0.25, 0.15
"""Shared frames as a part of all, the same top frame, a type in common: together 1."""
LEAST_FRAMES = 0.3
"""A part of shared frames below this is no reason by itself: every request of a web server shares some."""

_frames = msgspec.json.Decoder(list[list[Frame] | None])


class SharedFrames(msgspec.Struct, frozen=True):
    """Of the two most alike stacks: places in the code that both have, of so many that they have together."""

    shared: int
    of: int


class Reasons(msgspec.Struct, frozen=True):
    """What two issues have in common."""

    same_stack: bool
    """Some events have the very same frames, and differ in type or message."""
    top_frame: CodePlace | None
    """The frame of one's own code nearest the throw, where it is the same."""
    frames: SharedFrames
    types: list[str]
    """Exception types in common."""


class SimilarIssue(msgspec.Struct, frozen=True):
    """Another issue and why it is shown."""

    id: UUID
    name: str | None
    description: str | None
    status: str
    occurrences: int
    """In the range."""
    last_seen: datetime | None
    """In the range."""
    likeness: float
    """Between 0 and 1; what the answer is ordered by."""
    reasons: Reasons


class SimilarIssuesAnswer(msgspec.Struct, frozen=True):
    """Other issues, the most alike first."""

    results: list[SimilarIssue]


class _Seen(msgspec.Struct, frozen=True):
    """What the events of an issue say in the range."""

    occurrences: int
    last_seen: datetime
    types: frozenset[str]


def answer(
    question: SimilarIssues, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> SimilarIssuesAnswer | None:
    """Similar issues; None when the project has no such issue."""
    place = Place(store, metadata, project_id)
    if is_unknown(Focus(issue_id=question.issue_id), place):
        return None
    with reading(metadata) as connection:
        own = stacks_of_issue(connection, project_id, question.issue_id, MOST_STACKS)
    outlines = _read_outlines(place, own)
    candidates = _find_candidates(place, [outlines[stack] for stack in own if stack in outlines])
    with reading(metadata) as connection:
        owners = owners_of_stacks(connection, project_id, {*own, *candidates})
    outlines |= _read_outlines(place, [stack for stack in candidates if stack not in outlines])
    of_others = _by_issue(owners, question.issue_id)
    types = _types_of(place, question, now)
    seen = _read_seen(place, question, list(of_others), types, now)
    found = _compare(own, outlines, of_others, types, seen)
    return SimilarIssuesAnswer(_shown(place, found, seen, question.limit))


def _read_outlines(place: Place, hashes: Sequence[str]) -> dict[str, Outline]:
    if not hashes:
        return {}
    sql = f"SELECT hash, frames FROM stacks FINAL WHERE {OF_PROJECT} AND hash IN {{hashes:Array(String)}}"
    rows = place.store.query(place.project_id, sql, {"hashes": list(hashes)})
    return {hash_: outline(_frames.decode(frames)) for hash_, frames in rows}


def _find_candidates(place: Place, own: Sequence[Outline]) -> list[str]:
    """Hashes of the stacks that have most functions and files of one's own code in common with some."""
    places = {each for found in own for each in found.places}
    if not places:
        return []
    bindings = Bindings()
    functions = bindings.texts(sorted({each.function for each in places if each.function}))
    sources = bindings.texts(sorted({each.source for each in places if each.source}))
    tops = bindings.texts(sorted({found.top.function for found in own if found.top and found.top.function}))
    common = f"length(arrayIntersect(functions, {functions})) + length(arrayIntersect(sources, {sources}))"
    sql = f"""
        SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND {common} > 0
        ORDER BY hasAny(functions, {tops}) DESC, ({common}) / (1 + length(functions) + length(sources)) DESC, hash
        LIMIT {MOST_CANDIDATES}
    """
    return [row[0] for row in place.store.query(place.project_id, sql, bindings.parameters)]


def _by_issue(owners: Sequence[StackOwner], besides: UUID) -> dict[UUID, set[str]]:
    """The stacks of each other issue."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for owner in owners:
        if owner.issue_id != besides:
            found[owner.issue_id].add(owner.stack)
    return found


def _types_of(place: Place, question: SimilarIssues, now: datetime) -> frozenset[str]:
    bindings = Bindings()
    of_range = figures_range(question.window, now).condition(bindings)
    of_issue = of_issues([question.issue_id], bindings)
    sql = f"SELECT groupUniqArrayArray(20)(types) FROM events WHERE {OF_PROJECT} AND {of_range} AND {of_issue}"
    ((types,),) = place.store.query(place.project_id, sql, bindings.parameters)
    return frozenset(types)


def _read_seen(
    place: Place, question: SimilarIssues, candidates: Sequence[UUID], types: frozenset[str], now: datetime
) -> dict[UUID, _Seen]:
    """What is seen of the candidates, and of the issues with most events of the types."""
    bindings = Bindings()
    of_range = figures_range(question.window, now).condition(bindings)
    ids = bindings.bind(candidates, "Array(UUID)")
    wanted = f"hasAny(types, {bindings.texts(sorted(types))})"
    sql = f"""
        SELECT issue_id, sum(events), max(newest), groupUniqArrayArray(20)(kinds) FROM (
            SELECT grouping_key, count() AS events, max(timestamp) AS newest, groupUniqArrayArray(20)(types) AS kinds
            FROM events WHERE {OF_PROJECT} AND {of_range}
            AND ({wanted} OR {of_issues(candidates, bindings)}) GROUP BY grouping_key
        ) AS counted
        INNER JOIN (
            SELECT grouping_key, issue_id FROM owners FINAL
            WHERE {OF_PROJECT} AND issue_id != {bindings.bind(question.issue_id, "UUID")}
        ) AS owned USING (grouping_key)
        GROUP BY issue_id ORDER BY has({ids}, issue_id) DESC, sum(events) DESC, issue_id
        LIMIT {len(candidates) + MOST_OF_TYPE}
    """
    rows = place.store.query(place.project_id, sql, bindings.parameters)
    return {row[0]: _Seen(row[1], row[2], frozenset(row[3])) for row in rows}


def _compare(
    own: Sequence[str],
    outlines: Mapping[str, Outline],
    of_others: Mapping[UUID, set[str]],
    types: frozenset[str],
    seen: Mapping[UUID, _Seen],
) -> dict[UUID, tuple[float, Reasons]]:
    """Likeness and reasons of the issues that have a reason."""
    here = [outlines[stack] for stack in own if stack in outlines]
    found = {}
    for issue_id in {*of_others, *seen}:
        stacks = of_others.get(issue_id, set())
        there = [outlines[stack] for stack in sorted(stacks) if stack in outlines]
        same_types = sorted(types & seen[issue_id].types) if issue_id in seen else []
        reasons = Reasons(
            not stacks.isdisjoint(own), _same_top(here, there), SharedFrames(*shared(here, there)), same_types
        )
        part = reasons.frames.shared / max(1, reasons.frames.of)
        if reasons.same_stack or reasons.top_frame or part >= LEAST_FRAMES or same_types:
            likeness = FRAMES_WEIGH * part + TOP_WEIGHS * bool(reasons.top_frame) + TYPE_WEIGHS * bool(same_types)
            found[issue_id] = (likeness, reasons)
    return found


def _same_top(here: Sequence[Outline], there: Sequence[Outline]) -> CodePlace | None:
    tops = {each.top for each in here} & {each.top for each in there} - {None}
    return min((top for top in tops if top is not None), default=None)


def _shown(
    place: Place, found: Mapping[UUID, tuple[float, Reasons]], seen: Mapping[UUID, _Seen], limit: int
) -> list[SimilarIssue]:
    def order(issue_id: UUID) -> tuple[float, int, str]:
        return -found[issue_id][0], -seen[issue_id].occurrences if issue_id in seen else 0, str(issue_id)

    # An issue that was merged away a moment ago may still be among them.
    states = read_states(place.store, place.project_id, list(found))
    shown = sorted(states, key=order)[:limit]
    return [
        SimilarIssue(
            id=issue_id,
            name=states[issue_id].name,
            description=states[issue_id].description,
            status=states[issue_id].status,
            occurrences=seen[issue_id].occurrences if issue_id in seen else 0,
            last_seen=seen[issue_id].last_seen if issue_id in seen else None,
            likeness=round(found[issue_id][0], 4),
            reasons=found[issue_id][1],
        )
        for issue_id in shown
    ]
