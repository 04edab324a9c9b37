"""Rules on events: operators, lists, missing values and what each kind sees (pipeline 6)."""

import time
from types import SimpleNamespace
from uuid import UUID

import pytest

from mothlight.rules import kinds
from mothlight.rules.book import make_book, make_rule
from mothlight.rules.evaluate import compile_condition
from mothlight.rules.for_clients import is_client_safe
from mothlight.rules.index import Member, RuleFinder, RuleIndex
from mothlight.rules.kinds import ASSIGNMENT, BYPASS, GROUPING, SEVERITY, SUPPRESSION
from mothlight.rules.read import read_rule_filters
from mothlight.rules.sampling import is_dropped
from mothlight.storage.metadata.repositories.rules import StoredRule
from tests.support.received import NOW

PROPERTIES = {"plan": "Pro", "items": "12", "version": "1.4.0", "empty": "", "price": "3.50", "lines": "a\nb", "é": "É"}


def subject(**more):
    """An event as rules see it."""
    values = {
        "property_text": PROPERTIES.get,
        "types": ["TypeError", "RangeError"],
        "messages": ["x is null", "out of range"],
        "sources": ["app.js", "lib.js"],
        "functions": ["pay"],
        "exceptions": ['[{"type":"TypeError"}]', '[[{"function":"pay"}]]'],
        "handled": True,
        "release": '{"version":"1.4.0"}',
        "fingerprint_text": {
            "$exception_fingerprint": "abc",
            "$exception_fingerprint_version": "v3",
            "$exception_fingerprint_record": "[]",
        }.get,
        "issue_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "issue_text": {"name": "TypeError", "description": "x is null", "status": "active"}.get,
        **more,
    }
    return SimpleNamespace(**values)


def holds(*values, joined_by="AND", kind=ASSIGNMENT, **more):
    condition = read_rule_filters({"type": joined_by, "values": list(values)})
    event = subject(**more)
    found = compile_condition(condition, kind)(event)
    # What is decided for all rules together says the same.
    candidates = RuleFinder().candidates(RuleIndex([Member(condition, ends=True)], kind), event)
    assert [each.certain for each in candidates] in ([True], [False]) if found else not any(c for _, c in candidates)
    return found


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("plan", "exact", "Pro", True),
        ("plan", "exact", "pro", False),
        ("plan", "exact", ["Free", "Pro"], True),
        ("plan", "in", ["Free"], False),
        ("plan", "is_not", ["Free", "Pro"], False),
        ("plan", "not_in", "Free", True),
        ("plan", "icontains", "PR", True),
        ("plan", "not_icontains", "ro", False),
        ("é", "icontains", "é", True),
        ("plan", "starts_with", "pR", True),
        ("plan", "starts_with", "r", False),
        ("plan", "ends_with", "RO", True),
        ("plan", "not_ends_with", "ro", False),
        ("plan", "regex", "^P.o$", True),
        ("plan", "regex", "^p", False),
        ("plan", "not_regex", "^P", False),
        ("lines", "regex", "a.b", False),
        ("items", "exact", 12, True),
        ("items", "gt", 11, True),
        ("items", "gte", "12", True),
        ("items", "lt", 12, False),
        ("items", "lte", 12.5, True),
        ("price", "lt", 3.6, True),
        ("plan", "gt", 1, False),
        ("items", "between", [12, 13], True),
        ("items", "not_between", [1, 2], True),
        ("plan", "not_between", [1, 2], False),
        ("missing", "not_between", [1, 2], False),
        ("version", "semver_gt", "1.3.9", True),
        ("version", "semver_caret", "1.2.3", True),
        ("version", "semver_tilde", "1.3.0", False),
        ("plan", "semver_neq", "1.0.0", False),
        # What is missing: absent, or an empty text.
        ("missing", "exact", "x", False),
        ("missing", "is_not", "x", True),
        ("missing", "not_icontains", "x", True),
        ("missing", "not_regex", "x", True),
        ("empty", "exact", "", False),
        ("empty", "is_set", None, False),
        ("empty", "is_not_set", None, True),
        ("plan", "is_set", None, True),
        # Lists: some element, or none.
        ("$exception_types", "exact", "RangeError", True),
        ("$exception_types", "is_not", "RangeError", False),
        ("$exception_types", "is_not", "SyntaxError", True),
        ("$exception_values", "icontains", "RANGE", True),
        ("$exception_values", "not_icontains", "range", False),
        ("$exception_sources", "regex", r"^lib\.js$", True),
        ("$exception_functions", "exact", "pay", True),
        ("$exception_functions", "is_set", None, True),
        ("$exception_list", "icontains", '"function":"PAY"', True),
        ("$exception_handled", "exact", True, True),
        ("$exception_release", "icontains", "1.4.0", True),
        ("$exception_fingerprint", "exact", "abc", True),
        ("$exception_issue_id", "is_set", None, True),
    ],
)
def test_operators_say_of_an_event(key, operator, value, expected):
    entry = {"key": key, "operator": operator, **({} if value is None else {"value": value})}

    assert holds(entry) is expected


def test_lists_without_elements_match_negatively_only():
    entry = {"key": "$exception_functions", "value": "pay"}

    assert not holds({**entry, "operator": "exact"}, functions=[])
    assert holds({**entry, "operator": "is_not"}, functions=[])


def test_groups_are_joined_as_they_say():
    yes, no = {"key": "plan", "value": "Pro"}, {"key": "plan", "value": "Free"}

    assert not holds(yes, no)
    assert holds(yes, no, joined_by="OR")
    assert holds(yes, {"type": "OR", "values": [no, yes]})
    assert not holds(no, {"type": "AND", "values": [yes, no]}, joined_by="OR")
    assert holds()
    # A group without conditions is none of the alternatives.
    assert not holds(no, {"type": "AND", "values": []}, joined_by="OR")


@pytest.mark.parametrize(
    ("kind", "fingerprint", "issue_id", "issue"),
    [
        (GROUPING, False, False, False),
        (SUPPRESSION, True, False, False),
        (SEVERITY, True, True, True),
        (ASSIGNMENT, True, True, True),
        (BYPASS, True, True, False),
    ],
)
def test_each_kind_sees_what_is_known_at_its_moment(kind, fingerprint, issue_id, issue):
    def sees(key, type_="event"):
        return holds({"key": key, "operator": "is_set", "type": type_}, kind=kind)

    assert sees("$exception_fingerprint") is fingerprint
    assert sees("$exception_fingerprint_record") is fingerprint
    assert sees("$exception_issue_id") is issue_id
    assert [
        holds({"key": key, "value": "x", "operator": "is_not", "type": "error_tracking_issue"}, kind=kind)
        for key in ("name", "description", "status")
    ] == [True] * 3
    assert holds({"key": "name", "value": "TypeError", "type": "error_tracking_issue"}, kind=kind) is issue


def test_an_expression_takes_linear_time_and_huge_texts_are_none_of_the_rules():
    evil = {"key": "plan", "value": "(a+)+$", "operator": "regex"}
    began = time.perf_counter()

    assert not holds(evil, property_text=lambda _: "a" * 1_000_000 + "b")
    assert not holds({**evil, "operator": "not_regex"}, property_text=lambda _: "b" * 60_000_000)
    assert time.perf_counter() - began < 2


def rule(kind=SUPPRESSION.name, filters=None, **more):
    filters = {"type": "AND", "values": []} if filters is None else filters
    return StoredRule(UUID(int=1), kind, 0, filters, NOW, NOW, **more)


def test_a_rule_that_cannot_be_read_says_why_and_disabled_ones_are_left_out():
    assert make_rule(rule(filters={"type": "AND"})).problem == "Refused: Invalid filters payload."
    assert make_rule(rule(SEVERITY.name, severity="awful")).problem == "'awful' is no severity"
    assert make_rule(rule()).problem is None
    assert list(make_book([rule(disabled_data={"message": "x"})]).by_kind) == []
    assert sorted(kinds.KINDS) == ["assignment", "bypass", "grouping", "severity", "suppression"]


@pytest.mark.parametrize(
    ("rate", "number", "dropped"),
    [
        (1.0, 9_999, True),
        (None, 0, True),
        (0.0, 0, False),
        (-1.0, 0, False),
        (0.5, 4_999, True),
        (0.5, 5_000, False),
        (0.5, 10_000, True),
        (0.00005, 0, False),
        (0.0001, 0, True),
    ],
)
def test_a_share_of_events_is_dropped_by_their_uuids(rate, number, dropped):
    assert is_dropped(rate, UUID(int=number)) is dropped


SAFE = {"key": "$exception_types", "value": ["A"], "operator": "exact", "type": "event"}


@pytest.mark.parametrize(
    ("filters", "rate", "safe"),
    [
        ({"type": "AND", "values": [SAFE]}, 1.0, True),
        ({"type": "OR", "values": [SAFE, {"key": "$exception_values", "value": "x"}]}, 1.0, True),
        ({"type": "AND", "values": [{**SAFE, "operator": "not_icontains"}]}, 1.0, True),
        ({"type": "AND", "values": [SAFE]}, 0.99, False),
        ({"type": "AND", "values": []}, 1.0, False),
        ({"type": "OR", "values": []}, 1.0, False),
        ({"values": [SAFE]}, 1.0, False),
        ({"type": "AND", "values": [SAFE, {"type": "OR", "values": [SAFE]}]}, 1.0, False),
        ({"type": "AND", "values": [{**SAFE, "key": "$lib"}]}, 1.0, False),
        ({"type": "AND", "values": [{**SAFE, "operator": "regex"}]}, 1.0, False),
        ({"type": "AND", "values": [{**SAFE, "value": []}]}, 1.0, False),
        ({"type": "AND", "values": [{**SAFE, "value": [1]}]}, 1.0, False),
        ({"type": "AND", "values": [{**SAFE, "value": 1}]}, 1.0, False),
        ({"type": "AND", "values": [{**SAFE, "type": "error_tracking_issue"}]}, 1.0, False),
    ],
)  # fmt: skip
def test_browsers_get_rules_that_they_apply_as_the_server_does(filters, rate, safe):
    assert is_client_safe(rule(filters=filters, sampling_rate=rate)) is safe
