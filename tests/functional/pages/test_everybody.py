"""Every page and every form, for everybody: who is let in, and who is not. New lines of `PAGES` are tested too."""

import pytest
from starlette.routing import compile_path

from mothlight.web.pages.routes import PAGES
from tests.browser.states import PARTS, STATES
from tests.support.visitor import form_to

OPEN = {"/sign-in", "/theme", "/invitation"}
OPERATORS_ONLY = {"/server", "/server/doctor"}
ADMINS_ONLY = {
    "settings/name",
    "settings/filters",
    "settings/origins",
    "settings/renew-key",
    "settings/delete",
    "settings/members/invite",
    "settings/members/{user_id}/role",
    "settings/members/{user_id}/remove",
    "settings/members/{user_id}/sign-out",
    "settings/members/{user_id}/password-link",
    "settings/members/links/{id}/withdraw",
}
OWN = {"/account/sessions/{id}/end", "/account/keys/{id}/revoke"}
GETS = sorted(page.path for page in PAGES if page.method == "GET")
POSTS = sorted(page.path for page in PAGES if page.method == "POST")


def _rest(path):
    return path.removeprefix("/projects/{project_id}/")


def _fill(site, path):
    filled = path.replace("{project_id}", str(site.project.id)).replace("{user_id}", str(site.cast.member.user.id))
    return filled.replace("{id}", "019bb1a2-0000-7000-8000-000000000000").replace("{issue_id}", "x")


@pytest.mark.parametrize("path", [path for path in GETS if path not in OPEN])
def test_who_is_signed_out_is_sent_to_the_door(site, path):
    answer = site.visitor().get(_fill(site, path))

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")


@pytest.mark.parametrize("path", [path for path in POSTS if path not in OPEN])
def test_a_form_of_who_is_signed_out_does_nothing(site, path):
    visitor = site.visitor()
    token = form_to(visitor.get("/sign-in"), "/sign-in").fields
    answer = visitor.post(_fill(site, path), {"form_token": token["form_token"]})

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", [path for path in [*GETS, *POSTS] if path.startswith("/projects/{project_id}/")])
def test_a_stranger_is_kept_out_of_everything_of_a_project(site, stranger, path):
    where = _fill(site, path)
    token = form_to(stranger.get("/nothing"), "/sign-out").fields
    answer = stranger.get(where) if path in GETS else stranger.post(where, token)

    assert answer.status_code == 403


@pytest.mark.parametrize("path", [path for path in POSTS if path.startswith("/projects/{project_id}/")])
def test_a_member_is_kept_out_of_what_is_for_admins(site, member, path):
    token = form_to(member.get("/nothing"), "/sign-out").fields
    answer = member.post(_fill(site, path), token)

    assert (answer.status_code == 403) == (_rest(path) in ADMINS_ONLY)


@pytest.mark.parametrize("path", sorted(OPERATORS_ONLY))
def test_the_server_is_for_those_who_run_it(site, owner, member, stranger, path):
    assert [visitor.get(path).status_code for visitor in (owner, member, stranger)] == [200, 403, 403]


@pytest.mark.parametrize("path", sorted(OWN))
def test_what_is_of_nobody_or_of_somebody_else_is_not_found(site, owner, path):
    token = form_to(owner.get("/nothing"), "/sign-out").fields

    assert owner.post(_fill(site, path), token).status_code == 404
    assert owner.post(path.replace("{id}", "x"), token).status_code == 404


@pytest.mark.parametrize(
    "path", [path for path in GETS if "{" not in _rest(path) and path not in (*OPEN, "/", "/status")]
)
def test_every_page_can_be_shown_and_has_one_heading_and_no_form_without_a_token(site, owner, path):
    answer = owner.get(_fill(site, path))

    assert answer.status_code == 200
    if "<html" in answer.text:
        assert answer.text.count("<h1") == 1
        assert "<title>" in answer.text
    assert answer.text.count('method="post"') == answer.text.count('name="form_token"')
    assert len(answer.content) < 100_000


def test_every_page_is_in_the_list_that_checks_and_pictures_walk():
    named = {
        "project": "/projects/1",
        "empty": "/projects/2",
        "issue": "x",
        "web": "y",
        "other": "z",
        "symbol_set": "s",
        "rule": "r",
    }
    shown = [state.path.format(**named) for state in STATES]
    missing = [
        path
        for path in GETS
        if path not in PARTS and not any(compile_path(path)[0].match(each.partition("?")[0]) for each in shown)
    ]

    assert missing == []
    assert set(PARTS) <= set(GETS)
