"""What a preview says, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Literal

from mothlight.queries.questions import Assignee
from mothlight.queries.rules.issue_decisions import Outcome
from mothlight.queries.rules.preview import GroupingOutcome, Preview
from mothlight.web.pages.words import plural, whole

Tried = Literal["rule", "deletion", "order"]
"""What a preview is about: a rule's new form, its deletion, or another order."""


def headline(found: Preview, tried: Tried) -> str:
    """The most important figure."""
    count = plural(found.affected.events, "event")
    if tried == "order":
        return f"{count} would meet another rule first"
    if tried == "deletion":
        return f"It decides about {count}"
    return f"It would have matched {plural(found.matched.events, 'event')}"


def sentences(found: Preview, tried: Tried, people: Mapping[str, str]) -> list[str]:
    """What would have been, the reach first. `people`: names by id."""
    return [*_reach(found, tried), *_effects(found, tried, people)]


def _reach(found: Preview, tried: Tried) -> Iterator[str]:
    counted = found.affected if tried != "rule" else found.matched
    if not found.events:
        yield "There is no event in this time to try it on."
        return
    if counted.events:
        yield f"They are of {plural(counted.users, 'user')}, in {plural(counted.issues, 'issue')}."
    if tried == "rule" and found.affected.events < found.matched.events:
        left = whole(found.affected.events) if found.affected.events else "none"
        yield f"Of them {left} would come to it; rules before it, or its share, take or leave the others."


def _effects(found: Preview, tried: Tried, people: Mapping[str, str]) -> Iterator[str]:
    if found.grouping is not None:
        yield from _grouping(found.grouping, tried)
    if found.dropped is not None:
        yield {
            "rule": f"{plural(found.dropped, 'event')} would have been dropped.",
            "deletion": f"{plural(found.dropped, 'event')} would not be dropped by it any more.",
            "order": f"Another rule would decide whether {plural(found.dropped, 'event')} are dropped.",
        }[tried]
    if found.bypassed is not None:
        yield {
            "rule": f"No rate limit would have held {plural(found.bypassed, 'event')}.",
            "deletion": f"Rate limits could hold {plural(found.bypassed, 'event')} that it exempts.",
            "order": "The same events are exempt from rate limits in any order.",
        }[tried]
    if found.assignment is not None:
        yield from _assignment(found.assignment, people)
    if found.severity is not None:
        yield from _severity(found.severity)


def _grouping(grouping: GroupingOutcome, tried: Tried) -> Iterator[str]:
    if tried == "rule" and grouping.joined:
        words = f"{plural(grouping.joined, 'issue')} would be joined in one"
        yield f"{words}: {whole(grouping.emptied)} whole, and {whole(grouping.split)} split, which keep other events."
    if grouping.leaving:
        yield f"{plural(grouping.leaving, 'event')} would leave the rule’s issue."


def _assignment(outcome: Outcome, people: Mapping[str, str]) -> Iterator[str]:
    yield f"{plural(outcome.issues, 'issue')} would have been given away{_shares(outcome, people)}."
    if outcome.kept:
        yield f"{plural(outcome.kept, 'issue')} would stay as they are: somebody’s already, or not open."


def _severity(outcome: Outcome) -> Iterator[str]:
    yield f"{plural(outcome.issues, 'issue')} would have begun with another severity{_shares(outcome, {})}."


def _shares(outcome: Outcome, people: Mapping[str, str]) -> str:
    parts = [
        f"{whole(each.issues)} {'' if each.severity else 'to '}{each.severity or _name(each.assignee, people)}"
        for each in outcome.shares
    ]
    return f": {', '.join(parts)}" if parts else ""


def _name(assignee: Assignee | None, people: Mapping[str, str]) -> str:
    return "nobody" if assignee is None else people.get(str(assignee.id), "somebody who is gone")
