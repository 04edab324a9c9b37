"""State per environment (docs/environments.md): events through the real pipeline, work through the REST API."""

import pytest

from tests.functional.api.conftest import error
from tests.support.received import later
from tests.support.triage import EVER


@pytest.fixture
def issue(triage):
    """Seen in production, in staging, and where nobody says."""
    found = triage.issue("a", users=3, environment="production")
    triage.capture("a", users=2, **{"$environment": "staging"})
    triage.capture("a", users=1)
    return found


def shown(triage, issue):
    return {each["name"]: each for each in triage.ok("GET", f"issues/{issue}/")["environments"]}


def statuses(triage, issue):
    return {name: each["status"] for name, each in shown(triage, issue).items()}


def status(triage, issue):
    return triage.ok("GET", f"issues/{issue}/")["status"]


def ask(triage, endpoint, **body):
    return triage.ok("POST", f"query/{endpoint}/", json={"dateRange": EVER, "filterTestAccounts": False, **body})


def test_an_issue_shows_where_it_was_seen_how_often_and_when(triage, issue):
    found = triage.ok("GET", f"issues/{issue}/")

    assert [(each["name"], each["status"], each["occurrences"]) for each in found["environments"]] == [
        ("unnamed", "active", 1),
        ("production", "active", 3),
        ("staging", "active", 2),
    ]
    assert all(each["first_seen"] and each["last_seen"] for each in found["environments"])
    listed = triage.ok("GET", "issues/")["results"]
    assert listed[0]["environments"] == found["environments"]


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"environment": "e", "$environment": "d", "env": "n"}, "e"),
        ({"environment": "", "$environment": "d", "env": "n"}, "d"),
        ({"environment": 7, "$environment": None, "env": "n"}, "n"),
        ({"environment": "x" * 65, "env": "y" * 64}, "y" * 64),
        ({"environment": ["production"]}, "unnamed"),
        ({"environment": "unnamed", "env": "n"}, "unnamed"),
        ({"environment": 'Straße "1"\n\\'}, 'Straße "1"\n\\'),
    ],
)
def test_the_environment_is_the_first_text_of_three_properties(triage, properties, name):
    found = triage.issue("a", **properties)

    assert statuses(triage, found) == {name: "active"}
    assert shown(triage, found)[name]["occurrences"] == 1


def test_a_status_is_set_everywhere_or_in_one_environment(triage, issue):
    answer = triage.change(issue, status="resolved", environment="staging")

    assert answer["status"] == "active"
    assert statuses(triage, issue) == {"unnamed": "active", "production": "active", "staging": "resolved"}
    triage.change(issue, status="resolved", environment="production")
    assert triage.change(issue, status="resolved", environment="unnamed")["status"] == "resolved"
    triage.change(issue, status="suppressed")
    assert set(statuses(triage, issue).values()) == {"suppressed"}


@pytest.mark.parametrize(
    ("production", "staging", "unnamed", "whole"),
    [
        ("suppressed", "suppressed", "suppressed", "suppressed"),
        ("suppressed", "suppressed", "resolved", "resolved"),
        ("resolved", "resolved", "resolved", "resolved"),
        ("resolved", "suppressed", "active", "active"),
    ],
)
def test_the_status_of_the_issue_follows(triage, issue, production, staging, unnamed, whole):
    for name, value in (("production", production), ("staging", staging), ("unnamed", unnamed)):
        triage.change(issue, status=value, environment=name)

    assert status(triage, issue) == whole
    assert triage.figures()[issue].status == whole


def test_an_event_reopens_its_own_environment_only(triage, issue):
    triage.change(issue, status="resolved")

    triage.capture("a", environment="staging", timestamp=later(5))

    assert statuses(triage, issue) == {"unnamed": "resolved", "production": "resolved", "staging": "active"}
    assert status(triage, issue) == "active"
    (entry,) = triage.changes(kind="reopened")
    assert (entry["after"]["environment"], entry["summary"].startswith("Reopened")) == ("staging", True)


def test_suppression_of_one_environment_drops_its_events_only(triage, issue):
    triage.change(issue, status="suppressed", environment="staging")

    triage.capture("a", users=2, environment="staging")
    triage.capture("a", users=2, environment="production")
    triage.capture("a", users=2, environment="quite new")

    occurrences = {name: each["occurrences"] for name, each in shown(triage, issue).items()}
    assert occurrences == {"unnamed": 1, "production": 5, "staging": 2, "quite new": 2}


def test_what_is_suppressed_in_all_seen_environments_one_by_one_is_still_heard_of_in_a_new_one(triage):
    issue = triage.issue("a", environment="staging")
    triage.change(issue, status="suppressed", environment="staging")
    assert status(triage, issue) == "suppressed"

    triage.capture("a", environment="production")

    assert statuses(triage, issue) == {"production": "active", "staging": "suppressed"}
    assert status(triage, issue) == "active"


def test_a_new_environment_starts_as_the_issue_stands(triage, issue):
    triage.change(issue, status="suppressed")
    triage.capture("a", environment="new")
    assert "new" not in statuses(triage, issue), "its events are dropped"

    triage.change(issue, status="active", environment="production")
    triage.capture("a", environment="new")

    assert statuses(triage, issue)["new"] == "active"


def test_in_a_bulk_change_issues_that_were_not_seen_there_are_left_out(triage, issue):
    other = triage.issue("b", environment="production")
    body = {"ids": [issue, other], "action": "set_status", "status": "resolved", "environment": "staging"}

    tried = triage.ok("POST", "issues/bulk/", json=body, params={"dry_run": "true"})
    assert (tried["issues"], tried["events"], tried["issue_ids"]) == (1, 2, [issue])
    assert triage.ok("POST", "issues/bulk/", json=body) == {"success": True}

    assert statuses(triage, issue)["staging"] == "resolved"
    assert statuses(triage, other) == {"production": "active"}
    assert triage.changes()[0]["issue_ids"] == [issue]


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"status": "resolved", "environment": "unheard of"}, "environment"),
        ({"status": "resolved", "environment": ""}, "environment"),
        ({"status": "resolved", "environment": "x" * 65}, "environment"),
        ({"status": "resolved", "environment": 5}, "environment"),
        ({"name": "x", "environment": "staging"}, "environment"),
        ({"status": "active", "resolved_in": "next"}, "resolved_in"),
        ({"status": "resolved", "resolved_in": "soon"}, "resolved_in"),
        ({"status": "resolved", "resolved_in": {"release": ""}}, "resolved_in"),
        ({"status": "resolved", "resolved_in": {"release": "1", "x": 1}}, "resolved_in"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(triage, issue, body, attr):
    before = triage.state()

    refusal = error(triage.ask("PATCH", f"issues/{issue}/", json=body))

    assert (refusal.status, refusal.attr) == (400, attr)
    assert triage.state() == before


def test_figures_and_status_of_questions_speak_of_the_environments_asked_for(triage, issue):
    triage.change(issue, status="resolved", environment="staging")

    def row(**body):
        rows = ask(triage, "issues", **body)["results"]
        return [(each["status"], each["aggregations"]["occurrences"], each["aggregations"]["users"]) for each in rows]

    assert row(status="all") == [("active", 6, 3)]
    assert row(status="all", environment="staging") == [("resolved", 2, 2)]
    assert row(status="resolved", environment=["staging"]) == [("resolved", 2, 2)]
    assert row(status="active", environment="staging") == []
    assert row(status="active", environment=["staging", "unnamed"]) == [("active", 3, 2)]
    assert row(status="all", environment="elsewhere") == []
    detail = ask(triage, "issue", issueId=issue, environment="staging")
    assert (detail["status"], detail["impact"]["occurrences"]) == ("resolved", 2)
    events = ask(triage, "issue_events", issueId=issue, environment="staging", limit=20)["results"]
    assert len(events) == 2


@pytest.mark.parametrize("endpoint", ["issues", "issue", "issue_events"])
@pytest.mark.parametrize("value", [None, [], "", [""], 5, ["a", 5], "x" * 65])
def test_an_environment_is_a_text_or_a_list_of_texts(triage, issue, endpoint, value):
    refusal = error(triage.ask("POST", f"query/{endpoint}/", json={"issueId": issue, "environment": value}))

    assert (refusal.status, refusal.attr) == (400, "environment")


def test_on_a_merge_the_states_of_the_target_win_and_undo_gives_all_back(triage, issue):
    other = triage.issue("b", environment="staging")
    triage.capture("b", environment="dev")
    triage.change(issue, status="resolved", environment="staging")
    before = triage.state()

    triage.merge(issue, other)

    assert statuses(triage, issue) == {
        "unnamed": "active",
        "production": "active",
        "staging": "resolved",
        "dev": "active",
    }
    triage.undone()
    assert triage.state() == before


def test_environments_that_are_new_to_the_target_take_its_status(triage):
    target, source = triage.issue("a", environment="production"), triage.issue("b", environment="dev")
    triage.change(target, status="resolved", environment="production")
    before = triage.state()

    triage.merge(target, source)

    assert statuses(triage, target) == {"production": "resolved", "dev": "resolved"}
    assert status(triage, target) == "resolved"
    triage.undone()
    assert triage.state() == before


def test_a_split_issue_is_active_in_all_of_its_own(triage, issue):
    other = triage.issue("b", environment="staging")
    triage.merge(issue, other)
    triage.change(issue, status="resolved")

    (new,) = triage.split(issue, "b")

    assert statuses(triage, new) == {"staging": "active"}
    assert set(statuses(triage, issue).values()) == {"resolved"}


def test_the_status_follows_when_a_split_takes_an_environment_away(triage):
    issue, other = triage.issue("a", environment="production"), triage.issue("b", environment="staging")
    triage.merge(issue, other)
    triage.change(issue, status="resolved", environment="production")
    assert status(triage, issue) == "active"
    before = triage.state()

    triage.split(issue, "b")

    assert statuses(triage, issue) == {"production": "resolved"}
    assert status(triage, issue) == "resolved"
    triage.undone()
    assert triage.state() == before


def test_a_change_in_one_environment_is_undone_beside_a_later_one_in_another(triage, issue):
    triage.change(issue, status="resolved", environment="staging")
    triage.change(issue, status="suppressed", environment="production")
    later_one, first = triage.changes(actor="user")

    undone = triage.undone(first)

    assert statuses(triage, issue) == {"unnamed": "active", "production": "suppressed", "staging": "active"}
    triage.undone(undone)
    assert statuses(triage, issue)["staging"] == "resolved"
    assert triage.undo(later_one).status_code == 200


def test_a_later_change_of_all_stands_in_the_way_of_one_and_the_other_way_round(triage, issue):
    triage.change(issue, status="resolved", environment="staging")
    triage.change(issue, status="suppressed")
    triage.change(issue, status="active", environment="production")
    third, second, first = triage.changes(actor="user")

    assert triage.undo(first).json()["changes"] == [second["id"]]
    assert triage.undo(second).json()["changes"] == [third["id"]]
    for entry in (third, second, first):
        triage.undone(entry)
    assert set(statuses(triage, issue).values()) == {"active"}


def test_the_words_of_an_entry_name_the_environment(triage, issue):
    triage.change(issue, status="resolved", environment="staging")

    assert triage.changes()[0]["summary"] == "Changed “PayError”: status in staging from that of all to resolved"


# Releases


def test_an_issue_is_resolved_in_the_newest_release_that_it_was_seen_in(triage):
    issue = triage.issue("a", release="1.10.0")
    triage.capture("a", release="1.9.0", timestamp=later(1))
    triage.api.hands.moment = later(10)

    answer = triage.change(issue, status="resolved")

    resolved = answer["environments"][0]["resolved"]
    assert (resolved["release"], resolved["next"], bool(resolved["at"])) == ("1.10.0", False, True)
    triage.api.hands.moment = later(50)
    triage.capture("a", users=2, release="1.9.0", timestamp=later(60))
    found = shown(triage, issue)["unnamed"]
    assert (found["status"], found["seen_again"]["count"]) == ("resolved", 2)
    (entry,) = triage.changes(kind="not_reopened")
    assert entry["summary"] == (
        "Left “PayError” resolved: its release 1.9.0 is older than 1.10.0, in which the issue was resolved (by version)"
    )
    triage.capture("a", release="1.10.0", timestamp=later(70))
    assert status(triage, issue) == "active"
    assert shown(triage, issue)["unnamed"]["seen_again"] is None
    assert triage.changes(kind="reopened")[0]["after"]["rule"] == "same_release"


def test_in_one_environment_it_is_the_newest_that_was_seen_there(triage):
    issue = triage.issue("a", release="2.0.0", environment="staging")
    triage.capture("a", release="1.9.0", environment="production")

    triage.change(issue, status="resolved", environment="production")

    assert shown(triage, issue)["production"]["resolved"]["release"] == "1.9.0"


@pytest.mark.parametrize(
    ("resolved_in", "release", "reopens"),
    [
        ("next", "1.0.0", False),
        ("next", "1.0.1", True),
        ({"release": "1.4.2"}, "1.0.1", False),
        ({"release": "1.4.2"}, "1.4.2", True),
    ],
)
def test_the_release_can_be_named_also_in_bulk(triage, resolved_in, release, reopens):
    issue, other = triage.issue("a", release="1.0.0"), triage.issue("b", release="1.0.0")
    triage.change(issue, status="resolved", resolved_in=resolved_in)
    body = {"ids": [other], "action": "set_status", "status": "resolved", "resolved_in": resolved_in}
    triage.ok("POST", "issues/bulk/", json=body)

    for fingerprint in "ab":
        triage.capture(fingerprint, release=release, timestamp=later(60))

    wanted = "active" if reopens else "resolved"
    assert [status(triage, each) for each in (issue, other)] == [wanted, wanted]


def test_to_resolve_again_in_another_release_is_a_change_and_in_the_same_is_none(triage):
    issue = triage.issue("a", release="1.0.0")
    for resolved_in in ({"release": "1.4.2"}, {"release": "1.4.2"}, None, {"release": "1.5.0"}):
        triage.change(issue, status="resolved", **({"resolved_in": resolved_in} if resolved_in else {}))

    assert triage.kinds() == ["updated", "updated"]
    assert shown(triage, issue)["unnamed"]["resolved"]["release"] == "1.5.0"
