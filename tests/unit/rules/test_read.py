"""Filters of rules: what is taken, and in which words the rest is refused (pipeline 6.2, api 3.6)."""

import pytest

from mothlight.model.errors import Refused
from mothlight.rules.read import INVALID, conditions_of, read_rule_filters

CONDITION = {"key": "$exception_types", "value": ["TypeError"], "operator": "exact", "type": "event"}


def group(*values, joined_by="AND"):
    return {"type": joined_by, "values": list(values)}


@pytest.mark.parametrize(
    ("filters", "conditions"),
    [
        (group(), 0),
        ({"values": []}, 0),
        (group(CONDITION), 1),
        (group(CONDITION, group(CONDITION, CONDITION, joined_by="OR")), 3),
        (group(group(group())), 0),
        # What says nothing is left out, as in queries.
        (group({**CONDITION, "value": []}), 0),
        (group({"key": "plan", "value": 5}), 1),
        (group({"key": "plan", "operator": "is_set"}), 1),
        (group({"key": "name", "value": "x", "type": "error_tracking_issue"}), 1),
        (group({"key": "$session_id", "value": "s", "type": "session"}), 1),
    ],
)
def test_a_group_is_read_with_its_conditions(filters, conditions):
    assert len(list(conditions_of(read_rule_filters(filters)))) == conditions


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"type": "AND"},
        {"type": "AND", "values": {}},
        {"type": "XOR", "values": []},
        group("text"),
        group(None),
        group({}),
        group({"key": "plan"}),
        group({"key": "plan", "value": None}),
        group({"key": "plan", "value": {}}),
        group({"key": "plan", "value": "x", "operator": "sounds_like"}),
        group({"key": "plan", "value": "(", "operator": "regex"}),
        group({"key": "plan", "value": "x", "operator": "gt"}),
        group({"key": "plan", "value": "-7d", "operator": "is_date_after"}),
        group({"key": "email", "value": "x", "type": "person"}),
        group({"key": "id", "value": 1, "type": "cohort"}),
        group({"key": "x", "value": "x", "type": "hogql"}),
        group({"type": "OR", "values": [{"type": "AND"}]}),
    ],
)
def test_what_does_not_parse_is_refused_in_the_words_of_the_wire(filters):
    with pytest.raises(Refused) as refused:
        read_rule_filters(filters)

    assert (refused.value.status, refused.value.attr, refused.value.detail) == (400, "filters", INVALID)


def test_groups_are_not_nested_deeper_than_they_are_evaluated():
    filters = group(CONDITION)
    for _ in range(9):
        filters = group(filters)
    read_rule_filters(filters)

    with pytest.raises(Refused):
        read_rule_filters(group(filters))


def test_an_expression_that_would_take_too_long_is_refused():
    with pytest.raises(Refused, match="too large"):
        read_rule_filters(group({"key": "plan", "value": "(abcdefghij{1,90}){1,9}[a-z]{900}", "operator": "regex"}))
