"""The change journal as the API shows it, and changes that are only tried (docs/change-journal.md)."""

from datetime import timedelta

import pytest

from mothlight.web.api.error_tracking import changes
from tests.functional.api.conftest import error
from tests.support.triage import UNKNOWN


def test_an_entry_says_who_did_what_when(triage):
    cast = triage.api.cast
    issue = triage.issue("a")

    triage.ok("PATCH", f"issues/{issue}/", json={"status": "resolved", "name": "Paying"}, by=cast.member)

    (entry,) = triage.changes(actor="user")
    assert entry == {
        "id": entry["id"],
        "kind": "updated",
        "issue_ids": [issue],
        "actor": {
            "type": "user",
            "id": cast.member.user.id,
            "email": "member@moths.test",
            "first_name": "",
            "key_id": str(cast.member.key_id),
        },
        "created_at": "2026-04-24T12:00:00Z",
        "summary": "Changed “Paying”: status from active to resolved, name from “PayError” to “Paying”",
        "before": {"status": "active", "name": "PayError", "elsewhere": {"status": "active"}},
        "after": {
            "status": "resolved",
            "name": "Paying",
            "elsewhere": {"status": "resolved", "resolved_at": "2026-04-24T12:00:00Z"},
        },
        "undoable": True,
        "undone_by": None,
        "undoes": None,
    }
    assert triage.ok("GET", f"changes/{entry['id']}/") == entry


def test_the_pipeline_is_an_actor_too(triage):
    issue = triage.issue("a")
    triage.change(issue, status="resolved")
    triage.capture("a")

    reopened, created = triage.changes(actor="pipeline")

    assert [reopened["kind"], created["kind"]] == ["reopened", "created"]
    assert created["actor"] == {"type": "pipeline", "id": None, "email": None, "first_name": None, "key_id": None}
    assert (created["summary"], created["undoable"]) == ("Created “PayError”", False)
    assert reopened["summary"] == (
        "Reopened “PayError”: it names no release and happened less than a second after the issue was resolved"
    )
    assert created["after"] == {"name": "PayError", "fingerprint": "a", "environment": "unnamed"}


def test_each_kind_has_its_words(triage):
    cast = triage.api.cast
    a, b, c, d, e = (triage.issue(value) for value in "abcde")
    for issue, name in zip((a, b, c, d, e), "ABCDE", strict=True):
        triage.change(issue, name=name)
    triage.assign(a, triage.user(cast.member))
    triage.assign(a, None)
    triage.ok("POST", "issues/bulk/", json={"ids": [a, b, c, d, e], "action": "set_status", "status": "resolved"})
    triage.merge(a, b, c)
    triage.split(a, "b")
    triage.undone()
    triage.undone()
    triage.ok("PATCH", "settings/update_settings/", json={"project_rate_limit_value": 9})

    assert [entry["summary"] for entry in triage.changes(actor="user", limit=8)] == [
        "Changed settings: project rate limit value from none to 9",
        "Did again: Split “Untitled issue” off “A”",
        "Took back: Split “Untitled issue” off “A”",
        "Split “Untitled issue” off “A”",
        "Merged “B” and “C” into “A”",
        "Changed 5 issues: status from active to resolved",
        "Changed “A”: assignee from member@moths.test to nobody",
        "Changed “A”: assignee from nobody to member@moths.test",
    ]


def test_a_merge_is_one_entry_about_all_its_issues(triage):
    a, b = triage.issue("a"), triage.issue("b")
    first_seen = triage.state()[b]["first_seen"]

    triage.merge(a, b)

    (entry,) = triage.changes(kind="merged")
    assert entry["issue_ids"] == sorted([a, b])
    assert entry["before"]["fingerprints"] == {"b": b}
    assert entry["after"]["fingerprints"] == {"b": a}
    assert entry["before"]["issues"][a] == entry["after"]["issues"][a] == {}
    assert entry["before"]["issues"][b]["name"] == "PayError"
    assert entry["before"]["issues"][b]["created_at"] == first_seen
    assert entry["after"]["issues"][b] is None


@pytest.fixture
def journal(triage):
    """Entries of several kinds, a minute apart."""
    hands = triage.api.hands
    a, b = triage.issue("a"), triage.issue("b")
    for issue, values in ((a, {"status": "resolved"}), (b, {"name": "B"}), (a, {"name": "A"})):
        hands.moment += timedelta(minutes=1)
        triage.change(issue, **values)
    hands.moment += timedelta(minutes=1)
    triage.ok("PATCH", f"issues/{b}/assign/", json={"assignee": triage.user(triage.api.cast.owner)})
    return {"a": a, "b": b}


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ({}, ["assigned", "updated", "updated", "updated", "created", "created"]),
        ({"issue": "a"}, ["updated", "updated", "created"]),
        ({"issue_id": "b"}, ["assigned", "updated", "created"]),
        ({"kind": "assigned"}, ["assigned"]),
        ({"kind": "assigned, created"}, ["assigned", "created", "created"]),
        ({"actor": "pipeline"}, ["created", "created"]),
        ({"actor": "user"}, ["assigned", "updated", "updated", "updated"]),
        ({"actor": "user:999"}, []),
        ({"actor": "user:²"}, []),
        ({"date_from": "2026-04-24T12:02:00Z"}, ["assigned", "updated", "updated"]),
        ({"date_to": "2026-04-24T12:01:00Z"}, ["updated", "created", "created"]),
        ({"date_from": "-1M"}, ["assigned", "updated"]),
        ({"issue": "a", "kind": "updated", "date_from": "2026-04-24T12:03:00Z"}, ["updated"]),
        ({"issue": UNKNOWN}, []),
    ],
)
def test_entries_are_filtered(triage, journal, asked, kinds):
    asked = {name: journal.get(value, value) for name, value in asked.items()}

    assert [entry["kind"] for entry in triage.changes(**asked)] == kinds


def test_entries_of_a_user_are_found_by_number(triage, journal):
    mine = triage.api.cast.owner.user.id

    assert len(triage.changes(actor=str(mine))) == len(triage.changes(actor=f"user:{mine}")) == 4


def test_entries_are_paged_newest_first(triage, journal):
    page = triage.ok("GET", "changes/", params={"limit": 2, "offset": 1})

    assert page["count"] == 6
    assert page["results"] == triage.changes()[1:3]
    assert page["next"].endswith("/changes/?limit=2&offset=3")
    assert page["previous"].endswith("/changes/?limit=2")


def test_beyond_what_is_counted_pages_still_lead_to_the_end(triage, journal, monkeypatch):
    monkeypatch.setattr(changes, "MOST_COUNTED", 2)
    seen, page = [], triage.ok("GET", "changes/", params={"limit": 2})
    counts = [page["count"]]
    while page["next"]:
        seen += page["results"]
        query = page["next"].partition("?")[2]
        page = triage.ok("GET", f"changes/?{query}")
        counts.append(page["count"])

    assert [*seen, *page["results"]] == triage.changes()
    assert counts == [3, 5, 6]


@pytest.mark.parametrize(
    ("asked", "attr", "code"),
    [
        ({"issue": "x"}, "issue", "invalid_input"),
        ({"kind": "eaten"}, "kind", "invalid_choice"),
        ({"actor": "robot"}, "actor", "invalid_choice"),
        ({"actor": "user:\0"}, "actor", "invalid_choice"),
        ({"date_from": "soon"}, "date_from", "invalid_input"),
        ({"date_to": "soon"}, "date_to", "invalid_input"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(triage, asked, attr, code):
    answer = error(triage.ask("GET", "changes/", params=asked))

    assert (answer.status, answer.code, answer.attr) == (400, code, attr)


@pytest.mark.parametrize("entry", [UNKNOWN, "x"])
def test_an_unknown_entry_is_404(triage, entry):
    assert error(triage.ask("GET", f"changes/{entry}/")).detail == "Not found."


def test_another_projects_entries_are_not_there(triage):
    triage.issue("a")
    (entry,) = triage.changes()
    theirs = {"project": triage.api.cast.other_project.id, "by": triage.api.cast.stranger}

    assert triage.ok("GET", "changes/", **theirs)["count"] == 0
    assert triage.ask("GET", f"changes/{entry['id']}/", **theirs).status_code == 404


def test_settings_that_stay_are_no_change(triage):
    limits = {"project_rate_limit_value": 5, "per_issue_rate_limit_value": None}
    triage.ok("PATCH", "settings/update_settings/", json=limits)
    triage.ok("PATCH", "settings/update_settings/", json=limits)

    (entry,) = triage.changes()
    assert (entry["kind"], entry["after"]) == ("settings_changed", {"project_rate_limit_value": 5})


# Only tried


@pytest.fixture
def two(triage):
    """Issues of 3 and 2 users with 3 and 4 events; the second has two fingerprints."""
    a, b = triage.issue("a", 3), triage.issue("b", 2)
    other = triage.issue("c", 2)
    triage.merge(b, other)
    return a, b


def tried(triage, method, path, body=None):
    """What a dry run answers; nothing has changed."""
    before = triage.state(), triage.changes(), triage.versions(), triage.figures()

    answer = triage.ok(method, path, json=body or {}, params={"dry_run": "true"})

    assert (triage.state(), triage.changes(), triage.versions(), triage.figures()) == before
    assert answer.pop("dry_run") is True
    return answer


def test_a_merge_is_tried(triage, two):
    a, b = two

    answer = tried(triage, "POST", f"issues/{a}/merge/", {"ids": [b]})

    assert answer == {
        "issues": 2,
        "fingerprints": 2,
        "events": 4,
        "users": 2,
        "issue_ids": [a, b],
        "left": [],
    }


def test_a_merge_with_itself_would_do_nothing(triage, two):
    answer = tried(triage, "POST", f"issues/{two[0]}/merge/", {"ids": [two[0]]})

    assert (answer["issues"], answer["fingerprints"], answer["events"], answer["users"]) == (0, 0, 0, 0)


def test_a_split_is_tried(triage, two):
    _, b = two

    answer = tried(triage, "POST", f"issues/{b}/split/", {"fingerprints": [{"fingerprint": "c"}]})

    assert (answer["issues"], answer["fingerprints"], answer["events"], answer["users"]) == (2, 1, 2, 2)
    assert answer["issue_ids"] == [b]


def test_a_bulk_change_is_tried(triage, two):
    a, b = two
    triage.change(a, status="resolved")

    body = {"ids": [a, b, UNKNOWN], "action": "set_status", "status": "resolved"}
    answer = tried(triage, "POST", "issues/bulk/", body)

    assert (answer["issues"], answer["fingerprints"], answer["events"], answer["users"]) == (1, 2, 4, 2)
    assert tried(triage, "POST", "issues/bulk/", {"ids": [a], "action": "eat"})["issues"] == 0


def test_an_undo_is_tried(triage, two):
    _, b = two
    (merge,) = triage.changes(kind="merged")

    answer = tried(triage, "POST", f"changes/{merge['id']}/undo/")

    assert (answer["issues"], answer["fingerprints"], answer["events"], answer["users"]) == (2, 1, 2, 2)
    assert (answer["issue_ids"], answer["left"]) == ([b], [])


def test_an_undo_of_settings_is_tried(triage):
    triage.ok("PATCH", "settings/update_settings/", json={"project_rate_limit_value": 5})
    (entry,) = triage.changes()

    answer = tried(triage, "POST", f"changes/{entry['id']}/undo/")

    assert (answer["issues"], answer["events"]) == (0, 0)


def test_a_dry_run_refuses_what_the_change_would_refuse(triage, two):
    a, b = two
    dry = {"dry_run": "true"}
    (merge,) = triage.changes(kind="merged")
    (made,) = triage.split(b, "c")

    missing = triage.ask("POST", f"issues/{UNKNOWN}/merge/", json={"ids": [a]}, params=dry)
    invalid = triage.ask("POST", "issues/bulk/", json={"ids": [a], "action": "set_status"}, params=dry)
    conflict = triage.ask("POST", f"changes/{merge['id']}/undo/", params=dry)

    assert [missing.status_code, invalid.status_code, conflict.status_code] == [404, 400, 409]
    assert conflict.json()["changes"] == [triage.changes(kind="split")[0]["id"]]
    assert made in triage.state()


def test_a_forced_undo_that_is_tried_says_what_it_would_leave(triage, two):
    a, b = two
    triage.ok("POST", "issues/bulk/", json={"ids": [a, b], "action": "set_status", "status": "resolved"})
    bulk = triage.changes()[0]
    triage.change(b, status="suppressed")

    answer = tried(triage, "POST", f"changes/{bulk['id']}/undo/", {"force": True})

    assert (answer["issue_ids"], [each["issue_id"] for each in answer["left"]]) == ([a], [b])


@pytest.mark.parametrize("spelled", ["false", "0", "", "no"])
def test_anything_but_true_is_no_dry_run(triage, two, spelled):
    a, b = two

    assert triage.merge(a, b, dry_run=spelled) == {"success": True}
