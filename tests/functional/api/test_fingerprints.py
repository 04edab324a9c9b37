"""`fingerprints/…` (api.md 3.2)."""

from datetime import timedelta

import pytest

from tests.functional.api.conftest import error
from tests.support.triage import UNKNOWN


@pytest.fixture
def owned(triage):
    """Issues of one and of two fingerprints, each created a second after the other."""
    issues = {}
    for value in ("b", "a", "c"):
        triage.api.hands.moment += timedelta(seconds=1)
        issues[value] = triage.issue(value)
    triage.merge(issues["a"], issues["c"])
    return issues


def test_fingerprints_are_listed_oldest_first_in_pages(triage, owned):
    page = triage.ok("GET", "fingerprints/", params={"limit": 2})

    assert page["count"] == 3
    assert [(row["fingerprint"], row["issue_id"]) for row in page["results"]] == [("b", owned["b"]), ("a", owned["a"])]
    assert set(page["results"][0]) == {"id", "fingerprint", "issue_id", "created_at", "first_seen"}
    assert page["results"][0]["created_at"] == page["results"][0]["first_seen"] == "2026-04-24T12:00:01Z"
    assert page["next"].endswith("fingerprints/?limit=2&offset=2")


def test_those_of_one_issue_are_listed(triage, owned):
    page = triage.ok("GET", "fingerprints/", params={"issue_id": owned["a"].upper()})

    assert (page["count"], [row["fingerprint"] for row in page["results"]]) == (2, ["a", "c"])
    assert triage.ok("GET", "fingerprints/", params={"issue_id": UNKNOWN})["count"] == 0
    assert triage.ok("GET", "fingerprints/", params={"issue_id": ""})["count"] == 3


def test_what_is_no_uuid_is_refused(triage):
    listed = error(triage.ask("GET", "fingerprints/", params={"issue_id": "x"}))
    shown = error(triage.ask("GET", "fingerprints/x/"))

    assert (listed.status, listed.code, listed.detail) == (400, "invalid_input", "issue_id must be a valid UUID")
    assert (shown.status, shown.code, shown.detail) == (400, "invalid_input", "Invalid fingerprint id")


def test_one_is_shown_by_its_id_and_by_its_value(triage, owned):
    (row,) = triage.ok("GET", "fingerprints/", params={"issue_id": owned["b"]})["results"]

    assert triage.ok("GET", f"fingerprints/{row['id']}/") == row
    assert triage.ok("GET", "fingerprints/resolve/", params={"fingerprint": "b"}) == row


@pytest.mark.parametrize(
    "path", [f"fingerprints/{UNKNOWN}/", "fingerprints/resolve/?fingerprint=B", "fingerprints/resolve/?fingerprint=%00"]
)
def test_an_unknown_one_is_404(triage, owned, path):
    answer = error(triage.ask("GET", path))

    assert (answer.status, answer.code, answer.detail) == (404, "not_found", "Fingerprint not found")


@pytest.mark.parametrize("query", ["", "?fingerprint="])
def test_a_value_must_be_named(triage, query):
    answer = error(triage.ask("GET", f"fingerprints/resolve/{query}"))

    assert (answer.status, answer.detail) == (400, "fingerprint query parameter is required")
