"""Each kind of token, asked of a real event store."""

import pytest

from mothlight.queries.questions import Assignee, IssueList, Window
from mothlight.queries.token_question import read_search
from mothlight.queries.tokens import read_tokens
from tests.support.event_rows import NOW, frame

EVER = IssueList(window=Window("all"), filter_test_accounts=False)
PERSON = "0196b2c4-0000-7000-8000-00000000000a"


class Desk:
    """A project whose issues that came back are given."""

    def __init__(self, regressed=()):
        self.regressed = regressed

    def find_assignee(self, name):
        return Assignee(7, "user") if name == "me" else None

    def regressed_issues(self):
        return self.regressed


@pytest.fixture
def found(shop):
    """The names of the issues that a search finds."""
    shop.person(PERSON, distinct_ids=["user-9"], email="ada@moths.test", name="Ada")
    card = shop.issue("card", user=7)
    shop.own("card", card)
    shop.event(
        "card",
        "CardError",
        "declined by the bank",
        frames=[frame("charge", "shop/pay.py")],
        user="user-9",
        person=PERSON,
        lib="posthog-python",
        release_names=["4.12.0", "c0ffee"],
        cart_total=12,
        plan="pro",
    )
    tax = shop.issue("tax", status="resolved")
    shop.own("tax", tax)
    shop.event(
        "tax", "KeyError", "'vat_rate'", frames=[frame("rate", "shop/tax.py")], lib="web", release_names=["4.11"]
    )
    names = {card: "card", tax: "tax"}

    def ask(text):
        search = read_search(read_tokens(text), Desk([card]))
        return sorted(names[row.id] for row in shop.ask(search.apply(EVER), NOW).results)

    return ask


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["card", "tax"]),
        ("is:active", ["card"]),
        ("is:resolved", ["tax"]),
        ("is:resolved is:active", ["card", "tax"]),
        ("!is:active", ["tax"]),
        ("is:new", ["card", "tax"]),
        ("!is:new", []),
        ("is:regressed", ["card"]),
        ("!is:regressed", ["tax"]),
        ("assignee:me", ["card"]),
        ("assignee:nobody", ["tax"]),
        ("type:CardError", ["card"]),
        ("type:CardError type:KeyError", ["card", "tax"]),
        ("!type:CardError", ["tax"]),
        ("type:*error", ["card", "tax"]),
        ("message:BANK", ["card"]),
        ("!message:bank", ["tax"]),
        ("function:charge", ["card"]),
        ("file:pay", ["card"]),
        ("file:shop", ["card", "tax"]),
        ("!file:pay", ["tax"]),
        ("release:4.12.0", ["card"]),
        ("release:c0ffee", ["card"]),
        ("!release:4.12.0", ["tax"]),
        ("release:4.1*", ["card", "tax"]),
        ("library:python", ["card"]),
        ("library:posthog-python", ["card"]),
        ("!library:python", ["tax"]),
        ("user:user-9", ["card"]),
        ("user:ada@moths", ["card"]),
        ("user:Ada", ["card"]),
        ("!user:ada", ["tax"]),
        ("env:unnamed", ["card", "tax"]),
        ("env:production", []),
        ("!env:unnamed", []),
        ("plan:pro", ["card"]),
        ("plan:*", ["card"]),
        ("!plan:*", ["tax"]),
        ("cart_total:>10", ["card"]),
        ("cart_total:<10", []),
        ("person.email:ada@moths.test", ["card"]),
        ("declined", ["card"]),
        ('"by the bank"', ["card"]),
        ('"bank the by"', []),
        ("!declined", ["tax"]),
        ("!shop/tax.py", ["card"]),
        ("!ada@moths.test", ["tax"]),
        ("declined is:resolved", []),
    ],
)
def test_a_search_finds(found, text, names):
    assert found(text) == names
