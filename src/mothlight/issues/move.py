"""Moves ownership: a fingerprint to another issue, a grouping key to another fingerprint. No event is touched.

Call `Mirror.sync` after the transaction; the next query of this node shows the change in every figure.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.model.errors import not_found
from mothlight.model.stack import Fingerprint
from mothlight.storage import mirror
from mothlight.storage.metadata.repositories import issues


def move_fingerprint(
    connection: sa.Connection, project_id: int, fingerprint: str, issue_id: UUID, moment: datetime
) -> bool:
    """Give a fingerprint and all its events to another issue of the project; its version grows by one.

    False when it belongs there already. What the move means, and its entry in the issue journal, is the caller's.

    Raises:
        Refused: the project has no such fingerprint or no such issue (404).
    """
    if not issues.lock_issues(connection, project_id, [issue_id]):
        raise not_found("Issue not found")
    moved = issues.move_fingerprint_row(connection, project_id, fingerprint, issue_id)
    if moved is None:
        _check_known(connection, project_id, fingerprint)
        return False
    mirror.note_fingerprints(connection, project_id, [moved], moment)
    return True


def give_fingerprint(
    connection: sa.Connection, project_id: int, grouping_key: int, fingerprint: Fingerprint, moment: datetime
) -> None:
    """Give a grouping key and all its events another fingerprint, which has an issue already.

    Raises:
        Refused: the project has no such fingerprint or no such grouping key (404).
    """
    target = _check_known(connection, project_id, fingerprint.value)
    values = {
        "fingerprint_id": target,
        "fingerprint_version": fingerprint.version,
        "record": [{**part, "id": None} if "id" in part else part for part in fingerprint.record],
    }
    if not issues.update_grouping_key(connection, project_id, grouping_key, values):
        raise not_found("Grouping key not found")
    mirror.note_owners(connection, project_id, [grouping_key], moment)


def _check_known(connection: sa.Connection, project_id: int, fingerprint: str) -> UUID:
    found = issues.share_fingerprints(connection, project_id, [fingerprint])
    if not found:
        raise not_found("Fingerprint not found")
    return found[fingerprint].id
