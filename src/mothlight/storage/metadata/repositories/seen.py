"""When and where fingerprints were first seen, as rows say it: read, and written as it was."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import fingerprints

FIRST_SEEN, ENVIRONMENTS = "first_seen", "environments"


def read_seen(connection: sa.Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """As JSON: a moment's text, and the text of the list of environments; each may be null."""
    found: dict[UUID, dict[str, Any]] = {}
    for some in in_slices(sorted(ids)):
        columns = (fingerprints.c.id, fingerprints.c.first_seen, fingerprints.c.environments)
        rows = connection.execute(sa.select(*columns).where(fingerprints.c.id.in_(some)))
        found.update(
            (row[0], {FIRST_SEEN: None if row[1] is None else row[1].isoformat(), ENVIRONMENTS: row[2]}) for row in rows
        )
    return found


def write_seen(connection: sa.Connection, seen: Mapping[UUID, tuple[datetime | None, str | None]]) -> None:
    """Set first sighting and environments of fingerprints that exist."""
    rows = [{"fingerprint_id": each, "moment": seen[each][0], "names": seen[each][1]} for each in sorted(seen)]
    if rows:
        connection.execute(
            sa.update(fingerprints)
            .where(fingerprints.c.id == sa.bindparam("fingerprint_id"))
            .values(first_seen=sa.bindparam("moment"), environments=sa.bindparam("names")),
            rows,
        )
