"""`/projects/{project_id}/issues/{id}`: one issue."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.responses import Response

from mothlight.issues.survivor import find_survivor
from mothlight.model.errors import not_found
from mothlight.model.issue_states import shown_environment
from mothlight.queries.answers import breakdown, histogram, issue_detail, issue_event, issue_grouping
from mothlight.queries.answers.awaited_symbols import awaited_by_frame
from mothlight.queries.answers.breakdown import PropertyBreakdown
from mothlight.queries.answers.histogram import HistogramAnswer
from mothlight.queries.answers.issue_detail import ShownIssue
from mothlight.queries.answers.issue_event import IssueEventAnswer
from mothlight.queries.answers.issue_grouping import GroupingAnswer
from mothlight.queries.inspection import Breakdown, Grouping, Histogram, IssueEvent
from mothlight.queries.questions import IssueDetail
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access, issues
from mothlight.storage.metadata.repositories.environments import seen_environments
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.storage.metadata.repositories.spike_events import SpikeFilter, list_spikes
from mothlight.web.pages.at_once import begin
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.issue.activity import read_activity
from mothlight.web.pages.issue.answered import GONE, answered
from mothlight.web.pages.issue.asked import RANGES, RELEASE, Asked, read_asked
from mothlight.web.pages.issue.chart import draw
from mothlight.web.pages.issue.facts import event_json, read_facts
from mothlight.web.pages.issue.trace import as_markdown, read_trace

BUCKETS = 120
MOST_REASONS = 20
MOST_SPIKES = 100
SPIKING_FOR = timedelta(hours=1)
"""How long the page says that the issue spikes."""
SETTABLE = (("active", "Reopen"), ("resolved", "Resolve"), ("suppressed", "Suppress"))


def show_issue(call: ProjectPage) -> Response:
    """The page; of an issue that was merged away, the one that it went into."""
    asked = read_asked(call)
    issue = find_issue(call, asked.issue_id)
    if issue is None:
        return _to_survivor(call, asked.issue_id)
    activity = begin(lambda: read_activity(call, asked.issue_id))
    seen = _look(call, asked)
    with reading(call.database) as connection:
        spikes = list_spikes(connection, call.project.id, SpikeFilter(issue_ids=[issue.id]), MOST_SPIKES)
    return call.page(
        "issue/issue.html",
        issue=issue,
        asked=seen.asked,
        ranges=RANGES,
        settable=SETTABLE,
        environments=_environments(call, issue),
        figures=seen.figures,
        chart=draw(seen.histogram, call.visit.zone, spikes),
        is_spiking=bool(spikes) and call.parts.clock() - spikes[0].detected_at < SPIKING_FOR,
        histogram=seen.histogram,
        releases=seen.releases,
        **_event_values(call, issue, seen.event),
        **people(call),
        reasons=_event_first(seen.reasons, seen.event),
        activity=activity.result(),
    )


def show_event_json(call: ProjectPage) -> Response:
    """One event as JSON, whole."""
    asked = read_asked(call)
    found = _event(call, asked)
    if found.event is None:
        raise not_found("No event matches.")
    return Response(event_json(found.event), media_type="application/json")


def find_issue(call: ProjectPage, issue_id: UUID) -> StoredIssue | None:
    """The issue as it is now."""
    with reading(call.database) as connection:
        return issues.load_issues(connection, call.project.id, [issue_id]).get(issue_id)


def people(call: ProjectPage) -> dict[str, Any]:
    """Whom issues can be given to."""
    organization = call.project.organization_id
    with reading(call.database) as connection:
        members = [member.user for member in access.list_members(connection, organization)]
        return {"members": members, "roles": access.list_roles(connection, organization)}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the store says."""

    asked: Asked
    figures: ShownIssue
    histogram: HistogramAnswer
    event: IssueEventAnswer
    releases: PropertyBreakdown
    reasons: GroupingAnswer


def _look(call: ProjectPage, asked: Asked) -> _Seen:
    """All at the same time; where nobody chose a range and the usual one is empty, again over all time."""
    question = IssueDetail(issue_id=asked.issue_id, window=asked.window, filter_test_accounts=False)
    figures = begin(lambda: answered(call, issue_detail.answer, question))
    event = begin(lambda: _event(call, asked))
    releases = begin(lambda: _releases(call, asked))
    reasons = begin(lambda: _reasons(call, asked))
    found = _histogram(call, asked)
    if asked.is_usual and not found.occurrences:
        return _look(call, replace(asked, range="all"))
    return _Seen(asked, figures.result(), found, event.result(), releases.result(), reasons.result())


def _histogram(call: ProjectPage, asked: Asked) -> HistogramAnswer:
    zone = getattr(call.visit.zone, "key", "UTC")
    return answered(call, histogram.answer, Histogram(focus=asked.focus(), time_zone=zone, buckets=BUCKETS))


def _event(call: ProjectPage, asked: Asked) -> IssueEventAnswer:
    return answered(call, issue_event.answer, IssueEvent(focus=asked.focus(), at=asked.at))


def _releases(call: ProjectPage, asked: Asked) -> PropertyBreakdown:
    """The releases of the events that are shown, most frequent first."""
    question = Breakdown(focus=asked.focus(), properties=(RELEASE,), limit=3)
    return answered(call, breakdown.answer, question).results[0]


def _reasons(call: ProjectPage, asked: Asked) -> GroupingAnswer:
    """The fingerprints of the issue."""
    question = Grouping(issue_id=asked.issue_id, window=asked.window, limit=MOST_REASONS)
    return answered(call, issue_grouping.answer, question)


def _event_first(found: GroupingAnswer, shown: IssueEventAnswer) -> GroupingAnswer:
    """The same, that of the event first."""
    own = shown.event.fingerprint if shown.event else None
    return GroupingAnswer(sorted(found.results, key=lambda each: each.fingerprint != own), found.count)


def _environments(call: ProjectPage, issue: StoredIssue) -> list[tuple[str, str]]:
    """Name and status of each environment that the issue was seen in, by name."""
    with reading(call.database) as connection:
        seen = seen_environments(connection, call.project.id, [issue.id]).get(issue.id, frozenset())
    names = sorted(seen | issue.states.named.keys())
    return [(shown_environment(name), issue.states.of(name).status) for name in names]


def _event_values(call: ProjectPage, issue: StoredIssue, found: IssueEventAnswer) -> dict[str, Any]:
    event = found.event
    if event is None:
        return {"place": found, "event": None, "trace": [], "facts": None, "markdown": ""}
    awaited = awaited_by_frame(call.parts.events, call.database, call.project.id, event.uuid, event.timestamp)
    trace = read_trace(event.exceptions, awaited)
    address = f"{call.incoming.address}{call.path(f'issues/{issue.id}')}?event={event.uuid}"
    return {
        "place": found,
        "event": event,
        "trace": trace,
        "facts": read_facts(event),
        "markdown": as_markdown(issue.name or "Untitled issue", address, trace),
    }


def _to_survivor(call: ProjectPage, issue_id: UUID) -> Response:
    with reading(call.database) as connection:
        survivor = find_survivor(connection, call.project.id, issue_id)
    if survivor is None:
        raise not_found(GONE)
    return call.redirect(call.path(f"issues/{survivor}"), "That issue was merged into this one.")
