"""Sampled events of one issue (api 2.3)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.sql import all_of
from mothlight.queries.criteria import in_environments, read_test_account_filters
from mothlight.queries.date_range import samples_range
from mothlight.queries.matching import Matching, owned_by, read_keys
from mothlight.queries.questions import IssueEvents
from mothlight.queries.samples import Sample, read_samples
from mothlight.queries.search import phrase_condition
from mothlight.queries.states import read_states
from mothlight.queries.together import together
from mothlight.queries.verbosity import cut_text, shaped_exceptions
from mothlight.storage.events.interface import EventStore

SHOWN_PROPERTIES = (
    "$session_id", "$lib", "$browser", "$browser_version", "$os", "$os_version", "$current_url",
)  # fmt: skip
"""Properties that are shown as they were sent, beside the five about the exception. No other ever leaves."""


class SampledEvent(msgspec.Struct, frozen=True):
    """One event, named as on the wire."""

    uuid: str
    distinct_id: str
    timestamp: datetime
    properties: dict[str, Any]


class EventPage(msgspec.Struct, frozen=True):
    """One page of an issue's events."""

    results: list[SampledEvent]
    has_more: bool


def answer(
    question: IssueEvents, store: EventStore, metadata: sa.Engine, project_id: int, now: datetime
) -> EventPage | None:
    """The page of events that a question asks for; None when the project has no such issue."""
    states, keys = together(
        lambda: read_states(store, project_id, [question.issue_id]),
        lambda: read_keys(store, project_id, question.issue_id),
    )
    if question.issue_id not in states:
        return None
    bindings = Bindings()
    filters = question.filters + read_test_account_filters(metadata, project_id, wanted=question.filter_test_accounts)
    conditions = [
        samples_range(question.window, now).condition(bindings),
        owned_by(question.issue_id, keys).condition(bindings),
        *all_of(filters, bindings, now),
    ]
    if question.environments:
        conditions.append(in_environments(question.environments, bindings))
    if question.search_query is not None:
        conditions.append(phrase_condition(question.search_query, bindings))
    page = (question.limit + 1, question.offset)
    matching = Matching(conditions, bindings)
    found = read_samples(store, project_id, matching, question.order_direction, page, SHOWN_PROPERTIES)
    results = [_sampled(sample, question.issue_id, question) for sample in found[: question.limit]]
    return EventPage(results, has_more=len(found) > question.limit)


def _sampled(sample: Sample, issue_id: UUID, question: IssueEvents) -> SampledEvent:
    raw = question.verbosity == "raw"
    of_exception = {
        "$exception_types": sample.types,
        "$exception_values": sample.messages if raw else [cut_text(message) for message in sample.messages],
        "$exception_list": shaped_exceptions(
            sample.exceptions, question.verbosity, only_app_frames=question.only_app_frames
        ),
        "$exception_fingerprint": sample.fingerprint,
        "$exception_issue_id": str(issue_id),
    }
    whole = {**of_exception, **sample.properties}
    properties = {name: value for name, value in whole.items() if value is not None and value != ""}
    return SampledEvent(str(sample.uuid), sample.distinct_id, sample.timestamp, properties)
