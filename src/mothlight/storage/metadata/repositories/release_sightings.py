"""When each release that events name was first seen."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices, insert_missing
from mothlight.storage.metadata.tables import release_sightings, releases

MOST_RELEASES = 10_000
"""Of one project. Whoever names a new one with each event has no releases."""


class KnownReleases(msgspec.Struct, frozen=True):
    """What is known of some releases of a project."""

    first_seen: Mapping[str, datetime] = {}
    """By version: the first event, or when it was told of."""
    is_only_one: bool = False
    """Whether events have named one release or none, ever."""


def note_releases(connection: sa.Connection, project_id: int, moments: Mapping[str, datetime]) -> None:
    """Releases that events of these moments name. The earliest of all counts."""
    count = connection.scalar(
        sa.select(sa.func.count()).select_from(release_sightings).where(release_sightings.c.project_id == project_id)
    )
    rows = [
        {"project_id": project_id, "release": release, "first_seen": moments[release]} for release in sorted(moments)
    ]
    if (count or 0) >= MOST_RELEASES:
        return
    insert_missing(connection, release_sightings, rows)
    connection.execute(
        sa.update(release_sightings)
        .where(
            release_sightings.c.project_id == project_id,
            release_sightings.c.release == sa.bindparam("name"),
            release_sightings.c.first_seen > sa.bindparam("moment"),
        )
        .values(first_seen=sa.bindparam("moment")),
        [{"name": row["release"], "moment": row["first_seen"]} for row in rows],
    )


def load_releases(connection: sa.Connection, project_id: int, versions: Collection[str]) -> KnownReleases:
    """What is known of these releases."""
    first_seen: dict[str, datetime] = {}
    for some in in_slices(sorted(versions)):
        told = connection.execute(
            sa.select(releases.c.version, sa.func.min(releases.c.created_at, type_=releases.c.created_at.type))
            .where(releases.c.project_id == project_id, releases.c.version.in_(some))
            .group_by(releases.c.version)
        )
        first_seen.update((row[0], row[1]) for row in told)
        seen = connection.execute(
            sa.select(release_sightings.c.release, release_sightings.c.first_seen).where(
                release_sightings.c.project_id == project_id, release_sightings.c.release.in_(some)
            )
        )
        first_seen.update((row[0], row[1]) for row in seen)
    some_releases = connection.scalars(
        sa.select(release_sightings.c.release).where(release_sightings.c.project_id == project_id).limit(2)
    ).all()
    return KnownReleases(first_seen, len(some_releases) < 2)
