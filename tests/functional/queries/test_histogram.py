"""Events over time, in the calendar of a place, with the releases that began."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from mothlight.model.errors import Refused
from mothlight.queries.focus import Focus
from mothlight.queries.inspection import Histogram
from mothlight.queries.questions import IssueList, Window
from tests.support.event_rows import NOW


def ask(shop, issue=None, zone="UTC", buckets=60, **criteria):
    focus = Focus(issue_id=issue and uuid.UUID(issue), criteria=IssueList(**criteria))
    return shop.ask(Histogram(focus=focus, time_zone=zone, buckets=buckets))


def counts(answer):
    return {part.start.isoformat(): part.occurrences for part in answer.parts if part.occurrences}


def test_days_begin_at_the_viewers_midnight(shop_everywhere):
    shop = shop_everywhere
    issue = shop.simple_issue("f", at=datetime(2026, 4, 22, 21, 59, 59, tzinfo=UTC))
    shop.event("f", at=datetime(2026, 4, 22, 22, tzinfo=UTC))
    window = Window("2026-04-20", "2026-04-24")

    berlin = ask(shop, issue, "Europe/Berlin", buckets=7, window=window)
    assert (berlin.width, berlin.occurrences) == ("day", 2)
    assert counts(berlin) == {"2026-04-22T00:00:00+02:00": 1, "2026-04-23T00:00:00+02:00": 1}
    assert counts(ask(shop, issue, buckets=7, window=window)) == {"2026-04-22T00:00:00+00:00": 2}


def test_zoomed_in_parts_are_narrow(shop):
    at = datetime(2026, 4, 24, 11, 7, 30, tzinfo=UTC)
    issue = shop.simple_issue("f", at=at)
    window = Window("2026-04-24T11:05:00", "2026-04-24T11:10:00")

    answer = ask(shop, issue, window=window)
    assert (answer.width, len(answer.parts)) == ("1m", 6)
    assert counts(answer) == {"2026-04-24T11:07:00+00:00": 1}


def test_all_begins_with_the_first_event(shop):
    issue = shop.simple_issue("f", at=NOW - timedelta(hours=3))

    answer = ask(shop, issue, window=Window("all"))
    assert (answer.width, answer.occurrences, answer.parts[0].occurrences) == ("5m", 1, 1)


def test_a_bound_on_a_part_belongs_to_the_next_and_all_events_are_in_some(shop):
    issue = shop.simple_issue("f", at=NOW - timedelta(hours=1))
    shop.event("f", at=NOW)

    answer = ask(shop, issue, window=Window((NOW - timedelta(hours=1)).isoformat(), NOW.isoformat()))
    assert counts(answer) == {"2026-04-24T11:00:00+00:00": 1, "2026-04-24T12:00:00+00:00": 1}


def test_releases_that_began_in_the_range_in_whatever_issue(shop_everywhere):
    shop = shop_everywhere
    issue = shop.issue()
    shop.own("f", issue)
    shop.own("g", shop.issue())
    old, new, foreign = ({"version": version} for version in ("1.0", "1.1", "1.2"))
    shop.event("g", release=old, at=NOW - timedelta(days=9))
    shop.event("f", release=old, at=NOW - timedelta(days=5))
    shop.event("g", release=new, at=NOW - timedelta(days=3, hours=1))
    shop.event("f", release=new, at=NOW - timedelta(days=2))
    shop.event("g", release=foreign, at=NOW - timedelta(days=1))

    answer = ask(shop, issue, "Asia/Tokyo")
    assert [(each.version, each.occurrences) for each in answer.releases] == [("1.1", 1), ("1.2", 0)]
    first = answer.releases[0]
    assert first.first_seen.isoformat() == "2026-04-21T20:00:00+09:00"
    assert answer.parts[first.part].start <= first.first_seen < answer.parts[first.part].end
    assert answer.more_releases == 0


@pytest.mark.parametrize("zone", ["Nowhere/City", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(shop, zone):
    with pytest.raises(Refused, match="not a time zone"):
        ask(shop, zone=zone)


def test_an_unknown_issue(shop):
    assert ask(shop, str(uuid.uuid4())) is None
