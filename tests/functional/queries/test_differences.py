"""What sets the events of an issue apart."""

import uuid

from mothlight.filters.parse import read_filters
from mothlight.queries.focus import Focus
from mothlight.queries.inspection import Differences
from mothlight.queries.questions import IssueList


def ask(shop, issue, *properties, **criteria):
    focus = Focus(issue_id=uuid.UUID(issue), criteria=IssueList(**criteria))
    return shop.ask(Differences(focus=focus, properties=properties))


def fill(shop, fingerprint, events, **properties):
    for number in range(events):
        shop.event(fingerprint, **{key: value(number) for key, value in properties.items()})


def flagged_shop(shop):
    """An issue whose events all have a flag that others have seldom, and another issue."""
    flag = "feature/fast-timeouts"
    issue, other = shop.issue(), shop.issue()
    shop.own("f", issue)
    shop.own("g", other)
    fill(
        shop,
        "f",
        10,
        **{flag: lambda _: True, "os": lambda n: "Linux" if n % 2 else "Mac", "session_id": lambda _: "s"},
    )
    fill(shop, "g", 25, **{flag: lambda n: n < 3, "os": lambda n: "Linux" if n % 2 else "Mac"})
    return issue


def test_a_flag_that_is_on_in_all_of_these_and_in_few_others(shop_everywhere):
    issue = flagged_shop(shop_everywhere)

    answer = ask(shop_everywhere, issue)
    (found,) = answer.results
    assert (answer.occurrences, answer.others) == (10, 25)
    assert (found.property, found.value) == ("$feature/fast-timeouts", "true")
    assert (found.here.occurrences, found.here.of, found.here.share) == (10, 10, 1.0)
    assert (found.others.occurrences, found.others.of, found.others.share) == (3, 25, 0.12)
    assert 0.3 < found.at_least < 0.88


def test_who_and_when_are_no_news(shop):
    assert "$session_id" not in ask(shop, flagged_shop(shop)).compared


def test_missing_what_others_have_sets_apart(shop):
    issue = shop.issue()
    shop.own("f", issue)
    fill(shop, "f", 10)
    shop.own("g", shop.issue())
    fill(shop, "g", 10, browser=lambda _: "Chrome")

    (found,) = ask(shop, issue).results
    assert (found.property, found.value, found.here.share, found.others.share) == ("$browser", None, 1.0, 0.0)


def test_one_event_shows_nothing(shop):
    issue = shop.simple_issue("f", browser="Lynx")
    shop.own("g", shop.issue())
    fill(shop, "g", 30, browser=lambda _: "Chrome")

    assert ask(shop, issue).results == []


def test_a_property_that_was_asked_for_is_compared(shop):
    answer = ask(shop, flagged_shop(shop), "$feature/fast-timeouts", "$os")

    assert answer.compared == ["$feature/fast-timeouts", "$os"]
    assert [each.property for each in answer.results] == ["$feature/fast-timeouts"]


def test_filters_hold_for_both_sides(shop):
    issue = flagged_shop(shop)
    filters = read_filters([{"key": "$os", "value": "Linux"}])

    answer = ask(shop, issue, filters=filters)
    assert (answer.occurrences, answer.others) == (5, 12)


def test_releases_and_handling_are_looked_at_too(shop):
    issue = shop.issue()
    shop.own("f", issue)
    for _ in range(8):
        shop.event("f", release={"version": "2.0"}, handled=True)
    shop.own("g", shop.issue())
    for _ in range(8):
        shop.event("g", release={"version": "1.0"})

    found = {(each.property, each.value) for each in ask(shop, issue).results}
    assert found == {("$exception_release", "2.0"), ("$exception_handled", "true")}


def test_without_others_or_without_events_there_is_nothing_to_tell(shop):
    issue = shop.simple_issue("f", os="Linux")
    empty = shop.issue()

    assert ask(shop, issue).results == []
    answer = ask(shop, empty)
    assert (answer.occurrences, answer.results) == (0, [])
    assert ask(shop, str(uuid.uuid4())) is None
