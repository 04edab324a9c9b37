"""Filters as SQL: whatever a caller sends is bound, never written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothlight.filters.bindings import Bindings
from mothlight.filters.operators import OPERATORS, Test
from mothlight.filters.parse import read_filters
from mothlight.filters.property_filter import PropertyFilter
from mothlight.filters.sql import condition_sql
from mothlight.filters.sql_tests import TESTS
from mothlight.filters.values import CHECKS

NOW = datetime(2026, 4, 24, tzinfo=UTC)
SIGNS = "'\"`\\{}%;-"


def test_every_test_has_its_sql():
    assert set(TESTS) == set(Test)
    assert set(CHECKS) <= set(Test)


@pytest.mark.parametrize("operator", ["exact", "is_not", "icontains", "starts_with", "ends_with"])
@given(key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), value=st.text(SIGNS, min_size=1))
def test_nothing_of_a_callers_text_stands_in_the_sql(operator, key, value):
    plain, sent = Bindings(), Bindings()
    same_with_plain_words = condition_sql(PropertyFilter("event", "plain", operator, ("value",)), plain, NOW)
    sql = condition_sql(PropertyFilter("event", key, operator, (value,)), sent, NOW)
    start = same_with_plain_words.split("`plain`", 1)[0]

    if key.startswith("$exception") or key == "$lib":
        return
    assert sql.startswith(start)
    assert sql.count("`") == same_with_plain_words.count("`")
    assert sql.count("'") == same_with_plain_words.count("'")
    assert len(sent.parameters) == len(plain.parameters)


@pytest.mark.parametrize("operator", list(OPERATORS))
def test_every_subquery_names_the_project(operator):
    values = {"between": [1, 2], "not_between": [1, 2]}.get(operator, "2026-04-24" if "date" in operator else "1")
    for type_, key in (("person", "email"), ("person", "distinct_id"), ("event", "$exception_sources"), ("event",
    "$exception_list"),
                       ("event", "$exception_fingerprint"), ("error_tracking_issue", "name")):  # fmt: skip
        for found in read_filters([{"type": type_, "key": key, "operator": operator, "value": values}]):
            sql = condition_sql(found, Bindings(), NOW)
            assert sql.count(" FROM ") == sql.count("project_id = {project:UInt32}") > 0
