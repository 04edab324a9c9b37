"""In which release issues are resolved, when somebody resolves them."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from mothlight.issues.change import Resolution
from mothlight.issues.release_order import newest
from mothlight.model.issue_states import RESOLVED
from mothlight.queries.answers.releases import releases_of_issues
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.release_sightings import load_releases
from mothlight.web.parts import Work


class ResolvedIn(msgspec.Struct, frozen=True):
    """What was said about the release."""

    release: str | None = None
    """None: the newest that the issue was seen in."""
    is_next: bool = False


def find_resolution(
    call: Work,
    issue_ids: Collection[UUID],
    status: str | None,
    environment: str | None,
    resolved_in: ResolvedIn | None,
) -> Resolution:
    """What the caller said, completed by the newest release that each issue was seen in.

    Raises:
        Unavailable: the event store is away, which alone knows these releases.
    """
    if status != RESOLVED or not issue_ids:
        return Resolution()
    if resolved_in is not None and resolved_in.release is not None:
        return Resolution(resolved_in.release)
    seen = releases_of_issues(call.parts.events, call.project.id, list(issue_ids), environment)
    with reading(call.parts.database) as connection:
        known = load_releases(connection, call.project.id, {release for some in seen.values() for release in some})
    found = {issue_id: newest(some, known.first_seen) for issue_id, some in seen.items()}
    return Resolution(
        is_next=resolved_in is not None and resolved_in.is_next,
        newest={issue_id: release for issue_id, release in found.items() if release is not None},
    )
