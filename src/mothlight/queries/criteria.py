"""Criteria that an event must meet, as SQL about `events` (api 2.0 to 2.3)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT, plain
from mothlight.filters.parse import read_filters
from mothlight.filters.property_filter import Condition, PropertyFilter
from mothlight.filters.sql import all_of
from mothlight.filters.sql_tests import contains_sql
from mothlight.queries.questions import IssueList
from mothlight.queries.search import joined_texts, read_tokens, token_conditions
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.properties import property_text
from mothlight.storage.metadata.tables import projects


def read_test_account_filters(metadata: sa.Engine, project_id: int, *, wanted: bool) -> tuple[PropertyFilter, ...]:
    """The filters that keep a project's own people out of the figures; none when they are not wanted."""
    if not wanted:
        return ()
    with metadata.connect() as connection:
        entries = connection.scalar(sa.select(projects.c.test_account_filters).where(projects.c.id == project_id))
    return read_filters(entries or [], "test_account_filters")


def list_criteria(
    question: IssueList,
    filters: Sequence[Condition],
    place: tuple[EventStore, int],
    bindings: Bindings,
    now: datetime,
) -> list[str]:
    """All event criteria of an issue list but its dates.

    `filters` are those of the question and of test accounts, `place` is the store and the project in it.
    """
    tokens = read_tokens(joined_texts(question.search_query, question.user, question.file_path))
    conditions = all_of(filters, bindings, now)
    if question.libraries:
        conditions.append(f"lib IN {bindings.texts(question.libraries)}")
    if question.release is not None:
        conditions.append(f"has(release_names, {bindings.text(question.release)})")
    if question.fingerprints:
        conditions.append(_of_fingerprints(question.fingerprints, bindings))
    if question.environments:
        conditions.append(in_environments(question.environments, bindings))
    if question.person_id is not None:
        conditions.append(_of_person(question.person_id, bindings))
    if question.url is not None:
        conditions.append(plain(contains_sql(property_text("$current_url"), question.url, bindings)))
    return conditions + token_conditions(tokens, *place, bindings)


def in_environments(environments: Sequence[str], bindings: Bindings) -> str:
    """The condition that an event comes from one of the environments."""
    return f"environment IN {bindings.texts(environments)}"


def of_issues(issue_ids: Sequence[UUID], bindings: Bindings) -> str:
    """The condition that an event belongs now to one of the issues."""
    ids = bindings.bind(issue_ids, "Array(UUID)")
    return f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN {ids})"


def _of_fingerprints(fingerprints: Sequence[str], bindings: Bindings) -> str:
    wanted = bindings.texts(list(fingerprints))
    return f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND fingerprint IN {wanted})"


def _of_person(person_id: UUID, bindings: Bindings) -> str:
    wanted = bindings.bind(person_id, "UUID")
    overrides = f"FROM person_overrides FINAL WHERE {OF_PROJECT}"
    # A person that was merged away has no events any more.
    still_there = f"{wanted} NOT IN (SELECT old_person_id {overrides})"
    merged = f"SELECT old_person_id {overrides} AND person_id = {wanted}"
    return f"((person_id = {wanted} AND {still_there}) OR person_id IN ({merged}))"
