"""What a change would do, told instead of done (`?dry_run=true`)."""

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.issues.conflicts import Left
from mothlight.issues.effect import ELSEWHERE, STATUS, Effect
from mothlight.issues.journal import Author
from mothlight.queries.answers import affected
from mothlight.queries.answers.affected import Affected
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.storage.metadata.repositories.fingerprints import fingerprints_of_issues
from mothlight.web.change import author_of
from mothlight.web.parts import Work


class LeftShape(msgspec.Struct, frozen=True):
    """A piece of an undo that later changes leave as it is."""

    what: str
    issue_id: UUID | None
    fingerprint: str | None
    changes: list[UUID]

    @classmethod
    def of(cls, left: Left) -> "LeftShape":
        """From the plan of an undo. The project's settings are no issue."""
        issue_id = None if left.issue_id == SETTINGS else left.issue_id
        # What is set everywhere is the status, for those who ask.
        what = STATUS if left.what == ELSEWHERE else left.what
        return cls(what, issue_id, left.fingerprint, left.changes)


class DryRunShape(msgspec.Struct, frozen=True):
    """How much a change would concern."""

    dry_run: bool
    issues: int
    fingerprints: int
    events: int
    users: int
    issue_ids: list[UUID]
    """Without those that would be made."""
    left: list[LeftShape] = []


def dry_run(
    call: Work,
    plan: Callable[[sa.Connection, Author], tuple[Effect | None, Sequence[Left]]],
    environment: str | None = None,
) -> DryRunShape:
    """The consequences of what is planned, about events of one environment or of all. Nothing is written."""
    with reading(call.parts.database) as connection:
        effect, left = plan(connection, author_of(call))
        touched = [] if effect is None else [each for each in effect.before if _is_touched(effect, each)]
        moved = [] if effect is None else list(effect.owners_before)
        keys = {} if effect is None else effect.keys_before
        owned = moved or {each.fingerprint for each in keys.values()}
        owned = owned or list(fingerprints_of_issues(connection, call.project.id, touched))
    figures = (
        affected.of_keys(call.parts.events, call.project.id, list(keys))
        if keys
        else _figures(call, moved, touched, environment)
    )
    return DryRunShape(
        dry_run=True,
        issues=len(touched),
        fingerprints=len(owned),
        events=figures.events,
        users=figures.users,
        issue_ids=[] if effect is None else [issue for issue in touched if effect.before[issue] is not None],
        left=[LeftShape.of(each) for each in left],
    )


def _is_touched(effect: Effect, issue_id: UUID) -> bool:
    """Whether something about an issue would be other than before."""
    if issue_id == SETTINGS or effect.is_empty:
        return False
    moves = effect.owners_before or effect.keys_before
    return bool(moves or effect.made or effect.removed or effect.before[issue_id])


def _figures(call: Work, moved: Sequence[str], touched: Sequence[UUID], environment: str | None) -> Affected:
    """Over the events that get another issue; where none does, over those of the issues."""
    if moved:
        return affected.of_fingerprints(call.parts.events, call.project.id, moved)
    return affected.of_issues(call.parts.events, call.project.id, touched, environment) if touched else Affected()
