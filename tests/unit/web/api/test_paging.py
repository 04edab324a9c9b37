"""Pages of lists (api.md 1.6)."""

import pytest

from mothlight.web.api.paging import Page, envelope, read_page

ADDRESS = "https://host/api/environments/1/error_tracking/releases/"


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({}, Page(100, 0)),
        ({"limit": "2", "offset": "3"}, Page(2, 3)),
        ({"limit": "0"}, Page(100, 0)),
        ({"limit": "-5", "offset": "-1"}, Page(100, 0)),
        ({"limit": "many", "offset": "1.5"}, Page(100, 0)),
        ({"limit": "", "offset": ""}, Page(100, 0)),
        ({"limit": "100000"}, Page(100_000, 0)),
        ({"limit": "9" * 30, "offset": "9" * 30}, Page(2**31 - 1, 2**31 - 1)),
        ({"limit": "007"}, Page(7, 0)),
    ],
)
def test_reads_limit_and_offset_and_falls_back_to_the_defaults(query, page):
    assert read_page(query) == page


def test_a_list_can_cap_its_limit():
    assert read_page({"limit": "500"}, at_most=100) == Page(100, 0)


def test_the_envelope_is_the_contracts_example():
    answer = envelope(Page(2, 1), 5, [], ADDRESS, [("limit", "2"), ("offset", "1")])

    assert answer == {
        "count": 5,
        "next": f"{ADDRESS}?limit=2&offset=3",
        "previous": f"{ADDRESS}?limit=2",
        "results": [],
    }


@pytest.mark.parametrize(
    ("page", "count", "has_next", "has_previous"),
    [
        (Page(100, 0), 0, False, False),
        (Page(2, 0), 2, False, False),
        (Page(2, 0), 3, True, False),
        (Page(2, 1), 3, False, True),
        (Page(2, 9), 3, False, True),
    ],
)
def test_links_are_null_at_the_ends(page, count, has_next, has_previous):
    answer = envelope(page, count, [], ADDRESS, [])

    assert (answer["next"] is not None, answer["previous"] is not None) == (has_next, has_previous)


def test_links_keep_other_parameters_sorted_by_name():
    query = [("search", "a b"), ("offset", "2"), ("key", ""), ("limit", "2"), ("search", "é")]

    answer = envelope(Page(2, 2), 9, [], ADDRESS, query)

    assert answer["next"] == f"{ADDRESS}?key=&limit=2&offset=4&search=a+b&search=%C3%A9"
    assert answer["previous"] == f"{ADDRESS}?key=&limit=2&search=a+b&search=%C3%A9"
