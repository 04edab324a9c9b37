"""Spikes that were found, by the issue that they belong to now."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import issues, spike_events


class NewSpike(msgspec.Struct, frozen=True):
    """What is known of a spike when it is found."""

    id: UUID
    issue_id: UUID
    fingerprint: str
    """Of the first event of the bucket."""
    bucket: int
    """Unix time in units of five minutes."""
    detected_at: datetime
    computed_baseline: float
    current_bucket_value: int


class LastSpike(msgspec.Struct, frozen=True):
    """The latest spike of an issue."""

    bucket: int
    detected_at: datetime
    current_bucket_value: int


class ListedSpike(msgspec.Struct, frozen=True):
    """A spike with its issue as it is now."""

    id: UUID
    issue_id: UUID
    name: str | None
    description: str | None
    detected_at: datetime
    computed_baseline: float
    current_bucket_value: int


class SpikeFilter(msgspec.Struct, frozen=True):
    """Which spikes are asked for; None: any."""

    issue_ids: Collection[UUID] | None = None
    date_from: datetime | None = None
    """Inclusive, as is `date_to`."""
    date_to: datetime | None = None


ORDERS = ("detected_at", "computed_baseline", "current_bucket_value")


def insert_spike(connection: sa.Connection, project_id: int, spike: NewSpike) -> None:
    """Record a spike."""
    connection.execute(sa.insert(spike_events).values(project_id=project_id, **msgspec.structs.asdict(spike)))


def last_spikes(connection: sa.Connection, project_id: int, issue_ids: Collection[UUID]) -> dict[UUID, LastSpike]:
    """The latest spike of each of the issues that has one."""
    found: dict[UUID, LastSpike] = {}
    for some in in_slices(sorted(issue_ids)):
        rows = connection.execute(
            sa.select(
                spike_events.c.issue_id,
                spike_events.c.bucket,
                spike_events.c.detected_at,
                spike_events.c.current_bucket_value,
            )
            .where(spike_events.c.project_id == project_id, spike_events.c.issue_id.in_(some))
            .order_by(spike_events.c.detected_at, spike_events.c.id)
        )
        found.update((row[0], LastSpike(*row[1:])) for row in rows)
    return found


def count_spikes(connection: sa.Connection, project_id: int, wanted: SpikeFilter) -> int:
    """How many there are."""
    query = sa.select(sa.func.count()).select_from(spike_events).where(*_conditions(project_id, wanted))
    return connection.scalar(query) or 0


def list_spikes(
    connection: sa.Connection,
    project_id: int,
    wanted: SpikeFilter,
    limit: int,
    offset: int = 0,
    *,
    order: str = "detected_at",
    upwards: bool = False,
) -> list[ListedSpike]:
    """Some of them, by one of `ORDERS`."""
    column = spike_events.c[order]
    direction = (column.asc(), spike_events.c.id.asc()) if upwards else (column.desc(), spike_events.c.id.desc())
    query = (
        sa.select(
            spike_events.c.id,
            spike_events.c.issue_id,
            issues.c.name,
            issues.c.description,
            spike_events.c.detected_at,
            spike_events.c.computed_baseline,
            spike_events.c.current_bucket_value,
        )
        .select_from(spike_events.join(issues, issues.c.id == spike_events.c.issue_id))
        .where(*_conditions(project_id, wanted))
        .order_by(*direction)
        .limit(limit)
        .offset(offset)
    )
    return [ListedSpike(*row) for row in connection.execute(query)]


def move_spikes_of_fingerprints(
    connection: sa.Connection, project_id: int, issue_ids: Collection[UUID], moved: Mapping[UUID, Sequence[str]]
) -> None:
    """Spikes of these issues go with their fingerprints, given by the issue that gets them."""
    owners = {fingerprint: owner for owner, fingerprints in moved.items() for fingerprint in fingerprints}
    # Most issues never had a spike, so the few that are there are looked for first.
    going: dict[UUID, list[UUID]] = {}
    for some in in_slices(sorted(issue_ids)):
        query = sa.select(spike_events.c.id, spike_events.c.fingerprint).where(
            spike_events.c.project_id == project_id, spike_events.c.issue_id.in_(some)
        )
        for spike_id, fingerprint in connection.execute(query):
            if fingerprint in owners:
                going.setdefault(owners[fingerprint], []).append(spike_id)
    for owner, spike_ids in going.items():
        for few in in_slices(spike_ids):
            connection.execute(
                sa.update(spike_events)
                .where(spike_events.c.project_id == project_id, spike_events.c.id.in_(few))
                .values(issue_id=owner)
            )


def move_spikes(connection: sa.Connection, project_id: int, issue_ids: Collection[UUID], owner: UUID) -> None:
    """All spikes of these issues go to another one."""
    for some in in_slices(sorted(issue_ids)):
        connection.execute(
            sa.update(spike_events)
            .where(spike_events.c.project_id == project_id, spike_events.c.issue_id.in_(some))
            .values(issue_id=owner)
        )


def lose_spikes(connection: sa.Connection, project_id: int, issue_ids: Collection[UUID], split: UUID) -> None:
    """Spikes of these issues count no more because of a split, an entry of the change journal."""
    connection.execute(
        sa.update(spike_events)
        .where(
            spike_events.c.project_id == project_id,
            spike_events.c.issue_id.in_(list(issue_ids)),
            spike_events.c.lost_by.is_(None),
        )
        .values(lost_by=split)
    )


def regain_spikes(connection: sa.Connection, project_id: int, split: UUID) -> None:
    """What a split has lost counts again."""
    connection.execute(
        sa.update(spike_events)
        .where(spike_events.c.project_id == project_id, spike_events.c.lost_by == split)
        .values(lost_by=None)
    )


def _conditions(project_id: int, wanted: SpikeFilter) -> list[sa.ColumnElement[Any]]:
    conditions: list[sa.ColumnElement[Any]] = [
        spike_events.c.project_id == project_id,
        spike_events.c.lost_by.is_(None),
    ]
    if wanted.issue_ids is not None:
        conditions.append(spike_events.c.issue_id.in_(list(wanted.issue_ids)))
    if wanted.date_from is not None:
        conditions.append(spike_events.c.detected_at >= wanted.date_from)
    if wanted.date_to is not None:
        conditions.append(spike_events.c.detected_at <= wanted.date_to)
    return conditions
