"""Recommendations on the wire, over both metadata databases (api.md 2.4 to 2.7, 5)."""

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
import structlog.testing

from mothlight.model.errors import Unavailable
from mothlight.recommendations import kinds
from mothlight.recommendations.kind import Kind
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.tables import alert_channels, alerts, fingerprints, issues, recommendations
from tests.functional.api.conftest import build, error
from tests.support.cast import NOW
from tests.support.event_rows import Shop, frame

TYPES = ["alerts", "long_running_issues", "quiet_issues", "rate_limits", "source_maps"]
DAY = timedelta(days=1)


def listed(api, **query):
    answer = api.tracking("GET", "recommendations/", params=query)
    assert answer.status_code == 200
    return {row["type"]: row for row in answer.json()["results"]}


def act(api, row, action, **request):
    return api.tracking("POST", f"recommendations/{row['id']}/{action}/", **request)


def write(cast, table, **values):
    with writing(cast.engine) as connection:
        connection.execute(sa.insert(table).values(id=uuid.uuid4(), created_at=NOW, **values))


def change(cast, row, **values):
    with writing(cast.engine) as connection:
        connection.execute(
            sa.update(recommendations).where(recommendations.c.id == uuid.UUID(row["id"])).values(values)
        )


class Issues:
    """Issues in both stores."""

    def __init__(self, api, project=None):
        self.cast, self.project = api.cast, (project or api.cast.project).id
        self.shop = Shop(api.events, self.project)

    def add(self, first_seen, events_at=(), *, name="TypeError", status="active", more_fingerprints=()):
        issue = uuid.uuid4()
        with writing(self.cast.engine) as connection:
            row = {"id": issue, "project_id": self.project, "status": status, "name": name, "created_at": NOW}
            connection.execute(sa.insert(issues).values({**row, "description": "it broke"}))
        for moment in (first_seen, *more_fingerprints):
            fingerprint = str(uuid.uuid4())
            row = {"project_id": self.project, "fingerprint": fingerprint, "issue_id": issue, "version": 0}
            write(self.cast, fingerprints, **row, first_seen=moment)
            self.shop.own(fingerprint, str(issue), first_seen=moment)
        for moment in events_at:
            self.shop.event(fingerprint, at=moment)
        return str(issue)

    def change_status(self, issue, status):
        with writing(self.cast.engine) as connection:
            connection.execute(sa.update(issues).where(issues.c.id == uuid.UUID(issue)).values(status=status))

    def remove(self, issue):
        with writing(self.cast.engine) as connection:
            connection.execute(sa.delete(fingerprints).where(fingerprints.c.issue_id == uuid.UUID(issue)))
            connection.execute(sa.delete(issues).where(issues.c.id == uuid.UUID(issue)))


@pytest.fixture
def stored(api):
    return Issues(api)


# The list


def test_the_first_list_makes_one_row_of_each_type_and_computes_it(api):
    answer = api.tracking("GET", "recommendations/").json()

    assert (answer["count"], answer["next"], answer["previous"]) == (5, None, None)
    assert [row["type"] for row in answer["results"]] == TYPES
    for row in answer["results"]:
        assert list(row) == [
            "id",
            "type",
            "meta",
            "completed",
            "status",
            "computed_at",
            "dismissed_at",
            "created_at",
            "updated_at",
        ]
        assert (row["status"], row["computed_at"], row["dismissed_at"]) == ("ready", "2026-04-24T12:00:00Z", None)


def test_a_second_list_makes_no_further_rows(api):
    assert [row["id"] for row in listed(api).values()] == [row["id"] for row in listed(api).values()]


def test_a_list_comes_in_pages(api):
    answer = api.tracking("GET", "recommendations/", params={"limit": "2", "offset": "2"}).json()

    assert [row["type"] for row in answer["results"]] == TYPES[2:4]
    address = f"http://errors.test/api/environments/{api.cast.project.id}/error_tracking/recommendations/"
    assert (answer["next"], answer["previous"]) == (f"{address}?limit=2&offset=4", f"{address}?limit=2")


@pytest.mark.parametrize("poll", ["true", "True", "TRUE"])
def test_polling_only_reads(api, poll):
    assert listed(api, poll=poll) == {}

    before = listed(api)
    api.hands.moment += timedelta(days=2)
    assert listed(api, poll=poll) == before


@pytest.mark.parametrize("poll", ["false", "1", ""])
def test_anything_else_is_no_polling(api, poll):
    assert list(listed(api, poll=poll)) == TYPES


def test_types_without_an_interval_are_computed_at_every_list_and_others_in_each_window(api):
    first = listed(api)
    api.hands.moment += timedelta(seconds=1)
    soon = listed(api)
    api.hands.moment = NOW + timedelta(hours=6)
    later = listed(api)
    # Whatever was computed until now is in an earlier window of 24 hours then.
    api.hands.moment = NOW + timedelta(hours=6 + 24)
    next_day = listed(api)

    def computed_again(before, after):
        return [kind for kind in TYPES if before[kind]["computed_at"] != after[kind]["computed_at"]]

    assert set(computed_again(first, soon)) >= {"alerts", "rate_limits"}
    assert set(computed_again(soon, later)) >= {"alerts", "rate_limits", "source_maps", "long_running_issues"}
    assert computed_again(later, next_day) == TYPES


def test_projects_have_their_own_rows(api):
    ours = listed(api)

    theirs = api.tracking("GET", "recommendations/", project=api.cast.other_project.id, by=api.cast.stranger).json()

    assert not {row["id"] for row in ours.values()} & {row["id"] for row in theirs["results"]}


# Failure and concurrency


@pytest.fixture
def broken_alerts(monkeypatch):
    """A computation that fails, once it is switched on."""
    good = kinds.KINDS["alerts"]
    broken = {"now": False, "with": ZeroDivisionError("no alerts today")}

    def compute(sources):
        if broken["now"]:
            raise broken["with"]
        return good.compute(sources)

    monkeypatch.setitem(kinds.KINDS, "alerts", Kind(good.interval, compute, good.is_completed))
    return broken


def test_a_failing_computation_keeps_what_was_known_and_is_logged(api, broken_alerts):
    before = listed(api)["alerts"]
    broken_alerts["now"] = True
    api.hands.moment += timedelta(minutes=1)

    with structlog.testing.capture_logs() as logs:
        after = listed(api)

    assert after["alerts"] == before
    assert after["rate_limits"]["computed_at"] == "2026-04-24T12:01:00Z"
    (entry,) = logs
    assert (entry["event"], entry["type"], entry["log_level"]) == ("recommendation_failed", "alerts", "error")
    assert entry["exc_info"] is broken_alerts["with"]


def test_until_it_was_computed_once_a_row_is_empty_and_not_completed(api, broken_alerts):
    broken_alerts["now"] = True

    row = listed(api)["alerts"]

    assert (row["meta"], row["completed"], row["status"], row["computed_at"]) == ({}, False, "ready", None)


def test_a_row_that_somebody_computes_is_left_alone_for_five_minutes(api):
    row = listed(api)["alerts"]
    change(api.cast, row, status="computing", computing_since=NOW)
    api.hands.moment = NOW + timedelta(minutes=5)

    assert listed(api)["alerts"] == {**row, "status": "computing"}
    assert act(api, row, "refresh").json() == {**row, "status": "computing"}
    api.hands.moment += timedelta(microseconds=1)
    taken_over = listed(api)["alerts"]
    assert (taken_over["status"], taken_over["computed_at"]) == ("ready", "2026-04-24T12:05:00.000001Z")


def test_who_was_taken_over_does_not_overwrite(api, monkeypatch):
    row = listed(api)["alerts"]
    good = kinds.KINDS["alerts"]

    def slow(_sources):
        change(api.cast, row, computing_since=NOW + timedelta(minutes=9))
        return {"alerts": ["late"]}

    monkeypatch.setitem(kinds.KINDS, "alerts", Kind(None, slow, good.is_completed))

    after = act(api, row, "refresh").json()

    assert (after["meta"], after["status"]) == (row["meta"], "computing")


# Dismiss, restore, refresh


def test_dismissing_survives_computation_and_restoring_undoes_it(api):
    row = listed(api)["alerts"]

    dismissed = act(api, row, "dismiss")
    api.hands.moment += timedelta(hours=1)
    listed_again = listed(api)["alerts"]
    again = act(api, row, "dismiss").json()
    restored = [act(api, row, "restore").json() for _ in range(2)]

    assert (dismissed.status_code, dismissed.json()["dismissed_at"]) == (200, "2026-04-24T12:00:00Z")
    assert dismissed.json()["computed_at"] == row["computed_at"]
    assert listed_again["dismissed_at"] == "2026-04-24T12:00:00Z"
    assert listed_again["computed_at"] == "2026-04-24T13:00:00Z"
    assert again["dismissed_at"] == again["updated_at"] == "2026-04-24T13:00:00Z"
    assert [each["dismissed_at"] for each in restored] == [None, None]


@pytest.mark.parametrize("force", [{}, {"force": "true"}, {"force": "1"}, {"force": ""}])
def test_refresh_computes_whatever_is_stale(api, force):
    row = listed(api)["source_maps"]
    api.hands.moment += timedelta(microseconds=1)

    refreshed = act(api, row, "refresh", params=force)

    assert refreshed.status_code == 200
    assert refreshed.json()["computed_at"] == "2026-04-24T12:00:00.000001Z"


@pytest.mark.parametrize("force", ["false", "False", "FALSE"])
def test_refresh_without_force_computes_nothing(api, force):
    row = listed(api)["alerts"]
    api.hands.moment += timedelta(days=2)

    refreshed = act(api, row, "refresh", params={"force": force})

    assert (refreshed.status_code, refreshed.json()) == (200, row)


def test_a_failing_refresh_answers_the_row_as_it_was(api, broken_alerts):
    row = listed(api)["alerts"]
    broken_alerts["now"] = True

    refreshed = act(api, row, "refresh")

    assert (refreshed.status_code, refreshed.json()) == (200, row)


def test_a_refresh_that_cannot_start_is_503_and_the_row_is_ready(api, broken_alerts):
    row = listed(api)["alerts"]
    broken_alerts.update({"now": True, "with": Unavailable("away", 5)})

    refused = act(api, row, "refresh")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.json() == {"detail": "Couldn't start the refresh right now. Please try again in a moment."}
    assert listed(api, poll="true")["alerts"] == row


def test_a_row_of_a_retired_type_cannot_be_refreshed(api):
    moments = {"created_at": NOW, "updated_at": NOW, "computed_at": NOW}
    row = {"id": uuid.uuid4(), "project_id": api.cast.project.id, "type": "cross_sell", "status": "ready", "meta": {}}
    with writing(api.cast.engine) as connection:
        connection.execute(sa.insert(recommendations).values({**row, **moments}))

    for query in ({}, {"force": "false"}):
        refused = act(api, row, "refresh", params=query)
        assert (refused.status_code, refused.json()) == (400, {"detail": "Unknown recommendation type."})
    assert listed(api)["cross_sell"]["completed"] is False


@pytest.mark.parametrize("action", ["dismiss", "refresh", "restore"])
def test_unknown_foreign_and_malformed_ids_are_404(api, action):
    api.tracking("GET", "recommendations/", project=api.cast.other_project.id, by=api.cast.stranger)
    with api.cast.engine.connect() as connection:
        foreign = connection.scalar(sa.select(recommendations.c.id).limit(1))

    for id in (foreign, uuid.UUID(int=0), "x", "%00"):
        answer = error(act(api, {"id": id}, action))
        assert (answer.status, answer.type, answer.code) == (404, "invalid_request", "not_found")
        assert (answer.detail, answer.attr) == ("Not found.", None)


# What each type says


def test_alerts_tell_which_triggers_are_wired(api):
    keys = [f"error-tracking-issue-{each}" for each in ("created", "reopened", "spiking")]
    channel = uuid.uuid4()
    with writing(api.cast.engine) as connection:
        row = {
            "id": channel,
            "project_id": api.cast.project.id,
            "kind": "webhook",
            "name": "On-call",
            "created_at": NOW,
        }
        address = {"service": "Webhook", "shown_address": "https://pager.test", "address": "https://pager.test/1"}
        connection.execute(sa.insert(alert_channels).values(**row, **address))

    def alert(trigger, channels=(channel,), enabled=True):
        row = {"name": "", "enabled": enabled, "environments": [], "filters": [], "snooze_minutes": 10}
        told = {"channels": [str(each) for each in channels], "updated_at": NOW}
        write(api.cast, alerts, project_id=api.cast.project.id, trigger=trigger, **row, **told)

    fresh = listed(api)["alerts"]
    alert("created")
    alert("reopened", channels=[uuid.uuid4()])
    alert("spiking", enabled=False)
    alert("milestone")
    some = listed(api)["alerts"]
    alert("reopened")
    alert("spiking")
    everything = listed(api)["alerts"]

    assert fresh["meta"] == {"alerts": [{"key": key, "enabled": False} for key in keys]}
    assert [each["enabled"] for each in some["meta"]["alerts"]] == [True, False, False]
    assert [row["completed"] for row in (fresh, some, everything)] == [False, False, True]


def test_rate_limits_tell_which_are_set(api):
    def limit(**values):
        api.tracking("PATCH", "settings/update_settings/", json=values)
        row = listed(api)["rate_limits"]
        return row["meta"]["rate_limits"], row["completed"]

    def expected(project, per_issue):
        return [{"key": "project", "enabled": project}, {"key": "per_issue", "enabled": per_issue}]

    assert limit() == (expected(False, False), False)
    assert limit(project_rate_limit_bucket_size_minutes=5) == (expected(False, False), False)
    assert limit(project_rate_limit_value=1) == (expected(True, False), False)
    assert limit(per_issue_rate_limit_value=1) == (expected(True, True), True)


def frames(resolved, unresolved, **changes):
    """Frames of which so many are resolved, each another one."""
    outcomes = [True] * resolved + [False] * unresolved
    return [frame(str(uuid.uuid4()), resolved=outcome, raw_id=f"{uuid.uuid4()}/0", **changes) for outcome in outcomes]


def source_maps(api):
    row = act(api, listed(api)["source_maps"], "refresh").json()
    return row["meta"], row["completed"]


def test_source_maps_without_frames(api):
    assert source_maps(api) == (
        {
            "total_frames": 0,
            "unresolved_frames": 0,
            "unresolved_pct": 0.0,
            "threshold_pct": 0.3,
            "min_sample_frames": 20,
            "sample_frames": 2000,
            "lookback_hours": 24,
        },
        True,
    )


@pytest.mark.parametrize(
    ("resolved", "unresolved", "share", "completed"),
    [(0, 19, 1.0, True), (0, 20, 1.0, False), (14, 6, 0.3, True), (55, 45, 0.45, False)],
)
def test_source_maps_count_unresolved_frames(api, resolved, unresolved, share, completed):
    shop = Shop(api.events, api.cast.project.id)
    shop.stack([frames(resolved, unresolved), None])

    meta, done = source_maps(api)

    assert (meta["total_frames"], meta["unresolved_frames"]) == (resolved + unresolved, unresolved)
    assert (meta["unresolved_pct"], done) == (share, completed)


def test_source_maps_count_each_javascript_frame_of_the_last_day_once(api):
    shop = Shop(api.events, api.cast.project.id)
    same = frames(1, 1)
    shop.stack([same])
    shop.stack([same, frames(2, 0, lang="python")])
    Shop(api.events, api.cast.other_project.id).stack([frames(0, 30)])

    meta, _ = source_maps(api)
    api.hands.moment = NOW + timedelta(hours=24)
    a_day_later, _ = source_maps(api)

    assert (meta["total_frames"], meta["unresolved_frames"]) == (2, 1)
    assert a_day_later["total_frames"] == 0


def test_source_maps_look_at_2000_frames_at_most(api):
    shop = Shop(api.events, api.cast.project.id)
    for _ in range(105):
        shop.stack([frames(20, 0)])

    assert source_maps(api)[0]["total_frames"] == 2000


def test_long_running_issues_are_old_active_and_alive(api, stored):
    old, recent = NOW - 8 * DAY, NOW - 6 * DAY
    running = stored.add(old, [recent, recent, NOW - 7 * DAY, NOW - 7 * DAY - timedelta(seconds=1)], name=None)
    stored.add(old, [NOW - 8 * DAY])
    stored.add(old, [recent], status="resolved")
    stored.add(NOW - 7 * DAY, [recent])
    merged = stored.add(recent, [recent], more_fingerprints=[NOW - 9 * DAY])
    Issues(api, api.cast.other_project).add(old, [recent])

    row = listed(api)["long_running_issues"]

    assert row["meta"] == {
        "issues": [
            {
                "id": merged,
                "name": "TypeError",
                "description": "it broke",
                "created_at": "2026-04-15T12:00:00+00:00",
                "occurrences": 1,
                "status": "active",
            },
            {
                "id": running,
                "name": "Untitled issue",
                "description": "it broke",
                "created_at": "2026-04-16T12:00:00+00:00",
                "occurrences": 3,
                "status": "active",
            },
        ]
    }
    assert row["completed"] is False


def test_long_running_issues_are_the_five_oldest(api, stored):
    ids = [stored.add(NOW - age * DAY, [NOW]) for age in (10, 15, 11, 14, 12, 13)]

    found = [issue["id"] for issue in listed(api)["long_running_issues"]["meta"]["issues"]]

    assert found == [ids[1], ids[3], ids[5], ids[4], ids[2]]


def test_nothing_runs_long_in_a_new_project(api):
    row = listed(api)["long_running_issues"]

    assert (row["meta"], row["completed"]) == ({"issues": []}, True)


def test_listed_issues_show_their_present_status_until_the_next_computation(api, stored):
    issue = stored.add(NOW - 8 * DAY, [NOW])
    gone = stored.add(NOW - 9 * DAY, [NOW])
    listed(api)
    stored.change_status(issue, "resolved")
    stored.remove(gone)

    for row in (
        listed(api, poll="true")["long_running_issues"],
        act(api, listed(api)["long_running_issues"], "dismiss").json(),
    ):
        assert {each["id"]: each["status"] for each in row["meta"]["issues"]} == {issue: "resolved", gone: "active"}
        assert row["completed"] is False
    refreshed = act(api, row, "refresh").json()
    assert (refreshed["meta"], refreshed["completed"]) == ({"issues": []}, True)


def test_quiet_issues_are_active_and_old_without_recent_events(api, stored):
    ages = [31, 33, 32, 36, 35, 34]
    quiet = [stored.add(NOW - age * DAY, [NOW - age * DAY], name=None if age == 36 else "E") for age in ages]
    stored.add(NOW - 40 * DAY, [NOW - 30 * DAY])
    stored.add(NOW - 40 * DAY, status="suppressed")
    stored.add(NOW - 30 * DAY)
    stored.add(NOW - 40 * DAY, [NOW - DAY], more_fingerprints=[NOW - 40 * DAY])

    row = listed(api)["quiet_issues"]

    assert (row["meta"]["quiet_days"], row["meta"]["total"], row["completed"]) == (30, 6, False)
    assert [issue["id"] for issue in row["meta"]["issues"]] == [quiet[place] for place in (3, 4, 5, 1, 2)]
    assert row["meta"]["issues"][0] == {
        "id": quiet[3],
        "name": "Untitled issue",
        "description": "it broke",
        "first_seen": "2026-03-19T12:00:00+00:00",
        "status": "active",
    }


def test_quiet_issues_show_their_present_status(api, stored):
    issue = stored.add(NOW - 40 * DAY)
    listed(api)
    stored.change_status(issue, "resolved")

    assert listed(api, poll="true")["quiet_issues"]["meta"]["issues"][0]["status"] == "resolved"


def test_nothing_is_quiet_in_a_new_project(api):
    row = listed(api)["quiet_issues"]

    assert (row["meta"], row["completed"]) == ({"quiet_days": 30, "total": 0, "issues": []}, True)


def test_a_list_survives_an_event_store_that_is_away(cast, hands):
    class Away:
        def query(self, *_):
            raise Unavailable("away")

    api = build(cast, hands, Away())

    rows = listed(api)

    assert {kind: row["computed_at"] is not None for kind, row in rows.items()} == {
        "alerts": True,
        "long_running_issues": False,
        "quiet_issues": False,
        "rate_limits": True,
        "source_maps": False,
    }
