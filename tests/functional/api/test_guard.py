"""Who may ask what, and what is told to those who may not (api.md 1.1, 1.3, 1.4, 1.8)."""

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.tables import api_keys, users
from mothlight.web.api.budget import KeyBudget, Rate
from mothlight.web.api.routes import ROUTES
from tests.functional.api.conftest import build, error

NOT_AUTHENTICATED = {
    "type": "authentication_error",
    "code": "not_authenticated",
    "detail": "Authentication credentials were not provided.",
    "attr": None,
}


def place(route, cast, project=None):
    """A path of the route, below `/api/`."""
    return route.path.removeprefix("/api/").format(
        project_id=project or cast.project.id, organization_id=cast.organization.id, id=uuid.UUID(int=1), hash_id="h"
    )


def pin_to(cast, key_id, **columns):
    with writing(cast.engine) as connection:
        connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(**columns))


OF_PROJECTS = [route for route in ROUTES if "{project_id}" in route.path]
OF_ORGANIZATIONS = [route for route in ROUTES if "{organization_id}" in route.path]


# Every route


def test_no_route_answers_without_a_key(api):
    for route in ROUTES:
        answer = api.ask(route.method, place(route, api.cast), key=None)

        assert (answer.status_code, answer.json()) == (401, NOT_AUTHENTICATED), route.path


@pytest.mark.parametrize("granted", ["activity_log:read", "user:read", "error_tracking:read"])
def test_no_route_answers_a_key_without_its_scope(api, granted):
    key = api.cast.add_key([granted])
    for route in [route for route in ROUTES if route.scope != granted]:
        answer = error(api.ask(route.method, place(route, api.cast), key=key))

        assert (answer.status, answer.type, answer.code) == (403, "authentication_error", "permission_denied")
        assert (answer.detail, answer.attr) == (f"API key missing required scope '{route.scope}'", None), route.path


def test_no_route_shows_a_project_to_a_stranger(api):
    for route in OF_PROJECTS:
        answer = error(api.ask(route.method, place(route, api.cast), by=api.cast.stranger))

        assert (answer.status, answer.type, answer.code) == (403, "authentication_error", "permission_denied")
        assert answer.detail == "You don't have access to the project.", route.path


def test_no_route_shows_an_organization_to_a_stranger(api):
    for route in OF_ORGANIZATIONS:
        answer = error(api.ask(route.method, place(route, api.cast), by=api.cast.stranger))

        assert (answer.status, answer.detail) == (403, "You don't have access to the organization."), route.path


def test_owner_and_member_get_past_the_guard(api):
    for route in [route for route in ROUTES if route.method != "DELETE"]:
        for person in (api.cast.owner, api.cast.member):
            answer = api.ask(route.method, place(route, api.cast), by=person)

            allowed = person is api.cast.owner or route.scope != "project:write"
            assert (answer.status_code in (200, 201, 400, 404)) is allowed, route.path
            has_empty_404 = "query" in route.path or route.path.endswith("/activity")
            assert answer.status_code != 404 or answer.text != "" or has_empty_404, route.path


def test_no_route_answers_about_an_unknown_project(api):
    for route in OF_PROJECTS:
        answer = error(api.ask(route.method, place(route, api.cast, 999_999)))

        assert (answer.status, answer.type, answer.code) == (404, "invalid_request", "not_found"), route.path
        assert (answer.detail, answer.attr) == ("Project not found.", None)


def test_what_is_no_number_is_no_project(api):
    for text in ["0", "x", "1.5", "-1", "+1", "1_0", "²", "99999999999", "9" * 50, "%00", "@other"]:
        assert error(api.tracking("GET", "issues/exists/", project=text)).detail == "Project not found."


# Where the key is


@pytest.mark.parametrize("source", ["Authorization header", "body", "query string"])
def test_a_key_is_found_in_three_places_and_a_wrong_one_names_its_place(api, source):
    def ask(key):
        request = {
            "Authorization header": {"headers": {"Authorization": f"Bearer {key}"}, "json": {}},
            "body": {"json": {"personal_api_key": key}},
            "query string": {"json": {}, "params": {"personal_api_key": key}},
        }[source]
        return api.tracking("POST", "query/issues/", key=None, **request)

    assert ask(api.cast.owner.key).status_code == 200
    answer = error(ask("phx_wrong"))
    assert (answer.status, answer.type, answer.code) == (401, "authentication_error", "authentication_failed")
    assert (answer.detail, answer.attr) == (f"Personal API key found in request {source} is invalid.", None)


def test_a_key_in_a_form_field_counts(api):
    answer = api.tracking("POST", "query/issues/", key=None, data={"personal_api_key": api.cast.owner.key})

    assert answer.status_code == 200


def test_only_the_first_candidate_is_tried(api):
    good = api.cast.owner.key
    header = {"Authorization": "Bearer phx_wrong"}

    in_header = api.tracking("POST", "query/issues/", key=None, headers=header, json={"personal_api_key": good})
    in_body = api.tracking(
        "POST", "query/issues/", key=None, json={"personal_api_key": "phx_wrong"}, params={"personal_api_key": good}
    )

    assert error(in_header).detail == "Personal API key found in request Authorization header is invalid."
    assert error(in_body).detail == "Personal API key found in request body is invalid."


def test_another_word_than_bearer_lets_the_search_go_on(api):
    answer = api.tracking(
        "GET",
        "issues/exists/",
        key=None,
        headers={"Authorization": "Basic x"},
        params={"personal_api_key": api.cast.owner.key},
    )

    assert answer.status_code == 200


def test_cookies_are_no_credentials(api):
    answer = api.tracking("GET", "issues/exists/", key=None, headers={"Cookie": f"sessionid={api.cast.owner.key}"})

    assert answer.json() == NOT_AUTHENTICATED


def test_the_project_token_is_no_key(api):
    assert api.tracking("GET", "issues/exists/", key=api.cast.project.api_token).status_code == 401


def test_keys_of_deactivated_users_do_not_authenticate(api):
    with writing(api.cast.engine) as connection:
        connection.execute(sa.update(users).where(users.c.id == api.cast.owner.user.id).values(is_active=False))

    assert error(api.tracking("GET", "issues/exists/")).code == "authentication_failed"


# Scopes


@pytest.mark.parametrize(
    ("scopes", "reading", "writing_"),
    [
        (["error_tracking:read"], 200, 403),
        (["error_tracking:write"], 200, 200),
        (["*"], 200, 200),
        ([], 403, 403),
        (["project:write"], 403, 403),
    ],
)
def test_write_covers_read_and_the_star_covers_all(api, scopes, reading, writing_):
    key = api.cast.add_key(scopes)

    assert api.tracking("GET", "settings/retrieve_settings/", key=key).status_code == reading
    assert api.tracking("PATCH", "settings/update_settings/", key=key, json={}).status_code == writing_


@pytest.mark.parametrize("path", ["query/issues/", "query/issue/", "query/issue_events/"])
def test_queries_are_posts_that_need_only_read(api, path):
    answer = api.tracking("POST", path, key=api.cast.add_key(["error_tracking:read"]), json={})

    assert answer.status_code in (200, 400)


# Pinning


def test_a_key_pinned_to_other_projects_is_refused(api):
    another = api.cast.add_project()
    key = api.cast.add_key(["*"], projects=[another.id])

    assert api.tracking("GET", "issues/exists/", key=key, project=another.id).status_code == 200
    answer = error(api.tracking("GET", "issues/exists/", key=key))
    assert (answer.status, answer.code) == (403, "permission_denied")
    assert answer.detail == f"API key does not have access to the requested project: ID {api.cast.project.id}."


def test_a_key_pinned_to_other_organizations_is_refused(api):
    pin_to(api.cast, api.cast.owner.key_id, scoped_organizations=[str(api.cast.other_organization.id)])

    answer = error(api.tracking("GET", "issues/exists/"))

    assert (answer.status, answer.code) == (403, "permission_denied")
    assert (
        answer.detail == f"API key does not have access to the requested organization: ID {api.cast.organization.id}."
    )
    members = error(api.ask("GET", f"organizations/{api.cast.organization.id}/members/"))
    assert members.detail == answer.detail


def test_a_pinned_key_reaches_the_organization_of_its_projects_only(api):
    key = api.cast.add_key(["*"], projects=[api.cast.project.id])

    assert api.ask("GET", f"organizations/{api.cast.organization.id}/members/", key=key).status_code == 200
    pin_to(api.cast, api.cast.owner.key_id, scoped_projects=[api.cast.other_project.id])
    answer = error(api.ask("GET", f"organizations/{api.cast.organization.id}/members/"))
    assert (
        answer.detail == f"API key does not have access to the requested organization: ID {api.cast.organization.id}."
    )


# @current


def test_current_is_the_project_opened_last_else_the_first(api):
    another = api.cast.add_project()
    path = "projects/@current/"

    assert api.ask("GET", path).json()["id"] == api.cast.project.id
    with writing(api.cast.engine) as connection:
        me = users.c.id == api.cast.owner.user.id
        connection.execute(sa.update(users).where(me).values(current_project_id=another.id))
    api.directory.forget()
    assert api.ask("GET", path).json()["id"] == another.id


def test_current_of_a_pinned_key_is_its_first_project(api):
    another = api.cast.add_project()
    key = api.cast.add_key(["*"], projects=[another.id, api.cast.project.id])

    assert api.ask("GET", "projects/@current/", key=key).json()["id"] == another.id


def test_current_without_a_project_is_404(api):
    api.ask("DELETE", f"projects/{api.cast.project.id}/")

    answer = error(api.tracking("GET", "issues/exists/", project="@current"))

    assert (answer.status, answer.detail) == (404, "Project not found.")


# Order


def test_authentication_comes_first(api):
    answer = api.tracking(
        "POST", "query/issues/", key="phx_wrong", project="nonsense", content=b"{", headers={"Content-Type": "text/x"}
    )

    assert error(answer).code == "authentication_failed"


def test_a_broken_body_without_a_key_is_401(api):
    assert api.tracking("POST", "query/issues/", key=None, content=b"{").json() == NOT_AUTHENTICATED


def test_the_project_comes_before_pinning_and_scope(api):
    key = api.cast.add_key([], projects=[api.cast.project.id])

    assert error(api.tracking("GET", "issues/exists/", key=key, project=999_999)).status == 404


def test_pinning_comes_before_membership_and_scope(api):
    key = api.cast.add_key([], projects=[api.cast.project.id])

    answer = error(api.tracking("GET", "issues/exists/", key=key, project=api.cast.other_project.id))

    assert answer.detail.startswith("API key does not have access to the requested project")


def test_membership_comes_before_scope(api):
    key = api.cast.add_key([], of=api.cast.stranger)

    assert error(api.tracking("GET", "issues/exists/", key=key)).detail == "You don't have access to the project."


def test_the_scope_comes_before_the_body(api):
    answer = error(api.tracking("POST", "query/issue/", key=api.cast.add_key([]), content=b"{"))

    assert answer.detail == "API key missing required scope 'error_tracking:read'"


def test_the_body_comes_before_the_object(api):
    body = {"issueId": str(uuid.UUID(int=1)), "volumeResolution": 201}

    assert error(api.tracking("POST", "query/issue/", json=body)).code == "max_value"


def test_what_a_member_may_not_comes_before_the_body(api):
    path = f"projects/{api.cast.project.id}/"

    assert error(api.ask("PATCH", path, by=api.cast.member, json={"name": ""})).status == 403


# The budget of a key


def test_a_key_over_its_budget_is_throttled_and_others_are_not(cast, hands, embedded_store):
    api = build(cast, hands, embedded_store, budget=KeyBudget([Rate(1, timedelta(minutes=1))]))
    api.tracking("GET", "issues/exists/")

    refused = api.tracking("GET", "issues/exists/")

    assert refused.headers["retry-after"] == "60"
    answer = error(refused)
    assert (answer.status, answer.type, answer.code) == (429, "throttled_error", "throttled")
    assert answer.detail == "Request was throttled. Expected available in 60 seconds."
    assert api.tracking("GET", "issues/exists/", by=cast.member).status_code == 200


def test_without_a_budget_nobody_is_throttled(api):
    assert {api.tracking("GET", "issues/exists/").status_code for _ in range(500)} == {200}
