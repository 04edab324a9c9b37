"""Gives grouping keys the fingerprints of newer versions of their stacks (design 3): symbols have made them readable.

No event is touched: with its key, each goes where the key goes. An issue never loses its name, status, assignee or
history because its frames became readable.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from mothlight.issues.journal import Author
from mothlight.issues.link import choose
from mothlight.issues.merge import merge, plan_merge
from mothlight.issues.move import give_fingerprint
from mothlight.model.issue_states import write_environments
from mothlight.model.stack import Fingerprint
from mothlight.storage.metadata.repositories import issues
from mothlight.storage.metadata.repositories.environments import add_environments
from mothlight.storage.metadata.repositories.issues import Owner, StoredFingerprint, StoredIssue


class Renewal(msgspec.Struct, frozen=True):
    """A grouping key and the fingerprints of its stack as it is now."""

    grouping_key: int
    fingerprints: list[Fingerprint]
    """Oldest version first."""
    stack_version: int


def renew_fingerprints(connection: sa.Connection, author: Author, renewals: Sequence[Renewal]) -> None:
    """Bring grouping keys up to date with their stacks. What is so already stays as it is.

    A fingerprint that nobody has goes to the present issue. One that another issue has takes the key there; when the
    present issue would be left with no events, the two issues turn out to be one: the newer is merged into the older,
    which can be undone.
    """
    for renewal in sorted(renewals, key=lambda each: each.grouping_key):
        owner = issues.find_owners(connection, author.project_id, [renewal.grouping_key]).get(renewal.grouping_key)
        if owner is not None and owner.stack_version < renewal.stack_version:
            _renew(connection, author, renewal, owner)


def _renew(connection: sa.Connection, author: Author, renewal: Renewal, owner: Owner) -> None:
    values = {fingerprint.value for fingerprint in renewal.fingerprints}
    # Issues are locked before fingerprints, as everywhere; whose they are is looked at again after that.
    before = issues.read_fingerprints(connection, author.project_id, values)
    locked = issues.lock_issues(
        connection, author.project_id, {owner.issue_id, *(found.issue_id for found in before.values())}
    )
    present = issues.share_fingerprints(connection, author.project_id, values)
    chosen = choose(renewal.fingerprints, present)
    target = present.get(chosen.value)
    if owner.issue_id not in locked or (target is not None and target.issue_id not in locked):
        # Somebody is moving them now; the key's next event tries again.
        return
    if target is None:
        _take_along(connection, author, owner, chosen)
        give_fingerprint(connection, author.project_id, renewal.grouping_key, chosen, author.moment)
    elif target.issue_id == owner.issue_id:
        give_fingerprint(connection, author.project_id, renewal.grouping_key, chosen, author.moment)
    elif issues.has_other_keys(connection, author.project_id, owner.issue_id, renewal.grouping_key):
        _move(connection, author, renewal, owner, chosen, target)
    else:
        _merge(connection, author, locked[owner.issue_id], locked[target.issue_id])
    issues.update_grouping_key(
        connection, author.project_id, renewal.grouping_key, {"stack_version": renewal.stack_version}
    )


def _take_along(connection: sa.Connection, author: Author, owner: Owner, chosen: Fingerprint) -> None:
    """The present issue gets the new fingerprint too."""
    row = {
        "id": author.make_id(),
        "project_id": author.project_id,
        "fingerprint": chosen.value,
        "issue_id": owner.issue_id,
        "version": 0,
        "first_seen": owner.first_seen,
        "environments": write_environments(owner.environments),
        "created_at": author.moment,
    }
    issues.insert_fingerprints(connection, [row])


def _move(
    connection: sa.Connection,
    author: Author,
    renewal: Renewal,
    owner: Owner,
    chosen: Fingerprint,
    target: StoredFingerprint,
) -> None:
    """The key leaves its issue, which keeps its other keys."""
    add_environments(connection, {target.id: owner.environments})
    if owner.first_seen is not None:
        issues.lower_first_seen(connection, {target.id: owner.first_seen})
    give_fingerprint(connection, author.project_id, renewal.grouping_key, chosen, author.moment)


def _merge(connection: sa.Connection, author: Author, one: StoredIssue, other: StoredIssue) -> None:
    """Both fingerprints stay as they are, so that undoing the merge leaves each issue with what it had."""
    older, newer = sorted((one, other), key=lambda issue: (issue.created_at, issue.id))
    effect = plan_merge(connection, author.project_id, older.id, [newer.id])
    if effect is not None:
        merge(connection, author, effect)
