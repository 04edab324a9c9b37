"""Reading filters: what is accepted, and the exact words of what is not (api 6.1, 6.2)."""

import pytest

from mothlight.filters.operators import ALIASES, OPERATORS
from mothlight.filters.parse import LONGEST_KEY, MOST_COMPARISONS, read_filters
from mothlight.filters.property_filter import PropertyFilter
from mothlight.model.errors import Refused


def read_one(**entry):
    (found,) = read_filters([entry])
    return found


def test_operator_and_type_have_defaults():
    assert read_one(key=" $browser ", value="Chrome") == PropertyFilter("event", "$browser", "exact", ("Chrome",))
    for blank in (None, ""):
        assert read_one(key="k", value="v", operator=blank).operator == "exact"


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("a", ("a",)), (" a ", (" a ",)), (5, ("5",)), (1.5, ("1.5",)), (True, ("true",)), (["a", 5, False], ("a",
        "5", "false")),
        (12345678901234567890, ("12345678901234567890",)), ("", ("",)),
    ],
)  # fmt: skip
def test_values_become_texts(value, texts):
    assert read_one(key="k", value=value).values == texts


def test_unknown_fields_are_discarded():
    assert read_one(key="k", value="v", label="x", values=[{"key": "other"}]).key == "k"


@pytest.mark.parametrize("operator", ["is_set", "is_not_set"])
def test_operators_without_a_value_need_none(operator):
    assert read_one(key="k", operator=operator).values == ()
    assert read_one(key="k", operator=operator, value=["x"]).values == ()


@pytest.mark.parametrize("operator", [name for name in OPERATORS if not name.endswith("_set")])
def test_an_empty_list_is_no_filter(operator):
    assert read_filters([{"key": "k", "value": [], "operator": operator}]) == ()


@pytest.mark.parametrize(("alias", "operator"), list(ALIASES.items()))
def test_aliases(alias, operator):
    assert read_one(key="k", value="1", operator=alias).operator == operator


@pytest.mark.parametrize("type_", ["event", "feature", "person", "error_tracking_issue"])
def test_types_that_are_looked_up(type_):
    assert read_one(type=type_, key="name", value="v").type == type_


@pytest.mark.parametrize(
    ("key", "operator"),
    [("severity", "exact"), ("id", "exact"), ("name", "regex"), ("name", "gt"), ("first_seen", "regex")],
)
def test_issue_filters_without_effect_are_dropped(key, operator):
    assert read_filters([{"type": "error_tracking_issue", "key": key, "operator": operator, "value": "5"}]) == ()


def test_the_description_has_two_keys():
    keys = [
        read_one(type="error_tracking_issue", key=key, value="v").key for key in ("description", "issue_description")
    ]

    assert keys == ["description", "description"]


REQUIRED, NULL = "This field is required.", "This field may not be null."


@pytest.mark.parametrize(
    ("entries", "code", "detail", "attr"),
    [
        ("x", "not_a_list", 'Expected a list of items but got type "str".', "filterGroup"),
        ({"type": "AND", "values": []}, "not_a_list", 'Expected a list of items but got type "dict".', "filterGroup"),
        (["x"], "invalid_input", "Invalid data. Expected a dictionary, but got str.", "filterGroup__0"),
        ([{}], "required", REQUIRED, "filterGroup__0__key"),
        ([{"type": "OR", "values": []}], "required", REQUIRED, "filterGroup__0__key"),
        ([{"key": None, "value": 1}], "null", NULL, "filterGroup__0__key"),
        ([{"key": " ", "value": 1}], "blank", "This field may not be blank.", "filterGroup__0__key"),
        ([{"key": ["a"], "value": 1}], "invalid_input", "Not a valid string.", "filterGroup__0__key"),
        ([{"key": "a", "value": 1}, {"key": "b"}], "required", REQUIRED, "filterGroup__1__value"),
        ([{"key": "a", "value": None}], "null", NULL, "filterGroup__0__value"),
        ([{"key": "a", "value": 1, "operator": "foo"}], "invalid_choice",
        '"foo" is not a valid choice.', "filterGroup__0__operator"),
        ([{"key": "a", "value": 1, "operator": 5}], "invalid_choice",
        '"5" is not a valid choice.', "filterGroup__0__operator"),
        ([{"key": "a", "value": 1, "type": "foo"}], "invalid_choice",
        '"foo" is not a valid choice.', "filterGroup__0__type"),
        ([{"key": "a", "value": 1, "type": None}], "null", NULL, "filterGroup__0__type"),
        ([{"key": "1=1", "value": 1, "type": "hogql"}], "invalid_input",
        "HogQL property filters are not supported here.", "filterGroup"),
    ],
)  # fmt: skip
def test_the_words_of_refusals(entries, code, detail, attr):
    with pytest.raises(Refused) as refused:
        read_filters(entries)

    found = refused.value
    assert (found.status, found.type, found.code, found.detail, found.attr) == (
        400,
        "validation_error",
        code,
        detail,
        attr,
    )


@pytest.mark.parametrize(
    "type_",
    ["cohort", "element", "group", "recording", "log_entry", "behavioral", "data_warehouse", "flag",
    "static-cohort", "precalculated-cohort"],
)  # fmt: skip
def test_types_that_are_not_supported(type_):
    with pytest.raises(Refused) as refused:
        read_filters([{"key": "id", "value": 1, "type": type_}], "filters")

    assert (refused.value.status, refused.value.code, refused.value.attr) == (400, "invalid_input", "filters__0__type")
    assert type_ in refused.value.detail


@pytest.mark.parametrize(("type_", "key"), [("session", "$session_duration"), ("event_metadata", "inserted_at")])
def test_keys_that_there_are_not(type_, key):
    with pytest.raises(Refused) as refused:
        read_filters([{"key": key, "value": 1, "type": type_}])

    assert (refused.value.status, refused.value.attr) == (400, "filterGroup__0__key")


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("exact", {"a": 1}), ("exact", [None]), ("exact", [["a"]]), ("exact", "a\0b"), ("exact", "x" * 10_001),
        ("exact", ["x"] * 1001),
        ("regex", "("), ("regex", "(?=a)"), ("regex", "x" * 1001), ("not_regex", ["a", "["]),
        ("gt", "abc"), ("gt", True), ("lte", ["1", "x"]), ("gte", "nan"), ("lt", "1_000"), ("lt", ""),
        ("between", [2, 1]), ("between", [1]), ("between", 5), ("between", [1, 2, 3]), ("not_between", ["a", "b"]),
        ("is_date_exact", "soon"), ("is_date_before", 5), ("is_date_after", ["-7d", "x"]),
        ("semver_eq", "abc"), ("semver_gt", "1.x"), ("semver_caret", ""), ("semver_tilde", "a"),
        ("semver_wildcard", "*.1"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_evaluated_are_refused(operator, value):
    with pytest.raises(Refused) as refused:
        read_filters([{"key": "k", "operator": operator, "value": value}])

    assert (refused.value.status, refused.value.attr) == (400, "filterGroup__0__value")


@pytest.mark.parametrize("operator", ["exact", "is_not", "gt", "is_date_after", "lte"])
@pytest.mark.parametrize(("type_", "key"), [("error_tracking_issue", "first_seen"), ("event_metadata", "timestamp")])
def test_moments_are_compared_with_dates_only(type_, key, operator):
    found = read_one(type=type_, key=key, operator=operator, value="2026-04-24")

    assert found.values == ("2026-04-24",)
    with pytest.raises(Refused):
        read_filters([{"type": type_, "key": key, "operator": operator, "value": "5"}])


def test_more_than_a_hundred_filters_are_refused():
    with pytest.raises(Refused, match="no more than 100 elements"):
        read_filters([{"key": "k", "value": "v"}] * 101)


@pytest.mark.parametrize("operator", [[], {}, ["is_set"], {"is_set": 1}])
def test_an_operator_that_is_no_text_is_refused(operator):
    with pytest.raises(Refused) as refused:
        read_one(key="k", value="v", operator=operator)

    assert (refused.value.code, refused.value.attr) == ("invalid_choice", "filterGroup__0__operator")


def test_comparisons_are_counted_over_all_filters():
    many = [{"key": "k", "value": ["a"] * 10, "operator": "icontains"}] * 10
    ranges = [{"key": "k", "value": [1, 2], "operator": "between"}] * MOST_COMPARISONS
    exact = [{"key": "k", "value": ["a"] * 1000}] * 90

    assert len(read_filters(many)) == 10
    assert len(read_filters(ranges)) == MOST_COMPARISONS
    assert len(read_filters([*exact, *many])) == 100
    with pytest.raises(Refused) as refused:
        read_filters([*many, {"key": "k", "value": 1, "operator": "gt"}])
    assert (refused.value.code, refused.value.attr) == ("max_length", "filterGroup")


@pytest.mark.parametrize("value", [".{999}.{999}", "(a{1000}){1000}", [".{100}"] * 4, "\\pL{100}"])
def test_a_regular_expression_that_would_search_for_seconds_is_refused(value):
    with pytest.raises(Refused) as refused:
        read_one(key="k", value=value, operator="regex")

    assert refused.value.status == 400


def test_a_key_has_a_bounded_length():
    assert read_one(key="k" * LONGEST_KEY, value="v").key == "k" * LONGEST_KEY
    with pytest.raises(Refused) as refused:
        read_one(key="k" * (LONGEST_KEY + 1), value="v")

    assert (refused.value.code, refused.value.attr) == ("max_length", "filterGroup__0__key")
