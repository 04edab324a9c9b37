"""Each row of api.md 3.1 to 3.3, 3.5, 3.8 to 3.10 and of the change journal, asked by everybody."""

from types import SimpleNamespace

import pytest

from tests.functional.api.conftest import error

READ, WRITE, HISTORY = "error_tracking:read", "error_tracking:write", "activity_log:read"


@pytest.fixture
def things(triage):
    """One of each, by the names that paths have."""
    a, b, c = (triage.issue(value) for value in "abc")
    triage.change(a, name="A")
    channel = triage.ok("POST", "alerts/channels/", json={"name": "Nobody", "address": "http://127.0.0.1:9/"})["id"]
    release = triage.ok("POST", "releases/", json={"version": "1", "project": "shop", "hash_id": "h1"})
    return SimpleNamespace(
        a=a,
        b=b,
        c=c,
        fingerprint=triage.ok("GET", "fingerprints/")["results"][0]["id"],
        release=release["id"],
        symbols=triage.ask("POST", "symbol_sets/start_upload/?chunk_id=c1").json()["symbol_set_id"],
        frame=triage.ok("GET", "stack_frames/")["results"][0]["id"],
        change=triage.changes()[2]["id"],
        rule=triage.ok("POST", "suppression_rules/", json={"filters": NEVER})["id"],
        channel=channel,
        alert=triage.ok("POST", "alerts/", json={"trigger": "created", "channels": [channel]})["id"],
    )


NEVER = {"type": "AND", "values": [{"key": "$exception_types", "value": "Never", "operator": "exact"}]}

ROWS = [
    ("GET", "issues/", None, READ, 200),
    ("GET", "issues/{a}/", None, READ, 200),
    ("GET", "issues/{a}/?fingerprint=b", None, READ, 308),
    ("PATCH", "issues/{a}/", {"status": "resolved"}, WRITE, 200),
    ("PATCH", "issues/{a}/", {"status": "resolved", "environment": "unnamed", "resolved_in": "next"}, WRITE, 200),
    ("PUT", "issues/{a}/", {"name": "x"}, WRITE, 200),
    ("DELETE", "issues/{a}/", None, None, 405),
    ("POST", "issues/{a}/merge/", {"ids": ["{a}"]}, WRITE, 200),
    ("POST", "issues/{a}/merge/?dry_run=true", {"ids": ["{b}"]}, WRITE, 200),
    ("POST", "issues/{a}/split/", {"fingerprints": []}, WRITE, 200),
    ("PATCH", "issues/{a}/assign/", {"assignee": None}, WRITE, 200),
    ("PUT", "issues/{a}/cohort/", {"cohortId": 5}, WRITE, 404),
    ("POST", "issues/bulk/", {"ids": ["{a}"], "action": "set_status", "status": "active"}, WRITE, 200),
    ("GET", "issues/activity/", None, HISTORY, 200),
    ("GET", "issues/{a}/activity/", None, HISTORY, 200),
    ("GET", "fingerprints/", None, READ, 200),
    ("GET", "fingerprints/{fingerprint}/", None, READ, 200),
    ("GET", "fingerprints/resolve/?fingerprint=a", None, READ, 200),
    ("GET", "releases/", None, READ, 200),
    ("GET", "releases/{release}/", None, READ, 200),
    ("GET", "releases/hash/h1/", None, READ, 200),
    ("POST", "releases/", {"version": "2", "project": "shop"}, WRITE, 201),
    ("PATCH", "releases/{release}/", {"version": "3"}, WRITE, 204),
    ("PUT", "releases/{release}/", {"version": "3"}, WRITE, 204),
    ("GET", "symbol_sets/", None, READ, 200),
    ("GET", "symbol_sets/{symbols}/", None, READ, 200),
    ("PATCH", "symbol_sets/{symbols}/", {}, WRITE, 200),
    ("PUT", "symbol_sets/{symbols}/", {}, WRITE, 200),
    ("GET", "symbol_sets/{symbols}/download/", None, READ, 404),
    ("GET", "symbol_sets/{symbols}/repairs/", None, READ, 200),
    ("GET", "symbol_sets/missing/", None, READ, 200),
    ("POST", "symbol_sets/bulk_start_upload/", {"chunk_ids": ["c2"]}, WRITE, 201),
    ("POST", "symbol_sets/bulk_finish_upload/", {"content_hashes": {}}, WRITE, 201),
    ("POST", "symbol_sets/start_upload/?chunk_id=c3", None, WRITE, 201),
    ("PUT", "symbol_sets/{symbols}/finish_upload/", {"content_hash": "x"}, WRITE, 400),
    ("POST", "symbol_sets/bulk_delete/", {"ids": ["{a}"]}, WRITE, 200),
    ("DELETE", "symbol_sets/{a}/", None, WRITE, 404),
    ("GET", "stack_frames/", None, READ, 200),
    ("GET", "stack_frames/{frame}/", None, READ, 200),
    ("POST", "stack_frames/batch_get/", {}, READ, 200),
    ("GET", "external_references/", None, READ, 200),
    ("GET", "external_references/{a}/", None, READ, 404),
    ("POST", "external_references/", {"issue": "{a}", "integration_id": 1, "config": {}}, WRITE, 400),
    ("GET", "settings/retrieve_settings/", None, READ, 200),
    ("PATCH", "settings/update_settings/", {"project_rate_limit_value": None}, WRITE, 200),
    ("GET", "spike_detection_config/", None, READ, 200),
    ("PATCH", "spike_detection_config/update_config/", {"threshold": 9}, WRITE, 200),
    ("GET", "spike_events/", None, READ, 200),
    ("GET", "git-provider-file-links/resolve_github/", None, READ, 200),
    ("GET", "git-provider-file-links/resolve_gitlab/", None, READ, 200),
    ("GET", "alerts/", None, READ, 200),
    ("POST", "alerts/", {"trigger": "reopened"}, WRITE, 201),
    ("GET", "alerts/{alert}/", None, READ, 200),
    ("PATCH", "alerts/{alert}/", {"enabled": False}, WRITE, 200),
    ("PUT", "alerts/{alert}/", {"name": "x"}, WRITE, 200),
    ("POST", "alerts/{alert}/test/", None, WRITE, 200),
    ("GET", "alerts/{alert}/deliveries/", None, READ, 200),
    ("POST", "alerts/preview/", {"trigger": "milestone"}, READ, 200),
    ("GET", "alerts/deliveries/", None, READ, 200),
    ("POST", "alerts/deliveries/{a}/retry/", None, WRITE, 404),
    ("GET", "alerts/channels/", None, READ, 200),
    ("POST", "alerts/channels/", {"name": "x", "address": "https://x.test/"}, WRITE, 201),
    ("GET", "alerts/channels/{channel}/", None, READ, 200),
    ("PATCH", "alerts/channels/{channel}/", {"name": "y"}, WRITE, 200),
    ("POST", "alerts/channels/{channel}/test/", None, WRITE, 200),
    ("DELETE", "alerts/channels/{a}/", None, WRITE, 404),
    ("DELETE", "alerts/{a}/", None, WRITE, 404),
    ("GET", "changes/", None, READ, 200),
    ("GET", "changes/{change}/", None, READ, 200),
    ("POST", "changes/{change}/undo/?dry_run=true", {}, WRITE, 400),
    ("GET", "suppression_rules/", None, READ, 200),
    ("GET", "suppression_rules/{rule}/", None, READ, 200),
    ("GET", "assignment_rules/", None, READ, 200),
    ("GET", "grouping_rules/", None, READ, 200),
    ("GET", "bypass_rules/", None, READ, 200),
    ("GET", "severity_rules/", None, READ, 200),
    ("POST", "suppression_rules/", {"filters": NEVER}, WRITE, 201),
    ("POST", "grouping_rules/", {"filters": NEVER}, WRITE, 201),
    ("POST", "bypass_rules/", {"filters": NEVER}, WRITE, 201),
    ("POST", "severity_rules/", {"filters": NEVER, "severity": "low"}, WRITE, 201),
    ("POST", "assignment_rules/", {"filters": NEVER, "assignee": {"type": "user", "id": "x"}}, WRITE, 400),
    ("PATCH", "suppression_rules/{rule}/", {"sampling_rate": 0.5}, WRITE, 204),
    ("PUT", "suppression_rules/{rule}/", {"sampling_rate": 0.5}, WRITE, 204),
    ("PATCH", "suppression_rules/reorder/", {"orders": {}}, WRITE, 204),
    ("POST", "suppression_rules/preview/", {"rule": {"filters": NEVER}}, READ, 200),
    ("POST", "suppression_rules/preview/", {"replaces": "{rule}"}, READ, 200),
    ("POST", "suppression_rules/{rule}/apply/", {}, WRITE, 201),
    ("GET", "suppression_rules/{rule}/apply/", None, READ, 200),
    ("DELETE", "bypass_rules/{rule}/", None, WRITE, 404),
]


def test_each_row_answers_those_who_may_and_nobody_else(triage, things):
    cast = triage.api.cast
    keys = {scope: cast.add_key([scope]) for scope in (READ, WRITE, HISTORY)}
    for method, path, body, scope, status in ROWS:
        row = f"{method} {path}"
        request = {"json": _filled(body, things)} if body is not None else {}
        place = path.format(**vars(things))

        for person in (cast.owner, cast.member):
            assert triage.ask(method, place, by=person, **request).status_code == status, row
        if scope is None:
            continue
        stranger = error(triage.ask(method, place, by=cast.stranger, **request))
        assert (stranger.status, stranger.detail) == (403, "You don't have access to the project."), row
        for granted, key in keys.items():
            answer = triage.ask(method, place, key=key, **request)
            covers = granted == scope or (granted, scope) == (WRITE, READ)
            assert answer.status_code == (status if covers else 403), f"{row} with {granted}"
            if not covers:
                assert error(answer).detail == f"API key missing required scope '{scope}'"


def _filled(body, things):
    """A body whose texts in braces are replaced."""
    if isinstance(body, dict):
        return {name: _filled(value, things) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, things) for value in body]
    return body.format(**vars(things)) if isinstance(body, str) else body


def test_everybody_who_may_can_do_each_change_for_good(triage, things):
    """The changes that leave nothing to be done by the next: by each person and key once."""
    cast = triage.api.cast
    for number, key in enumerate([cast.owner.key, cast.member.key, cast.add_key([WRITE])]):
        one, two = triage.issue(f"one {number}"), triage.issue(f"two {number}")
        release = triage.ok("POST", "releases/", json={"version": "2", "project": "shop"}, key=key)["id"]

        assert triage.ok("POST", f"issues/{one}/merge/", json={"ids": [two]}, key=key) == {"success": True}
        split = {"fingerprints": [{"fingerprint": f"two {number}"}]}
        assert len(triage.ok("POST", f"issues/{one}/split/", json=split, key=key)["new_issue_ids"]) == 1
        assert triage.ask("POST", f"changes/{triage.changes()[0]['id']}/undo/", key=key).status_code == 200
        assert triage.ask("DELETE", f"releases/{release}/", key=key).status_code == 204


def test_those_who_may_not_change_nothing(triage, things):
    cast = triage.api.cast
    before = triage.state(), triage.changes(), triage.ok("GET", "releases/")
    for method, path, body, scope, _ in [*ROWS, ("DELETE", "releases/{release}/", None, WRITE, 204)]:
        if scope != WRITE:
            continue
        request = {"json": _filled(body, things)} if body is not None else {}
        for key in (cast.stranger.key, cast.add_key([READ]), None):
            assert triage.ask(method, path.format(**vars(things)), key=key, **request).status_code in (401, 403)

    assert (triage.state(), triage.changes(), triage.ok("GET", "releases/")) == before


def test_things_of_another_project_are_unknown(triage, things):
    """The stranger knows the ids and asks in a project of their own."""
    cast = triage.api.cast
    theirs = {"project": cast.other_project.id, "by": cast.stranger}
    a = things.a
    rows = [
        ("GET", f"issues/{a}/", None),
        ("PATCH", f"issues/{a}/", {"name": "x"}),
        ("POST", f"issues/{a}/merge/", {"ids": [things.b]}),
        ("POST", f"issues/{a}/split/", {"fingerprints": [{"fingerprint": "a"}]}),
        ("PATCH", f"issues/{a}/assign/", {"assignee": None}),
        ("GET", f"issues/{a}/activity/", None),
        ("GET", f"fingerprints/{things.fingerprint}/", None),
        ("GET", "fingerprints/resolve/?fingerprint=a", None),
        ("GET", f"releases/{things.release}/", None),
        ("GET", "releases/hash/h1/", None),
        ("PATCH", f"releases/{things.release}/", {"version": "9"}),
        ("DELETE", f"releases/{things.release}/", None),
        ("GET", f"stack_frames/{things.frame}/", None),
        ("GET", f"changes/{things.change}/", None),
    ]
    before = triage.state(), triage.ok("GET", "releases/")

    for method, path, body in rows:
        answer = triage.ask(method, path, **theirs, **({} if body is None else {"json": body}))
        assert answer.status_code == 404, f"{method} {path}"
    bulk = {"ids": [a], "action": "set_status", "status": "resolved"}
    assert triage.ok("POST", "issues/bulk/", json=bulk, **theirs) == {"success": True}
    assert triage.ask("GET", f"issues/{a}/", params={"fingerprint": "b"}, **theirs).status_code == 404
    for path in ("issues/", "fingerprints/", "releases/", "stack_frames/", "changes/"):
        assert triage.ok("GET", path, **theirs)["count"] == 0, path
    assert triage.ok("POST", "stack_frames/batch_get/", **theirs) == {"results": []}
    assert triage.ok("GET", "issues/activity/", **theirs)["total_count"] == 0
    assert (triage.state(), triage.ok("GET", "releases/")) == before


def test_an_issue_of_another_project_cannot_be_merged_in(triage, things):
    from tests.support.triage import Triage

    api = triage.api
    their_project = api.cast.add_project("Another").id
    other = Triage(api, triage.reader)
    other.project = their_project
    other.capture("foreign")
    (theirs,) = api.tracking("GET", "issues/", project=their_project).json()["results"]

    answer = error(triage.ask("POST", f"issues/{things.a}/merge/", json={"ids": [theirs["id"]]}))

    assert (answer.status, answer.detail) == (404, "Issue not found")
    assert triage.merge(things.a, theirs["id"], things.b) == {"success": True}
    assert api.tracking("GET", f"issues/{theirs['id']}/", project=their_project).status_code == 200
