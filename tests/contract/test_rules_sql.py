"""Rules say the same of an event on its way and of the same event in the store: random rules over odd events.

`MOTHLIGHT_TEST_RULES=200 MOTHLIGHT_TEST_RULE_EVENTS=5000` compares as many.
"""

import os
import random
from contextlib import suppress

import pytest

from mothlight.filters.bindings import Bindings
from mothlight.filters.fields import OF_PROJECT
from mothlight.model.errors import Refused
from mothlight.rules.evaluate import compile_condition
from mothlight.rules.index import Member, RuleFinder, RuleIndex
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, GROUPING, KINDS, SEVERITY, SUPPRESSION
from mothlight.rules.read import read_rule_filters
from mothlight.rules.sampling import is_dropped
from mothlight.rules.sql import SETTINGS, rule_sql, sampled_sql
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.migrate import open_migrated
from tests.functional.pipeline.conftest import Line
from tests.support.received import exception, frame

RULES = int(os.environ.get("MOTHLIGHT_TEST_RULES", "60"))
EVENTS = int(os.environ.get("MOTHLIGHT_TEST_RULE_EVENTS", "300"))

TEXTS = (
    "", "a", "A", "Å", "å", "ſ", "K", "k", "İ", "i", "ß", "ss", "null", "true", "5", "5.0", "-3", "1e3", "0.1", "1e999",
    "+5", ".5", "5.", "inf", "nan", " 5", "0x10", "１２", "1.2.3", "v1.2", "1.2.3-beta", "2.0", "line\nbreak", "a.b",
    "100%", "a_b", "\\d", "'quoted'", "\x01x", "\x02", "тест", "ТЕСТ", "日本", "e\u0301", "Pay card declined",
)  # fmt: skip
VALUES = (*TEXTS, 5, 5.5, -3, 0.1, 1e3, True, False, None, [], ["a"], [1, 2], {"a": 1}, 12345678901234567890, 1e-7)
KEYS = ("plan", "items", "a.b", "ключ", "$lib", "$host", "$session_id", "", "deep/key")
MADE = (
    "$exception_types", "$exception_values", "$exception_sources", "$exception_functions", "$exception_list",
    "$exception_handled", "$exception_release", "$exception_fingerprint", "$exception_fingerprint_version",
    "$exception_fingerprint_record", "$exception_issue_id",
)  # fmt: skip
OPERATORS = (
    "exact", "is_not", "icontains", "not_icontains", "regex", "not_regex", "starts_with", "not_starts_with",
    "ends_with", "not_ends_with", "gt", "gte", "lt", "lte", "between", "not_between", "is_set", "is_not_set",
    "semver_eq", "semver_neq", "semver_gt", "semver_lte", "semver_tilde", "semver_caret", "semver_wildcard",
    "icontains_multi", "in", "not_in",
)  # fmt: skip
EXPRESSIONS = ("a", "^a$", "(?i)å", ".", r"\d+", "a|b", "^$", "[^a]", r"\bcard\b", "(?s)line.break", "line.break", "é*")
FUNCTIONS = ("pay", "Pay", "", "тест", "a.b")
TYPES = ("PayError", "TypeError", "A", "å", "")


class Draw:
    """Random events and rules."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, choices):
        return self.random.choice(choices)

    def event(self, line):
        properties = {key: self.one(VALUES) for key in KEYS if self.random.randrange(3)}
        if self.random.randrange(4) == 0:
            properties["$exception_fingerprint"] = self.one(TEXTS)
        if self.random.randrange(4) == 0:
            properties["release"] = self.one(TEXTS)
        entries = [self.exception() for _ in range(self.random.choice((1, 1, 2)))]
        return line.event({**properties, "$exception_list": entries})

    def exception(self):
        more = {"mechanism": {"handled": self.one((True, False))}}
        if self.random.randrange(3) == 0:
            more["stacktrace"] = None
        else:
            frames = [
                frame(self.one(FUNCTIONS), filename=self.one(("pay.py", "A.py", "")), lineno=self.random.randrange(3))
                for _ in range(self.random.randrange(3))
            ]
            more["stacktrace"] = {"type": "raw", "frames": frames}
        return exception(self.one(TYPES), self.one(TEXTS), **more)

    def value(self, operator):
        if "regex" in operator:
            pool = EXPRESSIONS
        elif "semver" in operator:
            pool = ("1.2.3", "1", "2.0", "1.2.*") if "wild" in operator else ("1.2.3", "1", "0.5", "2.0")
        elif operator in ("gt", "gte", "lt", "lte"):
            pool = (5, "5.0", -3, 0.1, "1e3", 1e9)
        elif "between" in operator:
            return [self.one((-3, 0, 5)), self.one((5, 5.5, 1000))]
        else:
            pool = (*TEXTS, *FUNCTIONS, *TYPES, 5, True, 0.1)
        return (
            self.one(pool) if self.random.randrange(2) else [self.one(pool) for _ in range(self.random.randrange(1, 4))]
        )

    def condition(self):
        operator = self.one(OPERATORS)
        key = self.one(KEYS[:-2] + MADE) or "plan"
        entry = {"key": key, "operator": operator, "value": self.value(operator), "type": "event"}
        if self.random.randrange(8) == 0:
            entry.update(key=self.one(("name", "description", "status")), type="error_tracking_issue")
        return entry

    def group(self, levels=2):
        parts = [
            self.group(levels - 1) if levels and self.random.randrange(4) == 0 else self.condition()
            for _ in range(self.random.choice((1, 1, 2, 3)))
        ]
        return {"type": self.one(("AND", "OR")), "values": parts}


@pytest.fixture(scope="module")
def seen(tmp_path_factory, embedded_store, symbol_reader):
    """A line with events in its store, and what rules see of each of them before and after it belongs to an issue."""
    engine = open_migrated(f"sqlite:///{tmp_path_factory.mktemp('rules') / 'mothlight.db'}")
    line = Line(engine, embedded_store, symbol_reader)
    items = []
    link = line.pipeline._link_issue

    def linking(batch):
        items.extend(batch.items)
        return link(batch)

    line.pipeline._link_issue = linking
    draw = Draw(7)
    events = [draw.event(line) for _ in range(EVENTS)]
    for start in range(0, len(events), 2_000):
        line.run(*events[start : start + 2_000])
    rules = line.pipeline._rules
    rules.chosen.prepare({(line.project, item.grouping_key): list for item in items})
    issues = {str(row.id): row for row in line.rows(tables.issues)}
    owners = {row.id: row.issue_id for row in line.rows(tables.fingerprints)}
    keys = {row.grouping_key: str(owners[row.fingerprint_id]) for row in line.rows(tables.grouping_keys)}
    subjects = {}
    for item in items:
        issue = issues[keys[item.grouping_key]]
        texts = {"name": issue.name, "description": issue.description, "status": issue.status}
        subjects[item.normalised.event.uuid] = rules.subject(item, str(issue.id), texts)
    yield line, subjects
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_the_pipeline_and_the_store_agree_on_every_event(seen, kind):
    line, subjects = seen
    draw, compared, matched = Draw(kind), 0, 0
    while compared < RULES // len(KINDS):
        filters = draw.group()
        try:
            condition = read_rule_filters(filters)
        except Refused:
            continue
        compared += 1
        matches = compile_condition(condition, KINDS[kind])
        bindings = Bindings()
        sql = f"SELECT toString(uuid) FROM events WHERE {OF_PROJECT} AND {rule_sql(condition, KINDS[kind], bindings)}"

        stored = {uuid for (uuid,) in line.store.query(line.project, f"{sql} {SETTINGS}", bindings.parameters)}

        on_their_way = {str(uuid) for uuid, subject in subjects.items() if matches(subject)}
        assert stored == on_their_way, filters
        matched += 0 < len(stored) < len(subjects)
    # Rules that match nothing or everything would show little.
    assert matched >= compared // 5


@pytest.mark.parametrize("kind", KINDS)
def test_rules_that_are_decided_about_together_match_as_each_by_itself(seen, kind):
    _, subjects = seen
    draw, conditions = Draw(f"together {kind}"), []
    while len(conditions) < RULES:
        with suppress(Refused):
            conditions.append(read_rule_filters(draw.group()))
    matches = [compile_condition(condition, KINDS[kind]) for condition in conditions]
    index, finder = RuleIndex([Member(each, ends=False) for each in conditions], KINDS[kind]), RuleFinder()
    left = 0
    # The second time from memory.
    for subject in (*subjects.values(), *subjects.values()):
        alone = [position for position, match in enumerate(matches) if match(subject)]

        candidates = finder.candidates(index, subject)

        assert [place for place, certain in candidates if certain or matches[place](subject)] == alone
        left += sum(not certain for _, certain in candidates)
    # Most is decided without asking the rules themselves.
    assert left < len(subjects) * len(conditions) // 5


@pytest.mark.parametrize("rate", [0.0, 0.00015, 0.29, 0.57, 0.5, 1.0, None])
def test_the_same_events_are_sampled(seen, rate):
    line, subjects = seen
    sql = f"SELECT toString(uuid) FROM events WHERE {OF_PROJECT} AND {sampled_sql(rate)}"

    stored = {uuid for (uuid,) in line.store.query(line.project, sql)}

    assert stored == {str(uuid) for uuid in subjects if is_dropped(rate, uuid)}


def test_the_kinds_that_are_compared_are_all():
    assert set(KINDS.values()) == {ASSIGNMENT, BYPASS, GROUPING, SEVERITY, SUPPRESSION}
