"""Rules that are decided about together: what is looked at, what is left to the rules, and what is remembered."""

from types import SimpleNamespace

import pytest

from mothlight.filters.parse import LARGEST_EXPRESSIONS
from mothlight.rules.evaluate import MOST_STEPS, compile_condition
from mothlight.rules.index import SHORT, SHORT_STACK, Candidate, Member, RuleFinder, RuleIndex
from mothlight.rules.kinds import SUPPRESSION
from mothlight.rules.read import read_rule_filters

PLAN = {"key": "plan", "value": "pro"}
TYPE = {"key": "$exception_types", "value": "PayError"}
PAY = {"key": "$exception_functions", "value": "pay"}
FRAMES = {"key": "$exception_list", "value": "pay", "operator": "icontains"}
STARTS = {"key": "plan", "value": "^p", "operator": "regex"}


class Event:
    """An event that notes what it was asked for."""

    def __init__(self, plan="pro", types=("PayError",)):
        self.asked = []
        self._plan, self._types = plan, types

    def property_text(self, key):
        self.asked.append(key)
        return self._plan if key == "plan" else None

    @property
    def types(self):
        self.asked.append("types")
        return self._types

    @property
    def functions(self):
        self.asked.append("functions")
        return ("pay",)

    @property
    def exceptions(self):
        self.asked.append("exceptions")
        return ("[]", "pay")


def rule(*conditions, joined_by="AND", ends=True):
    return Member(read_rule_filters({"type": joined_by, "values": list(conditions)}), ends)


def index_of(*members):
    return RuleIndex(members, SUPPRESSION)


def candidates(event, *members):
    return [tuple(each) for each in RuleFinder().candidates(index_of(*members), event)]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (Event(), [(0, True)]),
        (Event(plan="free"), [(1, True), (2, True)]),
        (Event(plan="free", types=()), [(2, True)]),
    ],
)
def test_rules_are_found_up_to_the_first_that_ends_the_search(event, found):
    assert candidates(event, rule(PLAN), rule(TYPE, ends=False), rule()) == found


@pytest.mark.parametrize(
    ("event", "members", "asked"),
    [
        # What the other properties decide about.
        (Event(plan="free"), [rule(PLAN, PAY)], ["plan"]),
        (Event(), [rule(PLAN, PAY, joined_by="OR")], ["plan"]),
        (Event(), [rule(PLAN), rule(PAY)], ["plan"]),
        (Event(), [rule(PLAN, PAY)], ["plan", "functions"]),
        (Event(), [rule(PLAN, FRAMES)], ["plan"]),
        # Two rules about one property.
        (Event(), [rule(PLAN), rule(STARTS)], ["plan"]),
        (Event(), [rule()], []),
    ],
)
def test_stacks_are_asked_only_when_nothing_else_decides(event, members, asked):
    candidates(event, *members)

    assert event.asked == asked


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([rule(FRAMES)], [(0, False)]),
        ([rule(PLAN, FRAMES)], [(0, False)]),
        ([rule({**PLAN, "value": "free"}, FRAMES)], []),
        ([rule(FRAMES, joined_by="OR"), rule(PLAN)], [(0, False), (1, True)]),
        ([rule(PLAN, FRAMES, joined_by="OR")], [(0, True)]),
        # Nobody can tell what it means.
        ([Member(None, ends=True), rule(PLAN)], [(0, False), (1, True)]),
    ],
)
def test_what_costs_much_is_left_to_the_rule_itself(members, found):
    assert candidates(Event(), *members) == found


LONG = "p" * (SHORT + 1)


@pytest.mark.parametrize(
    ("event", "members", "found"),
    [
        (Event(plan="p" * SHORT), [rule(STARTS)], [(0, True)]),
        (Event(plan=LONG), [rule(STARTS)], [(0, False)]),
        (Event(plan=LONG), [rule(PLAN)], [(0, False)]),
        # Whether the text is too long for the expression is the rule's to say, whatever else holds.
        (Event(plan=LONG), [rule(STARTS, TYPE, joined_by="OR")], [(0, False)]),
        (Event(plan=LONG, types=()), [rule(STARTS, TYPE)], []),
        (Event(plan=LONG), [rule(PLAN, TYPE, joined_by="OR")], [(0, True)]),
    ],
)
def test_long_texts_are_left_to_the_rule_itself(event, members, found):
    assert candidates(event, *members) == found


def test_what_is_tested_for_all_rules_at_once_is_short_enough_for_every_rules_expressions():
    assert max(SHORT, SHORT_STACK) <= MOST_STEPS // LARGEST_EXPRESSIONS


def test_what_fails_is_left_to_the_rule_itself_which_is_told():
    def fail(_):
        raise ValueError("no text")

    event = SimpleNamespace(property_text=fail, types=["PayError"])

    assert candidates(event, rule(PLAN), rule(TYPE)) == [(0, False), (1, True)]
    with pytest.raises(ValueError, match="no text"):
        compile_condition(rule(PLAN).condition, SUPPRESSION)(event)


def test_other_rules_are_decided_about_anew():
    finder = RuleFinder()
    before, after = index_of(rule(PLAN)), index_of(rule({**PLAN, "value": "free"}))

    assert finder.candidates(before, Event()) == (Candidate(0, certain=True),)
    assert finder.candidates(after, Event()) == ()
    assert finder.candidates(before, Event()) == (Candidate(0, certain=True),)


def test_values_and_decisions_are_remembered_within_bounds():
    finder, index = RuleFinder(values=50, decisions=4), index_of(*(rule({**PLAN, "value": str(n)}) for n in range(40)))

    for number in range(1_000):
        found = finder.candidates(index, Event(plan=str(number)))
        assert [each.position for each in found] == ([number] if number < 40 else [])
        # The younger and the older half of each.
        assert len(finder) <= 2 * (50 + 4)

    # Long texts are not remembered.
    held = len(finder)
    for number in range(10):
        finder.candidates(index, Event(plan=f"{LONG}{number}"))
    assert len(finder) <= held + 1


def test_an_index_knows_which_properties_its_rules_look_at():
    issue = {"key": "name", "value": "x", "type": "error_tracking_issue"}

    assert index_of(rule(PLAN, FRAMES), rule(issue)).properties == {"plan", "$exception_list"}
