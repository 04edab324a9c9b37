"""Users, organizations and projects (api.md 1.4, 1.6, 6.6)."""

import pytest
import sqlalchemy as sa

from mothlight.access import changes
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.tables import deleted_projects, memberships, projects
from tests.functional.api.conftest import error
from tests.support.cast import NOW

HOST_FILTER = {"key": "$host", "operator": "not_regex", "value": r"^(localhost|127\.0\.0\.1)($|:)", "type": "event"}


def shape_of(project):
    return {
        "id": project.id,
        "name": project.name,
        "organization": str(project.organization_id),
        "api_token": project.api_token,
        "test_account_filters": project.test_account_filters,
        "created_at": "2026-04-24T12:00:00Z",
    }


def test_me_is_the_user_of_the_key(api):
    for person in (api.cast.owner, api.cast.member):
        assert api.ask("GET", "users/@me/", by=person).json() == {
            "id": person.user.id,
            "email": person.user.email,
            "first_name": "",
            "organization": {"id": str(api.cast.organization.id), "name": "Moths"},
        }


def test_me_without_an_organization(api):
    with writing(api.cast.engine) as connection:
        connection.execute(sa.delete(memberships).where(memberships.c.user_id == api.cast.member.user.id))

    assert api.ask("GET", "users/@me/", by=api.cast.member).json()["organization"] is None


@pytest.mark.parametrize("by_id", [True, False])
def test_members_are_listed_by_user_id(api, by_id):
    organization = api.cast.organization.id if by_id else "@current"

    answer = api.ask("GET", f"organizations/{organization}/members/", by=api.cast.member).json()

    assert (answer["count"], answer["next"], answer["previous"]) == (2, None, None)
    assert [{**row, "id": None} for row in answer["results"]] == [
        {
            "id": None,
            "user": {"id": person.user.id, "email": person.user.email, "first_name": ""},
            "role": role,
        }
        for person, role in ((api.cast.owner, "admin"), (api.cast.member, "member"))
    ]


@pytest.mark.parametrize("by_id", [True, False])
def test_roles_are_listed_by_name(api, by_id):
    with writing(api.cast.engine) as connection:
        made = [
            changes.create_role(connection, changes.OPERATOR, api.cast.organization.id, name, [], NOW)
            for name in ("web", "api")
        ]
    organization = api.cast.organization.id if by_id else "@current"

    answer = api.ask("GET", f"organizations/{organization}/roles/").json()

    assert answer["results"] == [{"id": str(made[1].id), "name": "api"}, {"id": str(made[0].id), "name": "web"}]


@pytest.mark.parametrize("organization", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_organization_is_404(api, organization):
    answer = error(api.ask("GET", f"organizations/{organization}/members/"))

    assert (answer.status, answer.code, answer.detail) == (404, "not_found", "Organization not found.")


def test_projects_are_those_that_the_key_reaches(api):
    another = api.cast.add_project()
    pinned = api.cast.add_key(["project:read"], projects=[another.id])

    def ids(**request):
        return [row["id"] for row in api.ask("GET", "projects/", **request).json()["results"]]

    assert ids() == [api.cast.project.id, another.id]
    assert ids(by=api.cast.member) == [api.cast.project.id, another.id]
    assert ids(by=api.cast.stranger) == [api.cast.other_project.id]
    assert ids(key=pinned) == [another.id]


def test_lists_come_in_pages_with_absolute_links(api):
    for name in ("b", "c"):
        api.cast.add_project(name)

    answer = api.ask("GET", "projects", params={"z": "1", "offset": "1", "limit": "1", "a": "é"}).json()

    assert (answer["count"], len(answer["results"])) == (3, 1)
    assert answer["next"] == "http://errors.test/api/projects?a=%C3%A9&limit=1&offset=2&z=1"
    assert answer["previous"] == "http://errors.test/api/projects?a=%C3%A9&limit=1&z=1"


def test_links_keep_the_path_as_it_was_asked(api):
    answer = api.ask("GET", "organizations/@current/members/", params={"limit": "1"}).json()

    assert answer["next"] == "http://errors.test/api/organizations/@current/members/?limit=1&offset=1"


def test_a_project_shows_its_token_and_filters(api):
    for person in (api.cast.owner, api.cast.member):
        answer = api.ask("GET", f"projects/{api.cast.project.id}/", by=person)

        assert answer.json() == shape_of(api.cast.project)
    assert api.cast.project.test_account_filters == [HOST_FILTER]


def test_an_admin_changes_name_and_filters(api):
    path = f"projects/{api.cast.project.id}/"
    filters = [{"key": "email", "operator": "icontains", "value": "@moths.test", "type": "person", "label": "us"}]

    named = api.ask("PATCH", path, json={"name": "  Shop  "}).json()
    filtered = api.ask("PATCH", path, json={"test_account_filters": filters}).json()

    assert named == {**shape_of(api.cast.project), "name": "Shop"}
    assert filtered == {**named, "test_account_filters": filters}
    assert api.ask("GET", path).json() == filtered
    assert api.ask("PATCH", path, json={}).json() == filtered


def test_filters_are_kept_as_they_were_sent(api):
    path = f"projects/{api.cast.project.id}/"
    filters = [{"key": "a", "value": [1, "x"], "label": "odd \0 é", "group": {"nested": [None]}}]

    assert api.ask("PATCH", path, json={"test_account_filters": filters}).json()["test_account_filters"] == filters
    assert api.ask("GET", path).json()["test_account_filters"] == filters
    assert api.ask("PATCH", path, json={"test_account_filters": []}).json()["test_account_filters"] == []


def test_what_cannot_change_is_ignored(api):
    path = f"projects/{api.cast.project.id}/"

    answer = api.ask("PATCH", path, json={"id": 5, "api_token": "phc_x", "organization": "x"})

    assert answer.json() == shape_of(api.cast.project)


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"name": ""}, "blank", "name"),
        ({"test_account_filters": [{"key": "a", "value": 1, "operator": "x"}]}, "invalid_choice", None),
    ],
)
def test_a_bad_change_is_refused_and_nothing_changes(api, body, code, attr):
    path = f"projects/{api.cast.project.id}/"

    answer = error(api.ask("PATCH", path, json=body))

    assert (answer.status, answer.code) == (400, code)
    assert answer.attr == (attr or "test_account_filters__0__operator")
    assert api.ask("GET", path).json() == shape_of(api.cast.project)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_only_admins_manage_projects(api, method):
    answer = error(api.ask(method, f"projects/{api.cast.project.id}/", by=api.cast.member, json={}))

    assert (answer.status, answer.type, answer.code) == (403, "authentication_error", "permission_denied")
    assert answer.detail == "You do not have permission to perform this action."


def test_an_admin_deletes_a_project(api):
    path = f"projects/{api.cast.project.id}/"

    answer = api.ask("DELETE", path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert error(api.ask("GET", path)).detail == "Project not found."
    with reading(api.cast.engine) as connection:
        assert connection.scalar(sa.select(projects.c.id).where(projects.c.id == api.cast.project.id)) is None
        assert list(connection.scalars(sa.select(deleted_projects.c.project_id))) == [api.cast.project.id]
