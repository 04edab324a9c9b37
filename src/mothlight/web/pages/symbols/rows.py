"""Symbol sets, awaited references and repairs as a page shows them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from mothlight.queries.answers.awaited_symbols import Awaited
from mothlight.storage.metadata.repositories.releases import Release
from mothlight.storage.metadata.repositories.symbol_repairs import FAILED, UNFINISHED, Consequences, Repair
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet
from mothlight.symbols.remedies import remedy_for


class AwaitedRow(msgspec.Struct, frozen=True):
    """A reference that events wait for."""

    ref: str
    set_id: UUID | None
    """Of the set that says nothing about these frames; None where there is none."""
    reason: str
    remedy: str
    functions: list[str]
    events: int
    issues: int
    last_seen: datetime


class SetRow(msgspec.Struct, frozen=True):
    """A symbol set."""

    id: UUID
    ref: str
    state: str
    """`ready`, `uploading` or `failed`."""
    reason: str
    """Why it cannot be used; empty where it can."""
    release: str
    created_at: datetime
    last_used: datetime | None


class RepairRow(msgspec.Struct, frozen=True):
    """A repair and what came of it."""

    set_id: UUID
    ref: str
    status: str
    is_running: bool
    is_failed: bool
    created_at: datetime
    finished_at: datetime | None
    stacks: int
    stacks_total: int | None
    events: int
    frames_resolved: int
    issues_changed: int
    issues_merged: int
    changes: int


def awaited_row(awaited: Awaited) -> AwaitedRow:
    """One line of what waits."""
    first = awaited.frames[0] if awaited.frames else None
    told = remedy_for(
        awaited.ref,
        "" if first is None else first.lang,
        is_there=not awaited.is_missing,
        failure=None if first is None else first.resolve_failure,
    )
    return AwaitedRow(
        ref=awaited.ref,
        set_id=None if awaited.found is None else awaited.found.id,
        reason=told.reason,
        remedy=told.remedy,
        functions=[frame.mangled_name for frame in awaited.frames if frame.mangled_name],
        events=awaited.events,
        issues=awaited.issues,
        last_seen=awaited.last_seen,
    )


def set_row(found: SymbolSet, releases: Mapping[UUID, Release]) -> SetRow:
    """One line of the sets."""
    release = None if found.release_id is None else releases.get(found.release_id)
    state = "ready" if found.is_complete else "uploading" if found.is_pending else "failed"
    return SetRow(
        id=found.id,
        ref=found.ref,
        state=state,
        reason=found.failure_reason or "",
        release="" if release is None else release.version,
        created_at=found.created_at,
        last_used=found.last_used,
    )


def repair_row(repair: Repair, done: Mapping[UUID, Consequences]) -> RepairRow:
    """One repair."""
    own = done.get(repair.id, Consequences())
    return RepairRow(
        set_id=repair.symbol_set_id,
        ref=repair.ref,
        status=repair.status,
        is_running=repair.status in UNFINISHED,
        is_failed=repair.status == FAILED,
        created_at=repair.created_at,
        finished_at=repair.finished_at,
        stacks=repair.stacks,
        stacks_total=repair.stacks_total,
        events=repair.events,
        frames_resolved=repair.frames_resolved,
        issues_changed=own.issues_changed,
        issues_merged=own.issues_merged,
        changes=len(own.changes),
    )
