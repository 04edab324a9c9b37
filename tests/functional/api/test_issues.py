"""`issues/exists` and `issues/values` (api.md 4)."""

import uuid

import pytest
import sqlalchemy as sa

from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.tables import issues
from tests.support.cast import NOW
from tests.support.event_rows import Shop


def add_issue(cast, project, **values):
    with writing(cast.engine) as connection:
        row = {"id": uuid.uuid4(), "project_id": project.id, "status": "active", "created_at": NOW, **values}
        connection.execute(sa.insert(issues).values(row))


@pytest.mark.parametrize("status", ["active", "resolved", "suppressed", "archived", "pending_release"])
def test_an_issue_of_any_status_exists(api, status):
    assert api.tracking("GET", "issues/exists/").json() == {"exists": False}

    add_issue(api.cast, api.cast.project, status=status)

    assert api.tracking("GET", "issues/exists/").json() == {"exists": True}


def test_another_projects_issue_does_not_exist_here(api):
    add_issue(api.cast, api.cast.other_project)

    assert api.tracking("GET", "issues/exists/").json() == {"exists": False}


@pytest.fixture
def shop(api):
    """Some issues, and one of another project."""
    shop = Shop(api.events, api.cast.project.id)
    shop.issue("TypeError", description="Cannot read x")
    shop.issue("TypeError", description="Cannot read y", status="resolved")
    shop.issue("RangeError", status="suppressed")
    shop.issue(None, description="100% broken")
    Shop(api.events, api.cast.other_project.id).issue("Secret", description="Secret")
    return shop


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ({"key": "name"}, ["RangeError", "TypeError"]),
        ({"key": "name", "value": ""}, ["RangeError", "TypeError"]),
        ({"key": "name", "value": "TYPE"}, ["TypeError"]),
        ({"key": "name", "value": "error"}, ["RangeError", "TypeError"]),
        ({"key": "name", "value": "Secret"}, []),
        ({"key": "name", "value": "\0"}, []),
        ({"key": "issue_description"}, ["100% broken", "Cannot read x", "Cannot read y"]),
        ({"key": "issue_description", "value": "%"}, ["100% broken"]),
        ({"key": "severity"}, ["low", "medium", "high", "critical"]),
        ({"key": "severity", "value": "I"}, ["medium", "high", "critical"]),
        ({"key": "description"}, []),
        ({"key": "status"}, []),
        ({}, []),
    ],
)
def test_values_are_distinct_sorted_and_filtered(api, shop, query, values):
    answer = api.tracking("GET", "issues/values/", params=query)

    assert answer.status_code == 200
    assert answer.json() == {"results": [{"name": value} for value in values], "refreshing": False}


def test_there_are_100_values_at_most(api):
    shop = Shop(api.events, api.cast.project.id)
    for number in range(101):
        shop.issue(f"E{number:03}")

    results = api.tracking("GET", "issues/values/", params={"key": "name"}).json()["results"]

    assert results == [{"name": f"E{number:03}"} for number in range(100)]
