"""The issue list: which issues it shows, with which figures, in which order (api 2.0, 2.1, 8)."""

import uuid
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from mothlight.model.errors import Refused
from mothlight.queries.questions import Assignee, IssueList, Window
from tests.support.event_rows import NOW, Shop, event_row, frame
from tests.support.event_stores import new_project


def ago(**span):
    return NOW - timedelta(**span)


def test_a_row_has_exactly_the_keys_of_the_contract(shop):
    issue = shop.issue("TypeError", description="it broke", user=7)
    shop.own("f", issue, first_seen=datetime(2026, 3, 30, 8, 14, 2, 511000, UTC))
    shop.event(
        "f", at=datetime(2026, 4, 24, 11, 52, 40, tzinfo=UTC), session="s", lib="web", frames=[frame("a", "src/a.ts")]
    )

    (row,) = shop.list(volume_resolution=0)
    assert msgspec.to_builtins(row) == {
        "id": issue,
        "name": "TypeError",
        "description": "it broke",
        "status": "active",
        "first_seen": "2026-03-30T08:14:02.511000Z",
        "last_seen": "2026-04-24T11:52:40Z",
        "library": "web",
        "source": "src/a.ts",
        "assignee": {"id": 7, "type": "user"},
        "aggregations": {
            "occurrences": 1,
            "users": 1,
            "sessions": 1,
            "volumeRange": [1],
            "volume_buckets": [{"label": "2026-04-17T12:00:00+00:00", "value": 1}],
        },
    }


def test_unknown_values_are_null(shop):
    issue = shop.issue(None, description=None)
    shop.own("f", issue)
    shop.event("f")

    row = shop.row(issue)
    assert [row.name, row.description, row.library, row.source, row.assignee] == [None] * 5


def test_no_match_is_an_empty_page(shop):
    page = shop.ask(IssueList())

    assert (page.results, page.has_more) == ([], False)


# Membership


def test_an_event_without_an_owned_fingerprint_is_invisible(shop):
    issue = shop.simple_issue("f")
    shop.event("nobody's")

    assert shop.ids() == [issue]


def test_a_deleted_issue_is_not_listed(shop):
    issue = shop.simple_issue("f")
    shop.issue("f", id=issue, deleted=1)

    assert shop.ids() == []


def test_the_stored_issue_id_of_an_event_does_not_matter(shop):
    issue = shop.simple_issue("f", exception_issue_id=str(uuid.uuid4()))

    assert shop.ids() == [issue]


def test_other_projects_are_invisible(shop, store):
    shop.simple_issue("f")
    other = Shop(store, new_project())
    other.own("f", other.issue())
    other.event("f")

    assert len(shop.ids()) == 1
    assert shop.list()[0].aggregations.occurrences == 1


def test_moving_a_fingerprint_changes_every_figure_in_the_next_query(shop_everywhere):
    shop = shop_everywhere
    first, second = shop.issue("first"), shop.issue("second")
    shop.own("f", first, first_seen=ago(days=3))
    shop.own("g", second, first_seen=ago(days=2))
    shop.event("f", at=ago(hours=2), user="a", session="1", lib="web", frames=[frame("f1", "f.ts")])
    shop.event("g", at=ago(hours=1), user="b", session="2", lib="node", frames=[frame("g1", "g.ts")])
    shop.own("f", second, first_seen=ago(days=3))

    (row,) = shop.list()
    figures = row.aggregations
    assert (row.id, row.first_seen, row.last_seen, row.library, row.source) == (
        second, ago(days=3), ago(hours=1), "node", "g.ts",
    )  # fmt: skip
    assert (figures.occurrences, figures.users, figures.sessions) == (2, 2, 2)

    shop.own("f", first, first_seen=ago(days=3))
    shop.own("g", first, first_seen=ago(days=2))
    (row,) = shop.list()
    assert (row.id, row.aggregations.occurrences) == (first, 2)


def test_a_grouping_key_that_gets_another_fingerprint_takes_its_events_along(shop_everywhere):
    shop = shop_everywhere
    first, second = shop.issue("first"), shop.issue("second")
    shop.own("f", first, key=11)
    shop.own("g", second, key=12)
    for key in (11, 12):
        shop.store.insert_events([event_row(shop.project, key=key, at=ago(hours=1))])
    shop.own("g", second, key=11, first_seen=ago(days=1))

    (row,) = shop.list()
    assert (row.id, row.aggregations.occurrences, row.first_seen) == (second, 2, ago(days=1))
    assert shop.ids(fingerprints=("f",)) == []


# Issue criteria


def test_status_filters_by_the_present_state(shop):
    issues = {}
    for status in ("active", "resolved", "suppressed", "archived", "pending_release"):
        issues[status] = shop.issue(status, status=status)
        shop.own(status, issues[status])
        shop.event(status)

    assert set(shop.ids()) == {issues["active"]}
    assert set(shop.ids(status="suppressed")) == {issues["suppressed"]}
    assert set(shop.ids(status="resolved")) == {issues["resolved"], issues["archived"], issues["pending_release"]}
    assert shop.ids(status="archived") == shop.ids(status="pending_release") == []
    assert set(shop.ids(status=None)) == set(issues.values())
    assert shop.row(issues["archived"], status=None).status == "resolved"


def test_a_change_of_state_shows_at_once(shop):
    issue = shop.simple_issue("f")
    shop.issue("renamed", id=issue, status="resolved", description="new", role="0196b2c4-7d1e-7c55-9a41-3f0d1c2b4a90")

    assert shop.ids() == []
    row = shop.row(issue, status="resolved")
    assert (row.name, row.description, row.status) == ("renamed", "new", "resolved")
    assert row.assignee == Assignee("0196b2c4-7d1e-7c55-9a41-3f0d1c2b4a90", "role")


def test_assignee_filters_by_user_or_role(shop):
    role = str(uuid.uuid4())
    of_user, of_role, of_nobody = shop.issue("a", user=5), shop.issue("b", role=role), shop.issue("c")
    for name, issue in (("a", of_user), ("b", of_role), ("c", of_nobody)):
        shop.own(name, issue)
        shop.event(name)

    assert shop.ids(assignee=Assignee(5, "user")) == shop.ids(assignee=Assignee("5", "user")) == [of_user]
    assert shop.ids(assignee=Assignee(role, "role")) == shop.ids(assignee=Assignee(role.upper(), "role")) == [of_role]
    assert shop.ids(assignee=Assignee(6, "user")) == shop.ids(assignee=Assignee(5, "role")) == []
    assert shop.ids(assignee=Assignee(0, "user")) == shop.ids(assignee=Assignee("nobody", "user")) == []
    assert len(shop.ids(assignee=None)) == 3


# Event criteria


def test_library_is_equal_to_one_of_the_list_and_case_sensitive(shop):
    web, node = shop.simple_issue("w", lib="web"), shop.simple_issue("n", lib="node")

    assert shop.ids(libraries=("web",)) == [web]
    assert set(shop.ids(libraries=("web", "node"))) == {web, node}
    assert shop.ids(libraries=("Web",)) == []


def test_figures_cover_only_the_asked_fingerprints(shop):
    issue = shop.issue()
    for name in ("f", "g"):
        shop.own(name, issue, first_seen=ago(days=1 if name == "f" else 2))
        shop.event(name)
    row = shop.row(issue, fingerprints=("f",))

    assert (row.aggregations.occurrences, row.first_seen) == (1, ago(days=1))
    assert shop.row(issue, fingerprints=("f", "g")).aggregations.occurrences == 2


def test_release_is_one_of_the_names_of_the_events_releases(shop):
    issue = shop.simple_issue("f", release_names=["release-1", "2026.04.24", "commit-123"])

    assert shop.ids(release="2026.04.24") == shop.ids(release="commit-123") == [issue]
    assert shop.ids(release="2026.04") == shop.ids(release="COMMIT-123") == []


@pytest.mark.parametrize(
    ("url", "found"),
    [("/CHECKOUT", True), ("50%_off", True), ("50", True), ("50%off", False), ("%", True), ("cart", False)],
)
def test_url_is_a_literal_substring_whatever_its_case(shop, url, found):
    issue = shop.simple_issue("f", current_url="https://shop.test/Checkout?50%_OFF")

    assert shop.ids(url=url) == ([issue] if found else [])


def test_person_is_the_one_after_merges(shop_everywhere):
    shop = shop_everywhere
    old, new, other = (str(uuid.uuid4()) for _ in range(3))
    first, second = shop.simple_issue("f", person=old), shop.simple_issue("g", person=new)
    shop.simple_issue("h", person=other)

    assert shop.ids(person_id=UUID(old)) == [first]
    shop.merged(old, new)
    assert set(shop.ids(person_id=UUID(new))) == {first, second}
    assert shop.ids(person_id=UUID(old)) == []


def test_every_criterion_must_be_met_by_the_same_event(shop):
    issue = shop.simple_issue("f", lib="web", current_url="https://a.test")
    shop.event("f", lib="node", current_url="https://b.test")

    assert shop.ids(libraries=("web",), url="a.test") == [issue]
    assert shop.ids(libraries=("web",), url="b.test") == []


def test_test_accounts_are_left_out_by_default(shop):
    shop.filter_test_accounts({"type": "event", "key": "$host", "operator": "not_regex", "value": r"^(localhost)($|:)"})
    local, remote = shop.simple_issue("l", host="localhost:3000"), shop.simple_issue("r", host="shop.test")
    without = shop.simple_issue("w")

    assert set(shop.ids()) == {remote, without}
    assert set(shop.ids(filter_test_accounts=False)) == {local, remote, without}


# Dates


def test_both_bounds_belong_to_the_range(shop):
    start, end = ago(hours=2), ago(hours=1)
    issue = shop.simple_issue("f", at=start)
    shop.event("f", at=end)
    shop.event("f", at=start - timedelta(microseconds=1))
    shop.event("f", at=end + timedelta(microseconds=1))

    row = shop.row(issue, window=Window(start.isoformat(), end.isoformat()))
    assert (row.aggregations.occurrences, row.last_seen) == (2, end)


def test_the_last_seven_days_are_the_default(shop):
    inside, outside = shop.simple_issue("i", at=ago(days=7)), shop.simple_issue("o", at=ago(days=7, microseconds=1))
    shop.simple_issue("later", at=NOW + timedelta(seconds=1))

    assert shop.ids() == [inside]
    assert set(shop.ids(window=Window("all"))) == {inside, outside}


def test_an_end_before_the_start_is_an_empty_list(shop):
    shop.simple_issue("f")

    assert shop.ids(window=Window("-1d", "-2d"), volume_resolution=3) == []


def test_all_is_no_end(shop):
    with pytest.raises(Refused) as refused:
        shop.list(window=Window("-7d", "all"))

    assert (refused.value.status, refused.value.attr) == (400, "dateRange__date_to")


# Figures


def test_users_are_persons_as_recorded_else_distinct_ids(shop):
    issue = shop.issue()
    shop.own("f", issue)
    person, other = str(uuid.uuid4()), str(uuid.uuid4())
    shop.event("f", person=person, user="a")
    shop.event("f", person=person, user="b")
    shop.event("f", person=other, user="a")
    shop.event("f", user="a")
    shop.event("f", user="c")
    shop.event("f", user="c")

    assert shop.row(issue).aggregations.users == 4
    shop.merged(other, person)
    assert shop.row(issue).aggregations.users == 4


def test_events_without_a_session_count_as_none(shop):
    issue = shop.simple_issue("f")
    assert shop.row(issue).aggregations.sessions == 0
    for session in ("a", "a", "b", None, ""):
        shop.event("f", session=session)

    assert shop.row(issue).aggregations.sessions == 2


def test_users_and_sessions_are_distinct_across_the_fingerprints_of_an_issue(shop):
    issue = shop.issue()
    for name in ("f", "g"):
        shop.own(name, issue)
        shop.event(name, user="a", session="1")

    figures = shop.row(issue).aggregations
    assert (figures.occurrences, figures.users, figures.sessions) == (2, 1, 1)


def test_library_and_source_come_from_the_newest_event_that_has_them(shop):
    issue = shop.simple_issue("f", at=ago(hours=3), lib="old", frames=[frame("a", "a.ts"), frame("b", "b.ts")])
    shop.event("f", at=ago(hours=2), lib="new")
    shop.event("f", at=ago(hours=1), frames=[frame("c", "c.ts", in_app=False)])
    row = shop.row(issue)

    assert (row.library, row.source) == ("new", "b.ts")


def test_first_seen_is_of_the_matching_fingerprints_and_of_all_time(shop):
    issue = shop.issue()
    shop.own("f", issue, first_seen=ago(days=40))
    shop.own("g", issue, first_seen=ago(days=400))
    shop.event("f", at=ago(hours=1))
    shop.event("g", at=ago(days=30))

    assert shop.row(issue).first_seen == ago(days=40)


@pytest.mark.parametrize(
    ("resolution", "hours", "expected"),
    [
        (0, [1, 2], [2]),
        (1, [1, 2], [2]),
        (3, [0, 8, 16, 24], [1, 1, 2]),
        (3, [7.999, 15.999, 23.999], [1, 1, 1]),
        (24, [0.5], [1] + [0] * 23),
    ],
)
def test_volume_parts_are_closed_at_the_left(shop, resolution, hours, expected):
    day = datetime(2026, 4, 20, tzinfo=UTC)
    issue = shop.issue()
    shop.own("f", issue)
    for hour in hours:
        shop.event("f", at=day + timedelta(hours=hour))

    row = shop.row(issue, window=Window("2026-04-20", "2026-04-21"), volume_resolution=resolution)
    assert row.aggregations.volume == expected
    assert [bucket.value for bucket in row.aggregations.volume_buckets] == expected
    assert row.aggregations.occurrences == sum(expected)


def test_the_last_part_takes_what_is_left_over(shop):
    start = datetime(2026, 4, 20, tzinfo=UTC)
    issue = shop.issue()
    shop.own("f", issue)
    for second in (0, 2, 3, 6, 9, 10):
        shop.event("f", at=start + timedelta(seconds=second))

    row = shop.row(
        issue, window=Window(start.isoformat(), (start + timedelta(seconds=10)).isoformat()), volume_resolution=3
    )
    assert row.aggregations.volume == [2, 1, 3]
    assert [bucket.label for bucket in row.aggregations.volume_buckets] == [
        "2026-04-20T00:00:00+00:00",
        "2026-04-20T00:00:03.333000+00:00",
        "2026-04-20T00:00:06.666000+00:00",
    ]


def test_a_range_shorter_than_its_parts_has_parts_of_a_second(shop):
    start = datetime(2026, 4, 20, tzinfo=UTC)
    issue = shop.simple_issue("f", at=start + timedelta(seconds=1))

    row = shop.row(
        issue, window=Window(start.isoformat(), (start + timedelta(seconds=2)).isoformat()), volume_resolution=5
    )
    assert row.aggregations.volume == [0, 1, 0, 0, 0]


def test_volume_counts_each_issue_apart(shop):
    first = shop.issue()
    for name in ("f", "g"):
        shop.own(name, first)
        shop.event(name, at=ago(hours=1))
    second = shop.simple_issue("h", at=ago(days=6))

    rows = {row.id: row.aggregations.volume for row in shop.list(volume_resolution=7)}
    assert rows == {first: [0, 0, 0, 0, 0, 0, 2], second: [0, 1, 0, 0, 0, 0, 0]}


# Order and pages


@pytest.fixture
def ordered(shop):
    """Three issues `a`, `b`, `c`, each first in some order."""
    figures = {  # occurrences, users, sessions, days since first seen, hours since last seen
        "a": (3, 1, 1, 10, 3),
        "b": (2, 2, 1, 30, 1),
        "c": (2, 1, 2, 20, 2),
    }
    issues = {}
    for name, (occurrences, users, sessions, days, hours) in figures.items():
        issues[name] = shop.issue(name)
        shop.own(name, issues[name], first_seen=ago(days=days))
        for number in range(occurrences):
            at, user, session = ago(hours=hours + number), f"user {number % users}", f"{name}{number % sessions}"
            shop.event(name, at=at, user=user, session=session)
    return shop


@pytest.mark.parametrize(
    ("order_by", "descending", "ascending"),
    [
        ("occurrences", "abc", "bca"),
        ("users", "bca", "cab"),
        ("sessions", "cba", "bac"),
        ("first_seen", "acb", "bca"),
        ("last_seen", "bca", "acb"),
    ],
)
def test_each_order_and_its_tie_break_by_last_seen(ordered, order_by, descending, ascending):
    def names(direction):
        return "".join(row.name for row in ordered.list(order_by=order_by, order_direction=direction))

    assert (names("DESC"), names("ASC")) == (descending, ascending)


def test_equal_issues_are_ordered_by_id(shop):
    issues = sorted(shop.simple_issue(f"f{number}") for number in range(5))

    assert shop.ids() == issues
    assert shop.ids(order_direction="ASC") == issues


def test_pages_follow_each_other_and_know_whether_more_follows(shop):
    issues = sorted(shop.simple_issue(f"f{number}") for number in range(3))
    pages = [shop.ask(IssueList(limit=2, offset=offset)) for offset in (0, 1, 2, 3)]

    assert [[row.id for row in page.results] for page in pages] == [issues[:2], issues[1:], issues[2:], []]
    assert [page.has_more for page in pages] == [True, False, False, False]
