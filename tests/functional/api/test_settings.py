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


# The project itself, whose changes are in the journal too


def rename(api, **request):
    answer = api.ask("PATCH", f"projects/{api.cast.project.id}/", json={"name": "Shop"}, **request)
    assert answer.status_code == 200, answer.text
    return api.tracking("GET", "changes/").json()["results"][0]


def undo(api, entry, **request):
    return api.tracking("POST", f"changes/{entry['id']}/undo/", json={}, **request)


def project(api):
    return api.ask("GET", f"projects/{api.cast.project.id}/").json()


def test_changes_of_name_and_filters_are_entered_and_can_be_undone(api):
    before = project(api)
    filters = [{"key": "email", "operator": "not_icontains", "value": "@x.test", "type": "person"}]
    body = {"name": "Shop", "test_account_filters": filters}
    api.ask("PATCH", f"projects/{api.cast.project.id}/", json=body)
    (entry,) = api.tracking("GET", "changes/").json()["results"]

    assert (entry["kind"], entry["issue_ids"], entry["after"]) == ("settings_changed", [], body)
    assert entry["before"] == {name: before[name] for name in body}
    assert entry["summary"] == (
        f"Changed settings: name from “{before['name']}” to “Shop”, test account filters from 1 filter to 1 filter"
    )
    assert undo(api, entry).status_code == 200
    assert project(api) == before


def test_a_change_of_the_project_to_the_same_is_not_entered(api):
    rename(api)

    api.ask("PATCH", f"projects/{api.cast.project.id}/", json={"name": "Shop"})

    assert api.tracking("GET", "changes/").json()["count"] == 1


def test_limits_and_name_are_values_of_their_own(api):
    first = rename(api)
    change(api, {"project_rate_limit_value": 5})

    assert undo(api, first).status_code == 200
    assert api.tracking("GET", "settings/retrieve_settings/").json()["project_rate_limit_value"] == 5


@pytest.mark.parametrize("params", [{}, {"dry_run": "true"}])
def test_only_who_may_change_the_project_takes_its_change_back(api, params):
    entry = rename(api)
    only_tracking = api.cast.add_key(["error_tracking:write"])
    both_of_a_member = api.cast.add_key(["error_tracking:write", "project:write"], of=api.cast.member)

    for key, detail in (
        (only_tracking, "API key missing required scope 'project:write'"),
        (both_of_a_member, "You do not have permission to perform this action."),
    ):
        refusal = error(undo(api, entry, key=key, params=params))
        assert (refusal.status, refusal.detail) == (403, detail)
    assert project(api)["name"] == "Shop"
