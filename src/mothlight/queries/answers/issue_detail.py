"""One issue: its state, figures, newest readable frame and release (api 2.2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.property_filter import PropertyFilter
from mothlight.filters.sql import all_of
from mothlight.model.stack import Frame
from mothlight.queries.answers.issue_list import Aggregations, aggregations
from mothlight.queries.criteria import in_environments, read_test_account_filters
from mothlight.queries.date_range import DateRange, figures_range, samples_range
from mothlight.queries.dropped import read_dropped
from mothlight.queries.matching import Matching, owned_by, read_keys
from mothlight.queries.one_issue import OneIssue, Wanted, read_one
from mothlight.queries.questions import Assignee, IssueDetail
from mothlight.queries.states import IssueState, read_states
from mothlight.queries.together import together
from mothlight.queries.verbosity import filled, first_filled
from mothlight.queries.volume import Buckets
from mothlight.storage.events.interface import EventStore

SPARKLINE_BUCKETS = 12
RELEASES = "$exception_releases"


class Impact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Figures; empty where no event matches."""

    occurrences: int | None = None
    users: int | None = None
    sessions: int | None = None
    dropped: int = 0
    """Events beside the occurrences that limits kept out; left out where there are none."""


class ShownIssue(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One issue, named as on the wire. Encoded by msgspec, what is None is left out."""

    id: str
    name: str | None = None
    description: str | None = None
    status: str
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    library: str | None = None
    source: str | None = None
    function: str | None = None
    assignee: Assignee | None = None
    top_in_app_frame: dict[str, Any] | None = None
    latest_release: dict[str, Any] | None = None
    impact: Impact
    aggregations: Aggregations | None = None
    sparkline: list[int] | None = None


def answer(
    question: IssueDetail, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> ShownIssue | None:
    """The issue that a question asks for; None when the project has none such."""
    states, keys = together(
        lambda: read_states(store, project_id, [question.issue_id], question.environments),
        lambda: read_keys(store, project_id, question.issue_id),
    )
    state = states.get(question.issue_id)
    if state is None:
        return None
    filters = read_test_account_filters(metadata, project_id, wanted=question.filter_test_accounts)
    range_ = figures_range(question.window, now)
    wanted = Wanted(
        owned=owned_by(question.issue_id, keys),
        keys=keys,
        matching=_matching(question, filters, now, range_),
        shown=_matching(question, filters, now),
        shown_range=samples_range(question.window, now),
        properties=[RELEASES],
    )
    found, dropped = together(
        lambda: read_one(store, project_id, wanted, Buckets(range_, _parts(question))),
        lambda: read_dropped(store, project_id, [question.issue_id], range_, question.environments),
    )
    if found is None:
        return _without_events(state, question)
    return _with_events(question, state, found, range_, dropped.get(question.issue_id, 0))


def _parts(question: IssueDetail) -> int:
    return question.volume_resolution or (SPARKLINE_BUCKETS if question.include_sparkline else 1)


def top_in_app_frame(frames: Sequence[Frame], function: str | None, source: str | None) -> dict[str, Any] | None:
    """The last frame of the team's own code; None without one. `function` and `source` stand in for what it lacks."""
    frame = next((each for each in reversed(frames) if each.get("in_app") is True), None)
    if frame is None:
        return None
    name = first_filled(frame, ("function", "mangled_name", "name"))
    return filled(
        {
            "function": function if not isinstance(name, str) or name == "?" else name,
            "source": first_filled(frame, ("source", "filename", "abs_path", "module")) or source,
            "line": first_filled(frame, ("line", "lineno")),
            "column": first_filled(frame, ("column", "colno")),
            "in_app": True,
        }
    )


def latest_release(one: Any, many: Any) -> dict[str, Any] | None:
    """The newest among an event's releases, in short; None without any.

    `one` is a release, `many` an object of releases by id or a list of them; each may be JSON text of it.
    """
    candidates = [_decoded(one), *_listed(_decoded(many))]
    releases = [each for each in candidates if isinstance(each, Mapping) and each]
    if not releases:
        return None
    newest = max(releases, key=_time_of)
    metadata = newest.get("metadata")
    git = metadata.get("git") if isinstance(metadata, Mapping) else None
    of_git = git if isinstance(git, Mapping) else {}
    shown = {key: newest.get(key) for key in ("version", "project")} | {"timestamp": _time_of(newest)}
    return filled(shown | {key: of_git.get(key) for key in ("commit_id", "branch", "repo_name")}) or None


def _time_of(release: Mapping[str, Any]) -> str:
    time = first_filled(release, ("timestamp", "created_at"))
    return "" if time is None else str(time)


def _listed(many: Any) -> list[Any]:
    if isinstance(many, Mapping):
        return list(many.values())
    return many if isinstance(many, list) else []


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return None


def _matching(
    question: IssueDetail, filters: Sequence[PropertyFilter], now: datetime, range_: DateRange | None = None
) -> Matching:
    bindings = Bindings()
    dates = [] if range_ is None else [range_.condition(bindings)]
    there = [in_environments(question.environments, bindings)] if question.environments else []
    return Matching([*dates, *there, *all_of(filters, bindings, now)], bindings)


def _without_events(state: IssueState, question: IssueDetail) -> ShownIssue:
    return ShownIssue(
        id=state.id,
        name=state.name or None,
        description=state.description or None,
        status=state.status,
        impact=Impact(),
        sparkline=[] if question.include_sparkline else None,
    )


def _with_events(
    question: IssueDetail, state: IssueState, found: OneIssue, range_: DateRange, dropped: int
) -> ShownIssue:
    figures, newest = found.figures, found.newest
    frames = newest.frames if newest else []
    releases = (newest.release, newest.properties.get(RELEASES)) if newest else (None, None)
    volume = found.volume if question.volume_resolution else [figures.occurrences]
    return ShownIssue(
        id=state.id,
        name=state.name or None,
        description=state.description or None,
        status=state.status,
        first_seen=figures.first_seen,
        last_seen=figures.last_seen,
        library=figures.library,
        source=figures.source,
        function=figures.function,
        assignee=state.assignee,
        top_in_app_frame=top_in_app_frame(frames, figures.function, figures.source),
        latest_release=latest_release(*releases),
        impact=Impact(figures.occurrences, figures.users, figures.sessions, dropped),
        aggregations=aggregations(figures, Buckets(range_, len(volume)), volume, dropped),
        sparkline=found.volume if question.include_sparkline else None,
    )
