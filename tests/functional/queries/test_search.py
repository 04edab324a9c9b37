"""Search texts of the issue list (api 2.1)."""

import uuid

import pytest

from mothlight.model.errors import Refused
from tests.support.event_rows import frame


@pytest.fixture
def searched(shop_everywhere):
    """One issue whose event has a text in every place that is searched, and another without any."""
    shop = shop_everywhere
    person, old = str(uuid.uuid4()), str(uuid.uuid4())
    issue = shop.issue("issue name", description="issue description")
    shop.own("f", issue)
    stack = shop.stack(
        [[frame("appFunction", "src/appSource.ts"), frame("otherFunction", "lib/other.ts", in_app=False)]],
        texts="lib/other.ts\notherFunction\nsome.module\nconst line = 1;",
    )
    shop.event("f", "MyTypeError", 'said "hello" 100%_sure\nÄrger', stack=stack, email="sent@event.test", person=old)
    shop.person(person, email="person@merged.test")
    shop.merged(old, person)
    shop.simple_issue("decoy", type="Another", value="nothing here")
    return shop, issue


@pytest.mark.parametrize(
    "token",
    [
        "mytypeerror", "HELLO", "100%_sure", "ärger", "ÄRGER", "appsource", "appFunction", "other.ts",
        "OTHERFUNCTION", "some.module",
        "const", "sent@event", "person@merged.test", '"said "', "'line = 1;'", '["mytype', "hello 100% const",
    ],
)  # fmt: skip
def test_a_token_is_found_in_every_text_whatever_its_case(searched, token):
    shop, issue = searched

    assert shop.ids(search_query=token) == [issue]


@pytest.mark.parametrize(
    "token", ["issue name", "description", "hello absent", "100%%sure", "100__sure", "'said  hello'", "mechanism"]
)
def test_a_token_that_occurs_nowhere_finds_nothing(searched, token):
    shop, _ = searched

    assert shop.ids(search_query=token) == []


def test_the_three_texts_are_searched_together(searched):
    shop, issue = searched

    assert shop.ids(search_query="hello", user="person@merged", file_path="other.ts") == [issue]
    assert shop.ids(user="other.ts") == shop.ids(file_path="person@merged") == [issue]
    assert shop.ids(search_query="hello", user="nobody") == []


@pytest.mark.parametrize("text", ["", "  ", '""', "''"])
def test_a_text_without_tokens_filters_nothing(searched, text):
    shop, _ = searched

    assert len(shop.ids(search_query=text)) == 2


def test_tokens_may_hit_different_texts_of_one_event_but_not_of_two(shop):
    issue = shop.simple_issue("f", type="One", value="two")
    shop.event("f", type="Three", value="four")

    assert shop.ids(search_query="one two") == [issue]
    assert shop.row(issue, search_query="one two").aggregations.occurrences == 1
    assert shop.ids(search_query="one four") == []


def test_more_than_a_hundred_tokens_are_refused(shop):
    with pytest.raises(Refused, match="Too many search tokens") as refused:
        shop.ids(search_query="a " * 101)

    assert refused.value.status == 400
    assert shop.ids(search_query="a " * 100) == []
