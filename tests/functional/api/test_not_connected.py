"""Tickets and source links while nothing is connected (api.md 3.8, 3.10)."""

import pytest

from tests.functional.api.conftest import error
from tests.support.triage import UNKNOWN


def test_there_are_no_tickets(triage):
    issue = triage.issue("a")

    assert triage.ok("GET", "external_references/") == {"count": 0, "next": None, "previous": None, "results": []}
    assert triage.ok("GET", f"issues/{issue}/")["external_issues"] == []


def test_an_unknown_ticket_is_404_and_a_malformed_id_400(triage):
    unknown = error(triage.ask("GET", f"external_references/{UNKNOWN}/"))
    malformed = error(triage.ask("GET", "external_references/x/"))

    assert (unknown.status, unknown.detail) == (404, "External reference not found")
    assert (malformed.status, malformed.detail) == (400, "Invalid external reference id")


@pytest.mark.parametrize(
    ("body", "detail", "attr"),
    [
        ({}, "Integration does not belong to this team.", None),
        ({"integration_id": "7"}, "Integration does not belong to this team.", None),
        ({"issue": UNKNOWN}, "Issue does not belong to this team.", None),
        ({"issue": "x"}, "Must be a valid UUID.", "issue"),
        ({"integration_id": "x"}, "A valid integer is required.", "integration_id"),
        ({"config": 5}, "Invalid data. Expected a dictionary, but got int.", "config"),
    ],
)
def test_no_ticket_can_be_made(triage, body, detail, attr):
    sent = {"issue": triage.issue("a"), "integration_id": 7, "config": {"title": "t"}, **body}

    answer = error(triage.ask("POST", "external_references/", json=sent))

    assert (answer.status, answer.code, answer.detail, answer.attr) == (400, "invalid_input", detail, attr)


@pytest.mark.parametrize("field", ["issue", "integration_id", "config"])
def test_a_ticket_needs_all_fields(triage, field):
    sent = {"issue": UNKNOWN, "integration_id": 7, "config": {}}
    del sent[field]

    answer = error(triage.ask("POST", "external_references/", json=sent))

    assert (answer.status, answer.code, answer.attr) == (400, "required", field)


def test_tickets_are_not_deleted(triage):
    assert triage.ask("DELETE", f"external_references/{UNKNOWN}/").status_code == 405


ASKED = {"owner": "acme", "repository": "shop", "code_sample": "x = 1", "file_name": "a.py"}


@pytest.mark.parametrize("provider", ["github", "gitlab"])
def test_no_source_is_found(triage, provider):
    path = f"git-provider-file-links/resolve_{provider}/"

    assert triage.ok("GET", path, params=ASKED) == {"found": False}
    for name in ASKED:
        for missing in ({**ASKED, name: ""}, {key: value for key, value in ASKED.items() if key != name}):
            assert triage.ok("GET", path, params=missing) == {
                "found": False,
                "error": "owner, repository, code_sample, and file_name are required",
            }
