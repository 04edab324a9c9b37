"""Paths, methods and bodies of the whole API (api.md 1.1, 1.2, 1.5)."""

import pytest

from mothlight.web.api.routes import ROUTES
from tests.functional.api.conftest import build, error

TRACKING = sorted({route.path.partition("error_tracking/")[2] for route in ROUTES if "error_tracking/" in route.path})


def test_every_route_about_error_tracking_stands_under_both_prefixes():
    found = {(route.method, route.path) for route in ROUTES if "/error_tracking/" in route.path}

    for prefix in ("environments", "projects"):
        base = f"/api/{prefix}/{{project_id}}/error_tracking/"
        assert {path.removeprefix(base) for _, path in found if path.startswith(base)} == set(TRACKING)


@pytest.mark.parametrize("prefix", ["environments", "projects"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_prefixes_and_slashes_make_no_difference(api, prefix, slash):
    base = f"{prefix}/{api.cast.project.id}/error_tracking"

    assert api.ask("GET", f"{base}/issues/exists{slash}").json() == {"exists": False}
    assert api.ask("POST", f"{base}/query/issues{slash}", json={}).json()["results"] == []
    assert api.ask("GET", f"{base}/recommendations{slash}", params={"poll": "true"}).json()["count"] == 0
    assert api.ask("GET", f"users/@me{slash}").status_code == 200
    assert api.ask("GET", f"projects{slash}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "query/issues/", "OPTIONS, POST"),
        ("PUT", "query/issue", "OPTIONS, POST"),
        ("DELETE", "query/issue_events/", "OPTIONS, POST"),
        ("POST", "issues/exists/", "GET, HEAD, OPTIONS"),
        ("POST", "recommendations/", "GET, HEAD, OPTIONS"),
        ("GET", "settings/update_settings/", "OPTIONS, PATCH"),
        ("TRACE", "issues/values/", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_on_a_known_path_is_405(api, method, path, allowed):
    received = api.tracking(method, path)

    answer = error(received)
    assert (answer.status, answer.type, answer.code) == (405, "invalid_request", "method_not_allowed")
    assert (answer.detail, answer.attr) == (f'Method "{method}" not allowed.', None)
    assert received.headers["allow"] == allowed


def test_methods_of_one_path_are_told_together(api):
    received = api.ask("POST", f"projects/{api.cast.project.id}/")

    assert received.status_code == 405
    assert received.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


def test_options_names_the_methods_without_a_key(api):
    received = api.tracking("OPTIONS", "query/issues/", key=None)

    assert (received.status_code, received.headers["allow"]) == (204, "OPTIONS, POST")


def test_head_is_get(api):
    assert api.tracking("HEAD", "issues/exists/").status_code == 200
    assert api.tracking("HEAD", "issues/exists/", key=None).status_code == 401
    assert api.tracking("HEAD", "query/issues/").status_code == 405


@pytest.mark.parametrize(
    "path", ["", "nothing/", "environments/1/", "users/5/", "environments/1/error_tracking/nothing/"]
)
def test_an_unknown_path_is_404_in_the_standard_shape(api, path):
    answer = error(api.ask("GET", path))

    assert (answer.status, answer.type, answer.code) == (404, "invalid_request", "not_found")
    assert (answer.detail, answer.attr) == ("Not found.", None)


def test_a_broken_body_is_told(api):
    answer = error(api.tracking("POST", "query/issue/", content=b'issueId="string"'))

    assert (answer.status, answer.type, answer.code) == (400, "invalid_request", "parse_error")
    assert answer.detail == "JSON parse error - Expecting value: line 1 column 1 (char 0)"


def test_a_list_is_no_body(api):
    answer = error(api.tracking("POST", "query/issues/", json=[]))

    assert (answer.status, answer.type, answer.code) == (400, "validation_error", "invalid_input")
    assert (answer.detail, answer.attr) == ("Invalid data. Expected a dictionary, but got list.", None)


def test_an_unsupported_content_type_is_415(api):
    answer = error(api.tracking("POST", "query/issues/", content=b"x", headers={"Content-Type": "text/csv"}))

    assert (answer.status, answer.type) == (415, "invalid_request")


@pytest.mark.parametrize("request_", [{}, {"json": {}}, {"json": {"unknown": 1}, "params": {"unknown": "2"}}])
def test_no_body_is_an_empty_one_and_unknown_fields_are_ignored(api, request_):
    answer = api.tracking("POST", "query/issues/", **request_)

    assert answer.status_code == 200
    assert answer.json() == {"results": [], "hasMore": False, "limit": 25, "offset": 0}


def test_forms_are_bodies_too(api):
    answer = api.tracking("POST", "query/issues/", data={"limit": "7", "filterTestAccounts": "false"})
    nested = error(api.tracking("POST", "query/issues/", data={"dateRange.date_from": ""}))
    multipart = api.tracking("POST", "query/issues/", files={"limit": (None, "8")})

    assert answer.json()["limit"] == 7
    assert nested.attr == "dateRange__date_from"
    assert multipart.json()["limit"] == 8


def test_a_defect_is_500_and_tells_nothing(cast, hands):
    api = build(cast, hands, events=object())

    answer = error(api.tracking("POST", "query/issues/"))

    assert (answer.status, answer.type, answer.code) == (500, "server_error", "error")
    assert (answer.detail, answer.attr) == ("A server error occurred.", None)


def test_every_request_is_observed_by_its_route(api):
    api.tracking("GET", "issues/exists/")
    api.tracking("GET", "issues/exists/", key=None)

    path = "/api/environments/{project_id}/error_tracking/issues/exists"
    assert api.observed == [("GET", path, 200), ("GET", path, 401)]
