"""What tokens ask for, and what they cannot."""

import pytest

from mothlight.model.errors import Refused
from mothlight.queries.questions import Assignee, IssueList
from mothlight.queries.token_question import read_search
from mothlight.queries.tokens import read_tokens


class Desk:
    """A project with one member and nothing that came back."""

    def find_assignee(self, name):
        return Assignee(7, "user") if name in ("me", "mira@moths.test") else None

    def regressed_issues(self):
        return []


def ask(text):
    return read_search(read_tokens(text), Desk()).apply(IssueList())


def test_nothing_asks_for_every_issue():
    assert ask("") == IssueList(status=None)


def test_one_state_is_asked_for_as_such():
    assert ask("is:resolved") == IssueList(status="resolved")


def test_several_states_are_any_of_them():
    question = ask("is:resolved is:active")

    assert question.status is None
    assert question.filters[0].values == ("resolved", "active")


def test_assignees():
    assert ask("assignee:me").assignee == Assignee(7, "user")
    assert ask("assignee:nobody").is_assigned is False
    assert ask("!assignee:nobody").is_assigned is True
    assert ask("is:unassigned").is_assigned is False


def test_environments_are_part_of_the_question():
    assert ask("env:production env:staging").environments == ("production", "staging")
    assert ask("env:unnamed").environments == ("",)
    assert ask("!env:staging").environments == ()
    assert ask("env:prod*").environments == ()


def test_free_text_is_searched_as_the_api_searches_it():
    assert ask('card "not enough" say"no').search_query == '"card" "not enough" "say" "no"'


@pytest.mark.parametrize(
    ("text", "operator", "values"),
    [
        ("cart.currency:EUR", "exact", ("EUR",)),
        ("cart.currency:*", "is_set", ()),
        ("cart.currency:*UR*", "icontains", ("UR",)),
        ("cart.currency:E*", "starts_with", ("E",)),
        ("cart.currency:*R", "ends_with", ("R",)),
        ('cart.currency:"*R"', "exact", ("*R",)),
        ("cart.value:>=5.5", "gte", ("5.5",)),
        ("cart.value:<10", "lt", ("10",)),
        ("cart.value:>old", "exact", (">old",)),
        ("cart.value:**", "exact", ("**",)),
    ],
)
def test_values_of_properties(text, operator, values):
    (found,) = ask(text).filters

    assert (found.type, found.operator, found.values) == ("event", operator, values)


@pytest.mark.parametrize(
    ("text", "attr"),
    [
        ("is:brokn", "is:brokn"),
        ("is:active assignee:stranger", "assignee:stranger"),
        ("!assignee:me", "!assignee:me"),
        ("is:assigned is:unassigned", "is:unassigned"),
        ("user:*", "user:*"),
    ],
)
def test_what_cannot_be_is_told_with_its_token(text, attr):
    with pytest.raises(Refused) as refused:
        ask(text)
    assert refused.value.status == 400
    assert refused.value.attr == attr
