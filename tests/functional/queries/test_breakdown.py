"""Values of properties over all matching events."""

import uuid
from datetime import timedelta

import pytest

from mothlight.filters.parse import read_filters
from mothlight.model.errors import Refused
from mothlight.queries.focus import Focus
from mothlight.queries.inspection import Breakdown
from mothlight.queries.questions import IssueList, Window
from tests.support.event_rows import NOW, Shop
from tests.support.event_stores import new_project


def ask(shop, *properties, issue=None, limit=10, **criteria):
    focus = Focus(issue_id=issue and uuid.UUID(issue), criteria=IssueList(**criteria))
    return shop.ask(Breakdown(focus=focus, properties=properties, limit=limit))


def values(found):
    return {each.value: each.occurrences for each in found.values}


def test_top_values_rest_and_none_add_up(shop_everywhere):
    shop = shop_everywhere
    issue = shop.issue()
    shop.own("f", issue)
    for browser, events in (("Chrome", 4), ("Firefox", 3), ("Safari", 2), ("Edge", 1), (None, 2), ("", 1)):
        for _ in range(events):
            shop.event("f", browser=browser)
    shop.event("f")

    answer = ask(shop, "$browser", issue=issue, limit=2)
    (found,) = answer.results
    assert answer.occurrences == 14
    assert [(each.value, each.occurrences, each.share) for each in found.values] == [
        ("Chrome", 4, 4 / 14),
        ("Firefox", 3, 3 / 14),
    ]
    assert (found.rest.values, found.rest.occurrences, found.none) == (2, 3, 4)


def test_several_properties_in_the_order_asked_for(shop):
    issue = shop.issue()
    shop.own("f", issue)
    shop.event("f", "TypeError", os="Linux", lib="web", host="a.test", release={"version": "1.2"}, handled=True)
    shop.event("f", "TypeError", os="Linux")
    keys = ("$os", "$lib", "$host", "$exception_release", "$exception_handled", "$exception_types", "never sent")

    answer = ask(shop, *keys, issue=issue)
    assert [each.property for each in answer.results] == list(keys)
    assert [(values(each), each.none) for each in answer.results] == [
        ({"Linux": 2}, 0),
        ({"web": 1}, 1),
        ({"a.test": 1}, 1),
        ({"1.2": 1}, 1),
        ({"true": 1, "false": 1}, 0),
        ({"TypeError": 2}, 0),
        ({}, 2),
    ]


def test_a_number_counts_as_its_text_as_in_filters(shop):
    issue = shop.issue()
    shop.own("f", issue)
    for total in (5, "5", 5.5, True):
        shop.event("f", cart_total=total)

    (found,) = ask(shop, "cart_total", issue=issue).results
    assert values(found) == {"5": 2, "5.5": 1, "true": 1}
    filters = read_filters([{"key": "cart_total", "value": "5"}])
    assert ask(shop, "cart_total", issue=issue, filters=filters).occurrences == 2


def test_each_element_of_a_list_counts(shop):
    issue = shop.issue()
    shop.own("f", issue)
    shop.event("f", active_feature_flags=["a", "b"])
    shop.event("f", active_feature_flags=["a"])
    shop.event("f", active_feature_flags=[])
    shop.event("f")

    (found,) = ask(shop, "$active_feature_flags", issue=issue).results
    assert (values(found), found.none, found.values[0].share) == ({"a": 2, "b": 1}, 2, 0.5)


def test_hostile_names_and_values_are_only_text(shop):
    issue = shop.issue()
    shop.own("f", issue)
    key, value = "a`.b\\'; DROP TABLE events", "<script>\"'`{{x}}\\\0".replace("\0", "")
    shop.event("f", **{key: value})

    (found,) = ask(shop, f"${key}", issue=issue).results
    assert values(found) == {value: 1}


def test_without_an_issue_it_is_about_what_the_list_shows(shop):
    shop.simple_issue("f", os="Linux")
    resolved = shop.issue(status="resolved")
    shop.own("g", resolved)
    shop.event("g", os="Windows")
    shop.event("nobody's", os="Mac")

    assert values(ask(shop, "$os").results[0]) == {"Linux": 1}
    assert values(ask(shop, "$os", status=None).results[0]) == {"Linux": 1, "Windows": 1}
    assert values(ask(shop, "$os", issue=resolved).results[0]) == {"Windows": 1}


def test_criteria_and_range_hold(shop):
    issue = shop.simple_issue("f", type="A", os="Linux", at=NOW - timedelta(days=1))
    shop.event("f", "Second", os="Windows", at=NOW - timedelta(days=3))

    assert values(ask(shop, "$os", issue=issue, window=Window("-2d")).results[0]) == {"Linux": 1}
    assert values(ask(shop, "$os", issue=issue, search_query="second").results[0]) == {"Windows": 1}
    nothing = ask(shop, "$os", issue=issue, window=Window("-1h"))
    assert (nothing.occurrences, nothing.results[0].values, nothing.results[0].none) == (0, [], 0)


def test_of_a_foreign_issue_there_is_nothing(shop, store):
    foreign = Shop(store, new_project()).issue()

    assert ask(shop, "$os", issue=foreign) is None


def test_what_events_do_not_have_themselves_is_refused(shop):
    with pytest.raises(Refused, match="belongs to stacks"):
        ask(shop, "$exception_functions")
