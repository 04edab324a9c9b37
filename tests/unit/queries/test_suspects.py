"""Which properties are worth counting."""

from mothlight.queries.suspects import MOST_SUSPECTS, MOST_VALUES, choose


def keys(found):
    return [suspect.facet.key for suspect in found]


def test_the_most_different_come_first_and_equal_ones_not_at_all():
    here = [{"os": "Linux", "flag": "true", "same": "x"}] * 20
    others = [{"os": "Linux", "flag": "false", "same": "x"}] * 10 + [{"os": "Mac", "flag": "false", "same": "x"}] * 10

    found = choose(here, others)
    assert keys(found) == ["flag", "os"]
    assert set(found[0].values) == {"true", "false"}


def test_not_having_a_property_is_a_value():
    (found,) = choose([{}] * 5, [{"os": "Linux"}] * 5)

    assert set(found.values) == {None, "Linux"}


def test_ids_and_what_the_exception_is_are_left_out():
    names = ("$session_id", "$device_id", "distinct_id", "$exception_message", "$exception_steps", "$issue_name")

    assert choose([dict.fromkeys(names, "x")] * 5, [dict.fromkeys(names, "y")] * 5) == []


def test_flags_are_not_crowded_out():
    here = [{**{f"key {number:02}": "x" for number in range(20)}, "$feature/a": "true"}] * 20
    others = [{**{f"key {number:02}": "y" for number in range(20)}, "$feature/a": "true"}] * 5 + [{}] * 15

    assert "$feature/a" in keys(choose(here, others))


def test_cost_is_bounded():
    here = [{f"key {number}": "x" for number in range(50)} for _ in range(5)]
    others = [{f"key {number}": str(each) for number in range(50)} for each in range(50)]

    found = choose(here, others)
    assert len(found) == MOST_SUSPECTS
    assert max(len(each.values) for each in found) <= MOST_VALUES
