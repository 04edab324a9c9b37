"""`releases/…` (api.md 3.3)."""

from datetime import timedelta

import pytest

from tests.functional.api.conftest import error
from tests.support.triage import UNKNOWN

GIT = {"git": {"commit_id": "abc", "branch": "main", "repo_name": "shop", "remote_url": "https://github.com/acme/shop"}}


def add(triage, status=201, **body):
    answer = triage.ask("POST", "releases/", json={"version": "1.2.3", "project": "shop", **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_release_is_told_and_shown(triage):
    made = add(triage, hash_id="h1", metadata=GIT)

    assert made == {
        "id": made["id"],
        "hash_id": "h1",
        "team_id": triage.project,
        "created_at": "2026-04-24T12:00:00Z",
        "metadata": GIT,
        "version": "1.2.3",
        "project": "shop",
    }
    assert triage.ok("GET", f"releases/{made['id']}/") == made
    assert triage.ok("GET", "releases/hash/h1/") == made


@pytest.mark.parametrize("hash_id", [None, "", "  "])
def test_without_a_hash_the_id_is_one(triage, hash_id):
    made = add(triage, hash_id=hash_id)

    assert (made["hash_id"], made["metadata"]) == (made["id"], None)
    assert triage.ok("GET", f"releases/hash/{made['id']}/") == made


def test_releases_are_listed_newest_first_in_pages(triage):
    made = []
    for number in range(3):
        triage.api.hands.moment += timedelta(seconds=1)
        made.append(add(triage, version=str(number)))

    page = triage.ok("GET", "releases/", params={"limit": 2})

    assert (page["count"], page["results"]) == (3, made[:0:-1])
    assert page["next"].endswith("releases/?limit=2&offset=2")


@pytest.mark.parametrize(
    ("body", "detail", "attr"),
    [
        ({}, "Version is required", None),
        ({"project": "shop"}, "Version is required", None),
        ({"version": "", "project": "shop"}, "Version is required", None),
        ({"version": None}, "Version is required", None),
        ({"version": "1"}, "Project is required", None),
        ({"version": "1", "project": " "}, "Project is required", None),
        ({"version": "1", "project": "p", "hash_id": "h" * 129}, "Hash id length cannot exceed 128 bytes", None),
        ({"version": [], "project": "p"}, "Not a valid string.", "version"),
        (
            {"version": "1", "project": "p", "metadata": [1]},
            "Invalid data. Expected a dictionary, but got list.",
            "metadata",
        ),
    ],
)
def test_a_release_that_cannot_be_is_refused(triage, body, detail, attr):
    answer = error(triage.ask("POST", "releases/", json=body))

    assert (answer.status, answer.type, answer.code) == (400, "validation_error", "invalid_input")
    assert (answer.detail, answer.attr) == (detail, attr)
    assert triage.ok("GET", "releases/")["count"] == 0


def test_a_hash_of_128_characters_is_taken(triage):
    assert add(triage, hash_id="ü" * 128)["hash_id"] == "ü" * 128


def test_a_hash_belongs_to_one_release_of_a_project(triage):
    cast = triage.api.cast
    add(triage, hash_id="h1")
    other = add(triage, hash_id="h2")

    again = error(triage.ask("POST", "releases/", json={"version": "2", "project": "p", "hash_id": "h1"}))
    moved = error(triage.ask("PATCH", f"releases/{other['id']}/", json={"hash_id": "h1"}))
    theirs = {"project": cast.other_project.id, "by": cast.stranger}
    elsewhere = triage.ask("POST", "releases/", json={"version": "2", "project": "p", "hash_id": "h1"}, **theirs)

    assert (again.status, again.code, again.detail) == (400, "invalid_input", "Hash id h1 already in use")
    assert (moved.status, moved.detail) == (400, "Hash id h1 already in use")
    assert elsewhere.status_code == 201
    assert triage.ok("GET", "releases/")["count"] == 2


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"version": "2.0"}, {"version": "2.0"}),
        ({"project": "other", "hash_id": "h9"}, {"project": "other", "hash_id": "h9"}),
        ({"metadata": GIT}, {"metadata": GIT}),
        ({"version": "", "project": None, "hash_id": " ", "metadata": {}}, {}),
        ({}, {}),
    ],
)
def test_a_release_is_changed_and_empty_values_are_ignored(triage, method, body, expected):
    made = add(triage, hash_id="h1", metadata={"a": 1})

    answer = triage.ask(method, f"releases/{made['id']}/", json=body)

    assert (answer.status_code, answer.content) == (204, b"")
    assert triage.ok("GET", f"releases/{made['id']}/") == {**made, **expected}


def test_a_change_that_cannot_be_is_refused(triage):
    made = add(triage)

    answer = error(triage.ask("PATCH", f"releases/{made['id']}/", json={"hash_id": "h" * 129}))

    assert (answer.status, answer.detail) == (400, "Hash id length cannot exceed 128 bytes")


def test_a_release_is_forgotten(triage):
    made = add(triage)

    answer = triage.ask("DELETE", f"releases/{made['id']}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert triage.ask("GET", f"releases/{made['id']}/").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"releases/{UNKNOWN}/"),
        ("GET", "releases/x/"),
        ("GET", "releases/hash/nothing/"),
        ("GET", "releases/hash/%00/"),
        ("PATCH", f"releases/{UNKNOWN}/"),
        ("PUT", "releases/x/"),
        ("DELETE", f"releases/{UNKNOWN}/"),
    ],
)
def test_an_unknown_release_is_404(triage, method, path):
    request = {"json": {"version": "9"}} if method in ("PATCH", "PUT") else {}

    answer = error(triage.ask(method, path, **request))

    assert (answer.status, answer.code, answer.detail) == (404, "not_found", "Not found.")


def test_events_find_releases_and_never_make_them(triage):
    made = add(triage, version="1.4.2", hash_id="h1", metadata=GIT)
    triage.capture("a", **{"$release_id": made["id"]})
    triage.capture("b", **{"$release": "9.9"})

    def found(release):
        body = {"filterTestAccounts": False, "release": release}
        return [row["id"] for row in triage.ok("POST", "query/issues/", json=body)["results"]]

    assert found("1.4.2") == found("abc") == found(made["id"]) == [triage.owner("a")]
    assert found("9.9") == [triage.owner("b")]
    assert triage.ok("GET", "releases/")["count"] == 1
