"""`settings/…` (api.md 2.8, 3.9)."""

import pytest

from tests.functional.api.conftest import error

NONE = {
    "project_rate_limit_value": None,
    "project_rate_limit_bucket_size_minutes": None,
    "per_issue_rate_limit_value": None,
    "per_issue_rate_limit_bucket_size_minutes": None,
}


def change(api, body, **request):
    return api.tracking("PATCH", "settings/update_settings/", json=body, **request)


def test_nobody_has_limited_a_new_project(api):
    assert api.tracking("GET", "settings/retrieve_settings/").json() == NONE


def test_a_change_keeps_what_it_does_not_name_and_shows_all(api):
    first = change(api, {"project_rate_limit_value": 2000, "per_issue_rate_limit_value": 50})
    second = change(api, {"per_issue_rate_limit_value": 75, "per_issue_rate_limit_bucket_size_minutes": 60})

    assert first.json() == {**NONE, "project_rate_limit_value": 2000, "per_issue_rate_limit_value": 50}
    expected = {
        **NONE,
        "project_rate_limit_value": 2000,
        "per_issue_rate_limit_value": 75,
        "per_issue_rate_limit_bucket_size_minutes": 60,
    }
    assert second.json() == expected
    assert api.tracking("GET", "settings/retrieve_settings/").json() == expected


def test_null_removes_a_limit_and_nothing_changes_nothing(api):
    change(api, {"project_rate_limit_value": 2000, "per_issue_rate_limit_value": 50})

    assert change(api, {"project_rate_limit_value": None}).json() == {**NONE, "per_issue_rate_limit_value": 50}
    assert change(api, {}).json() == {**NONE, "per_issue_rate_limit_value": 50}


def test_an_empty_change_of_an_untouched_project_shows_no_limits(api):
    assert change(api, {}).json() == NONE


@pytest.mark.parametrize("field", list(NONE))
def test_zero_is_refused_and_changes_nothing(api, field):
    answer = error(change(api, {field: 0}))

    assert (answer.status, answer.type, answer.code, answer.attr) == (400, "validation_error", "min_value", field)
    assert answer.detail == "Ensure this value is greater than or equal to 1."
    assert api.tracking("GET", "settings/retrieve_settings/").json() == NONE


def test_a_members_change_shows_and_stays_in_its_project(api):
    change(api, {"project_rate_limit_value": 5}, by=api.cast.member)

    assert api.tracking("GET", "settings/retrieve_settings/").json()["project_rate_limit_value"] == 5
    others = api.tracking("GET", "settings/retrieve_settings/", by=api.cast.stranger, project=api.cast.other_project.id)
    assert others.json() == NONE
