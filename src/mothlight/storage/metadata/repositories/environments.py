"""In which environments issues were seen: where each of their fingerprints was."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.model.issue_states import write_environments
from mothlight.storage.metadata.repositories.issues import environments_of
from mothlight.storage.metadata.repositories.statements import in_slices
from mothlight.storage.metadata.tables import fingerprints


class SeenFingerprint(msgspec.Struct, frozen=True):
    """A fingerprint, its owner, and where it was seen."""

    fingerprint: str
    issue_id: UUID
    environments: frozenset[str]


def seen_fingerprints(connection: sa.Connection, project_id: int, issue_ids: Collection[UUID]) -> list[SeenFingerprint]:
    """All fingerprints of the issues."""
    found: list[SeenFingerprint] = []
    for some in in_slices(list(issue_ids)):
        rows = connection.execute(
            sa.select(fingerprints.c.fingerprint, fingerprints.c.issue_id, fingerprints.c.environments).where(
                fingerprints.c.project_id == project_id, fingerprints.c.issue_id.in_(some)
            )
        )
        found += [SeenFingerprint(row[0], row[1], environments_of(row[2])) for row in rows]
    return found


def seen_environments(
    connection: sa.Connection, project_id: int, issue_ids: Collection[UUID]
) -> dict[UUID, frozenset[str]]:
    """The environments of each of the issues that was seen in any."""
    found: dict[UUID, frozenset[str]] = {}
    for some in in_slices(list(issue_ids)):
        rows = connection.execute(
            sa.select(fingerprints.c.issue_id, fingerprints.c.environments)
            .where(
                fingerprints.c.project_id == project_id,
                fingerprints.c.issue_id.in_(some),
                fingerprints.c.environments.is_not(None),
            )
            .distinct()
        )
        for issue_id, kept in rows:
            found[issue_id] = found.get(issue_id, frozenset()) | environments_of(kept)
    return found


def together(seen: Iterable[SeenFingerprint]) -> dict[UUID, frozenset[str]]:
    """The environments of each owner."""
    found: dict[UUID, frozenset[str]] = {}
    for each in seen:
        found[each.issue_id] = found.get(each.issue_id, frozenset()) | each.environments
    return found


def add_environments(connection: sa.Connection, environments: Mapping[UUID, Collection[str]]) -> None:
    """Where fingerprints, given by id, were seen. Their issues are locked."""
    ids = sorted(environments)
    for some in in_slices(ids):
        rows = connection.execute(
            sa.select(fingerprints.c.id, fingerprints.c.environments)
            .where(fingerprints.c.id.in_(some))
            # Everybody locks fingerprints in this order, so nobody waits for somebody who waits for them.
            .order_by(fingerprints.c.id)
            .with_for_update()
        ).all()
        changed = [(row[0], environments_of(row[1]) | {*environments[row[0]]}) for row in rows]
        if changed:
            connection.execute(
                sa.update(fingerprints)
                .where(fingerprints.c.id == sa.bindparam("fingerprint_id"))
                .values(environments=sa.bindparam("names")),
                [{"fingerprint_id": key, "names": write_environments(names)} for key, names in changed],
            )
