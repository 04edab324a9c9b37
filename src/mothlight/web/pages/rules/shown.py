"""A preview as the pages show it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mothlight.model.errors import Unavailable
from mothlight.queries.rules.preview import Example, Preview, PreviewedIssue
from mothlight.rules.kinds import Kind
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.rules import StoredRule, list_rules
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.rules.outcome import Tried, headline, sentences
from mothlight.web.pages.rules.shared import RANGES, window_of
from mothlight.web.pages.rules.words import Piece, says
from mothlight.web.people import people_of
from mothlight.web.rule_previews import preview_rule


class OtherRule(msgspec.Struct, frozen=True):
    """A rule that would decide about more or fewer events than now."""

    id: UUID
    when: list[Piece]
    before: int
    after: int
    no_longer_reached: bool


class ShownPreview(msgspec.Struct, frozen=True):
    """What a change of rules would have done."""

    headline: str
    range: str
    """In words."""
    events: int
    sentences: list[str]
    issues: Sequence[PreviewedIssue]
    more_issues: int
    examples: Sequence[Example]
    others: list[OtherRule]


def try_out(
    call: ProjectPage,
    kind: Kind,
    range_: str,
    tried: Tried,
    *,
    values: Mapping[str, object] | None = None,
    replaces: UUID | None = None,
    orders: Mapping[UUID, int] | None = None,
) -> ShownPreview | None:
    """What it would have done; None where that takes too long to tell.

    Raises:
        Refused: as the preview of the API.
    """
    window = window_of(range_)
    try:
        found = preview_rule(call, kind, window, values=values, replaces=replaces, orders=orders)
    except Unavailable:
        return None
    with reading(call.database) as connection:
        people = people_of(connection, call)
        present = {each.id: each for each in list_rules(connection, call.project.id, kind.name)}
    return ShownPreview(
        headline=headline(found, tried),
        range=RANGES[range_],
        events=found.events,
        sentences=sentences(found, tried, people),
        issues=found.issues,
        more_issues=max(0, found.affected.issues - len(found.issues)),
        examples=found.examples,
        others=_others(found, present, None if tried == "order" else replaces),
    )


def _others(found: Preview, present: Mapping[UUID, StoredRule], subject: UUID | None) -> list[OtherRule]:
    return [
        OtherRule(each.id, says(present[each.id].filters), each.before, each.after, each.no_longer_reached)
        for each in found.rules
        if each.id in present and each.id != subject and each.before != each.after
    ]
