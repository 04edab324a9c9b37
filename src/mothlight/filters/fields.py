"""Where each kind of filter finds its values: SQL about a row of `events`.

A field says how a test on it becomes a condition; `sql.py` adds what an operator makes of the result.
"""

# ruff: noqa: S608 - values are bound, and only names that stand in this file and encoded paths enter the text

from collections.abc import Callable
from typing import Protocol

import msgspec

from mothlight.filters.operators import MOMENT_TESTS, Operator, Test
from mothlight.filters.property_filter import PropertyFilter
from mothlight.filters.sql_tests import Compared, moment_sql, test_sql
from mothlight.storage.events.properties import property_column, property_text, stored_texts

OF_PROJECT = "project_id = {project:UInt32}"
ISO_FORMAT = "'%Y-%m-%dT%H:%i:%S.%fZ'"


class Field(Protocol):
    """Something that a condition can be about."""

    def condition(self, operator: Operator, compared: Compared) -> str:
        """SQL of the condition, true or false, never NULL."""


class Text(msgspec.Struct, frozen=True):
    """One text of the row, NULL when missing."""

    sql: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        return finished(test_sql(operator.test, self.sql, compared), operator)


class Property(msgspec.Struct, frozen=True):
    """One property of the row's `properties`."""

    key: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        return finished(self._test(operator, compared), operator)

    def _test(self, operator: Operator, compared: Compared) -> str:
        if operator.test is not Test.EQUALS:
            return test_sql(operator.test, property_text(self.key), compared)
        # Compared as it is stored, a column can be filtered without taking its texts apart.
        stored = [each for value in compared.values if value for each in stored_texts(value) if each != "\x01null"]
        return f"{property_column(self.key)} IN {compared.bindings.texts(stored)}"


class Moment(msgspec.Struct, frozen=True):
    """One moment of the row, never missing."""

    sql: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        if operator.test in MOMENT_TESTS:
            return finished(moment_sql(operator.test, self.sql, compared), operator)
        return Text(f"formatDateTime({self.sql}, {ISO_FORMAT})").condition(operator, compared)


class Elements(msgspec.Struct, frozen=True):
    """A list of texts; the operator is applied to each, and one that satisfies it is enough (api 6.4)."""

    sql: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        of_element = Text("nullIf(element, '')").condition(operator, compared)
        return f"arrayExists(element -> {of_element}, {self.sql})"


class OfStack(msgspec.Struct, frozen=True):
    """A list of texts that the event's stack has."""

    column: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        return f"stack IN (SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND {self._elements(operator, compared)})"

    def _elements(self, operator: Operator, compared: Compared) -> str:
        return Elements(self.column).condition(operator, compared)


class ExceptionList(msgspec.Struct, frozen=True):
    """The text of `$exception_list`: the event's part of it, and the frames that its stack has."""

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        of_event = plain(test_sql(operator.test, "nullIf(exceptions, '')", compared))
        of_stack = plain(test_sql(operator.test, "nullIf(frames, '')", compared))
        either = f"({of_event} OR stack IN (SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND {of_stack}))"
        return finished(either, operator)


class OfOwner(msgspec.Struct, frozen=True):
    """A text of what the event belongs to now, empty when missing."""

    sql: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        condition = Text(f"nullIf({self.sql}, '')").condition(operator, compared)
        return f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND {condition})"


class OfIssue(msgspec.Struct, frozen=True):
    """A text of the issue that the event belongs to now."""

    sql: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        condition = Text(f"nullIf({self.sql}, '')").condition(operator, compared)
        return of_issues(f"SELECT issue_id FROM issues FINAL WHERE {OF_PROJECT} AND deleted = 0 AND {condition}")


class FirstSeenOfIssue(msgspec.Struct, frozen=True):
    """The first sighting of the issue that the event belongs to now."""

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        condition = Moment("min(first_seen)").condition(operator, compared)
        return of_issues(f"SELECT issue_id FROM owners FINAL WHERE {OF_PROJECT} GROUP BY issue_id HAVING {condition}")


class OfPerson(msgspec.Struct, frozen=True):
    """A property of the person that the event's person is now. A person without a row has no properties."""

    key: str

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        if not operator.missing:
            return of_persons(Property(self.key).condition(operator, compared))
        # Whoever does not pass the plain test passes this one, persons without a row among them.
        plain_operator = Operator(operator.test)
        return f"NOT {of_persons(Property(self.key).condition(plain_operator, compared))}"


class DistinctIds(msgspec.Struct, frozen=True):
    """All distinct ids of the event's person: those of its row, and the event's own."""

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        one = Operator(operator.test)
        of_event = Text("nullIf(distinct_id, '')").condition(one, compared)
        of_row = Elements("distinct_ids").condition(one, compared)
        return finished(f"({of_event} OR {of_persons(of_row)})", operator)


class Anywhere(msgspec.Struct, frozen=True):
    """All texts that a search looks at: of the event, its stack and its person."""

    def condition(self, operator: Operator, compared: Compared) -> str:
        """See `Field`."""
        one = Operator(operator.test)
        of_event = Text("searched").condition(one, compared)
        fields: tuple[Field, ...] = (Text("texts"), Elements("sources"), Elements("functions"))
        texts = [field.condition(one, compared) for field in fields]
        of_stack = f"stack IN (SELECT hash FROM stacks FINAL WHERE {OF_PROJECT} AND ({' OR '.join(texts)}))"
        of_person = of_persons(Text("email").condition(one, compared))
        return finished(f"({of_event} OR {of_stack} OR {of_person})", operator)


def plain(condition: str) -> str:
    """A condition that is false where it was NULL."""
    return f"ifNull({condition}, 0)"


def finished(condition: str, operator: Operator) -> str:
    """What an operator makes of a test's result."""
    if not operator.inverted:
        return plain(condition)
    return f"NOT {plain(condition)}" if operator.missing else plain(f"NOT {condition}")


def of_issues(issue_ids: str) -> str:
    """The condition that an event belongs now to one of the issues that a subquery gives."""
    return f"grouping_key IN (SELECT grouping_key FROM owners FINAL WHERE {OF_PROJECT} AND issue_id IN ({issue_ids}))"


def of_persons(condition: str) -> str:
    """The condition that the event's person, after merges, is one whose row in `persons` meets a condition."""
    persons = f"SELECT person_id FROM persons FINAL WHERE {OF_PROJECT} AND deleted = 0 AND {condition}"
    merged = f"SELECT old_person_id FROM person_overrides FINAL WHERE {OF_PROJECT} AND person_id IN ({persons})"
    return f"(person_id IN ({persons}) OR person_id IN ({merged}))"


SHOWN_STATUS = "if(status IN ('archived', 'pending_release'), 'resolved', status)"
"""The status of a row of `issues` as it is reported: the retired ones count as resolved (api 2.1)."""

DERIVED: dict[str, Field] = {
    "$exception_types": Elements("types"),
    "$exception_values": Elements("messages"),
    "$exception_sources": OfStack("sources"),
    "$exception_functions": OfStack("functions"),
    "$exception_handled": Text("if(handled, 'true', 'false')"),
    "$exception_list": ExceptionList(),
    "$exception_release": Text("nullIf(release, '')"),
    "$exception_fingerprint": OfOwner("fingerprint"),
    "$exception_fingerprint_version": OfOwner("fingerprint_version"),
    "$exception_fingerprint_record": OfOwner("record"),
    "$exception_issue_id": OfOwner("toString(issue_id)"),
    "$lib": Text("nullIf(lib, '')"),
    "$host": Text("nullIf(host, '')"),
}
"""Event properties that columns and other tables hold, with their value of now (pipeline 2.5)."""

METADATA: dict[str, Field] = {
    "distinct_id": Text("nullIf(distinct_id, '')"),
    "event": Text("'$exception'"),
    "person_id": Text("toString(person_id)"),
    "timestamp": Moment("timestamp"),
    "uuid": Text("toString(uuid)"),
}

ISSUE: dict[str, Field] = {
    "name": OfIssue("name"),
    "description": OfIssue("description"),
    "status": OfIssue(SHOWN_STATUS),
    "first_seen": FirstSeenOfIssue(),
}


SEARCH: dict[str, Field] = {
    "type": Elements("types"),
    "message": Elements("messages"),
    "release": Elements("release_names"),
    "library": Text("nullIf(lib, '')"),
    "environment": Text("nullIf(environment, '')"),
    "file": OfStack("sources"),
    "function": OfStack("functions"),
    "text": Anywhere(),
}
"""What tokens of the search box are about (`docs/search.md`)."""


def _event(key: str) -> Field:
    return DERIVED.get(key) or Property(key)


def _person(key: str) -> Field:
    return DistinctIds() if key == "distinct_id" else OfPerson(key)


FIELDS: dict[str, Callable[[str], Field]] = {
    "event": _event,
    "feature": _event,
    "session": _event,
    "person": _person,
    "event_metadata": METADATA.__getitem__,
    "error_tracking_issue": ISSUE.__getitem__,
    "search": SEARCH.__getitem__,
}


def field_of(found: PropertyFilter) -> Field:
    """What a filter is about."""
    return FIELDS[found.type](found.key)
