"""Completion of issue filters, and whether issues exist (api 4)."""

import uuid
from datetime import UTC, datetime

import pytest

from mothlight.queries.answers.issue_values import answer, issues_exist
from mothlight.queries.questions import IssueValues
from mothlight.storage.metadata.tables import issues, organizations, projects
from tests.support.event_rows import Shop
from tests.support.event_stores import new_project

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def values(shop_everywhere):
    shop = shop_everywhere
    for name, description, status in (
        ("TypeError", "b broke", "active"), ("RangeError", "a broke", "resolved"), ("TypeError", None, "suppressed"),
        (None, "Ärger 100%_", "active"),
    ):  # fmt: skip
        shop.issue(name, description=description, status=status)
    shop.issue("Deleted", deleted=1)
    Shop(shop.store, new_project()).issue("Foreign")
    return lambda key, value="": answer(IssueValues(key=key, value=value), shop.store, shop.project)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("name", "", ["RangeError", "TypeError"]),
        ("name", "TYPE", ["TypeError"]),
        ("issue_description", "", ["a broke", "b broke", "Ärger 100%_"]),
        ("issue_description", "ÄRGER", ["Ärger 100%_"]),
        ("issue_description", "%_", ["Ärger 100%_"]),
        ("description", "", []),
        (None, "", []),
        ("status", "", []),
        ("severity", "", ["low", "medium", "high", "critical"]),
        ("severity", "I", ["medium", "high", "critical"]),
    ],
)
def test_values_are_distinct_sorted_and_of_any_status(values, key, value, expected):
    assert values(key, value) == expected


def test_at_most_a_hundred(shop):
    for number in range(101):
        shop.issue(f"name {number:03}")

    assert answer(IssueValues(key="name"), shop.store, shop.project) == [f"name {number:03}" for number in range(100)]


def test_issues_exist_once_the_project_has_a_row_of_any_status(engine):
    organization = uuid.uuid4()
    with engine.begin() as connection:
        connection.execute(organizations.insert(), {"id": organization, "name": "O", "created_at": CREATED})
        for id in (1, 2):
            row = {"id": id, "organization_id": organization, "name": "P", "api_token": f"phc_{id}"}
            connection.execute(projects.insert(), row | {"test_account_filters": [], "created_at": CREATED})
    assert issues_exist(engine, 1) is False

    with engine.begin() as connection:
        row = {"id": uuid.uuid4(), "project_id": 1, "status": "suppressed", "created_at": CREATED}
        connection.execute(issues.insert(), row)
    assert (issues_exist(engine, 1), issues_exist(engine, 2)) == (True, False)
