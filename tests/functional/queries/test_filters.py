"""Property filters: every operator, every type, every derived property (api 6)."""

import uuid
from datetime import timedelta

import pytest

from mothlight.filters.parse import read_filters
from mothlight.filters.property_filter import FilterGroup
from mothlight.storage.events.properties import encode_properties
from tests.support.event_rows import NOW, event_row, frame, hashed, raw


def ago(**span):
    return NOW - timedelta(**span)


def matched(shop, *filters, **asked):
    """The names of the issues that filters leave."""
    return {row.name for row in shop.list(filters=read_filters(list(filters)), status=None, **asked)}


def one(key, operator, value=None, type="event"):
    return {"type": type, "key": key, "operator": operator, "value": value}


# Operators: each line says what a property with a value makes of an operator

ABSENT = object()


@pytest.mark.parametrize("key", ["p", "a.b`c'd\"e\\f %s {x:String} Ä"])
@pytest.mark.parametrize(
    ("sent", "operator", "value", "expected"),
    [
        ("Chrome", "exact", "Chrome", True),
        ("Chrome", "exact", "chrome", False),
        ("Chrome", "exact", ["Firefox", "Chrome"], True),
        ("Chrome", "in", ["Firefox"], False),
        (5, "exact", "5", True),
        ("5", "exact", 5, True),
        (1.5, "exact", 1.5, True),
        (True, "exact", "true", True),
        ("false", "exact", False, True),
        (True, "exact", ["true"], True),
        ([1, "a"], "exact", '[1, "a"]', True),
        (None, "exact", "null", False),
        ("null", "exact", "null", True),
        ("", "exact", "", False),
        (ABSENT, "exact", "x", False),
        ("\x01x", "exact", "\x01x", True),
        ("\x02", "exact", "\x02", True),
        ("Chrome", "is_not", "Chrome", False),
        ("Chrome", "is_not", ["Firefox", "Edge"], True),
        ("Chrome", "not_in", ["Firefox", "Chrome"], False),
        (ABSENT, "is_not", "x", True),
        (None, "is_not", "x", True),
        ("", "is_not", "x", True),
        ("Say HELLO", "icontains", "hello", True),
        ("ÄRGER", "icontains", "ärger", True),
        ("100%_", "icontains", "0%_", True),
        ("100ab", "icontains", "0%_", False),
        ("Chrome", "icontains_multi", ["x", "chr"], True),
        (12345, "icontains", "234", True),
        (ABSENT, "icontains", "x", False),
        ("Chrome", "not_icontains", "CHR", False),
        ("Chrome", "not_icontains_multi", ["x", "y"], True),
        ("Chrome", "not_icontains_multi", ["x", "rom"], False),
        (ABSENT, "not_icontains", "x", True),
        ("localhost:3000", "regex", "^(localhost|127\\.0\\.0\\.1)($|:)", True),
        ("Abc", "regex", "b", True),
        ("Abc", "regex", "B", False),
        ("a\nb", "regex", "a.b", False),
        ("a\nb", "regex", "(?s)a.b", True),
        ("Abc", "regex", ["x", "c$"], True),
        (ABSENT, "regex", ".*", False),
        ("Abc", "not_regex", "b", False),
        ("Abc", "not_regex", ["x", "y"], True),
        (ABSENT, "not_regex", ".*", True),
        ("Ärger", "starts_with", "är", True),
        ("a\nb", "starts_with", "A\n", True),
        ("xa", "starts_with", "a", False),
        ("a_b", "starts_with", "a%", False),
        ("xa", "not_starts_with", "a", True),
        (ABSENT, "not_starts_with", "a", True),
        ("the END", "ends_with", "end", True),
        ("a\nb", "ends_with", "\nB", True),
        ("ends", "ends_with", "end", False),
        ("ends", "not_ends_with", "end", True),
        (ABSENT, "not_ends_with", "a", True),
        (10, "gt", 9, True),
        ("10", "gt", "9", True),
        (9, "gt", 9, False),
        ("abc", "gt", 1, False),
        (ABSENT, "gt", 1, False),
        (9, "gte", 9, True),
        (9.5, "min", 9.4, True),
        (8, "lt", 9, True),
        (-1, "lt", -0.5, True),
        (9, "lt", 9, False),
        (9, "lte", 9, True),
        (10, "max", 9, False),
        (5, "between", [5, 6], True),
        (6.0, "between", ["5", "6"], True),
        (6.1, "between", [5, 6], False),
        (ABSENT, "between", [5, 6], False),
        (7, "not_between", [5, 6], True),
        (5, "not_between", [5, 6], False),
        ("abc", "not_between", [5, 6], False),
        (ABSENT, "not_between", [5, 6], False),
        (0, "is_set", None, True),
        (False, "is_set", None, True),
        ("", "is_set", None, False),
        (None, "is_set", None, False),
        (ABSENT, "is_set", None, False),
        ("x", "is_not_set", None, False),
        (None, "is_not_set", None, True),
        (ABSENT, "is_not_set", None, True),
        ("2026-04-20T10:00:00Z", "is_date_exact", "2026-04-20T12:00:00+02:00", True),
        ("2026-04-20 10:00:00", "is_date_exact", "2026-04-20T10:00", True),
        ("2026-04-20", "is_date_before", "2026-04-20", False),
        ("2026-04-19", "is_date_before", "2026-04-20", True),
        ("2026-04-18T12:00:00Z", "is_date_after", "-7d", True),
        ("2026-04-17T12:00:00Z", "is_date_after", "-7d", False),
        ("2026-04-17T12:00:00Z", "is_date_exact", "-7d", True),
        ("soon", "is_date_after", "2026-01-01", False),
        (ABSENT, "is_date_before", "2026-01-01", False),
        ("1.2.3", "semver_eq", "1.2.3", True),
        ("1.2.3-beta.1", "semver_eq", "1.2.3", True),
        ("v1.2", "semver_eq", "1.2.0", True),
        ("1.2.3", "semver_neq", "1.2.4", True),
        ("1.2.3", "semver_neq", "1.2.3", False),
        ("none", "semver_neq", "1.2.3", False),
        (ABSENT, "semver_neq", "1.2.3", False),
        ("1.10.0", "semver_gt", "1.9.9", True),
        ("1.9.9", "semver_gt", "1.9.9", False),
        ("1.9.9", "semver_gte", "1.9.9", True),
        ("1.9.9", "semver_lt", "1.10", True),
        ("1.9.9", "semver_lte", "1.9.8", False),
        ("1.2.9", "semver_tilde", "1.2.3", True),
        ("1.3.0", "semver_tilde", "1.2.3", False),
        ("1.2.2", "semver_tilde", "~1.2.3", False),
        ("1.9.0", "semver_caret", "1.2.3", True),
        ("2.0.0", "semver_caret", "^1.2.3", False),
        ("0.2.9", "semver_caret", "0.2.3", True),
        ("0.3.0", "semver_caret", "0.2.3", False),
        ("0.0.3", "semver_caret", "0.0.3", True),
        ("0.0.4", "semver_caret", "0.0.3", False),
        ("1.2.7", "semver_wildcard", "1.2.*", True),
        ("1.3.0", "semver_wildcard", "1.2.*", False),
        ("Chrome", "exact", [], True),
        (ABSENT, "icontains", [], True),
        (ABSENT, "is_not", [], True),
    ],
)
def test_each_operator(operators, key, sent, operator, value, expected):
    assert operators(key, sent, one(key, operator, value)) is expected


@pytest.fixture
def operators(shop_everywhere):
    """Whether an event with one property passes a filter."""
    shop = shop_everywhere

    def passes(key, sent, filter_):
        shop.own("f", shop.issue("f"))
        properties = encode_properties({} if sent is ABSENT else {key: raw(sent), "other": raw("Chrome")})
        shop.store.insert_events([event_row(shop.project, key=hashed("f"), properties=properties)])
        return matched(shop, filter_) == {"f"}

    return passes


def test_filters_are_anded(shop):
    shop.simple_issue("both", browser="Chrome", os="Linux")
    shop.simple_issue("one", browser="Chrome", os="Windows")

    assert matched(shop, one("$browser", "exact", "Chrome"), one("$os", "exact", "Linux")) == {"both"}


def test_feature_filters_look_at_event_properties(shop):
    for name, flag in (("on", True), ("off", False)):
        shop.own(name, shop.issue(name))
        properties = encode_properties({"$feature/a-b.c": raw(flag)})
        shop.store.insert_events([event_row(shop.project, key=hashed(name), properties=properties)])

    assert matched(shop, one("$feature/a-b.c", "exact", ["true"], "feature")) == {"on"}


# Derived properties, with their value of now


@pytest.fixture
def derived(shop_everywhere):
    """Two issues, `full` with every derived property and `bare` with none that can be missing."""
    shop = shop_everywhere
    full = shop.issue("full")
    shop.own("fingerprint-1", full, fingerprint_version="v3", record='[{"type":"manual"}]')
    frames = [frame("outer", "src/outer.ts"), frame("inner", "src/inner.ts"), frame("vendor", "lib.js", in_app=False)]
    shop.event(
        "fingerprint-1", "TypeError", "it broke", frames=frames, handled=True, lib="web", release={"version": "1.2.3"},
        session="session-1", issue_name="sent name",
    )  # fmt: skip
    shop.own("fingerprint-2", shop.issue("bare"), fingerprint_version="")
    shop.event("fingerprint-2", "RangeError", "other")
    return shop, full


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("$exception_types", "exact", "TypeError", {"full"}),
        ("$exception_types", "is_not", "TypeError", {"bare"}),
        ("$exception_values", "icontains", "BROKE", {"full"}),
        ("$exception_values", "regex", "^o", {"bare"}),
        ("$exception_sources", "exact", "src/outer.ts", {"full"}),
        ("$exception_sources", "exact", "lib.js", set()),
        ("$exception_sources", "is_not", "src/outer.ts", {"full"}),
        ("$exception_sources", "is_not", ["src/outer.ts", "src/inner.ts"], set()),
        ("$exception_sources", "is_set", None, {"full"}),
        ("$exception_sources", "is_not_set", None, set()),
        ("$exception_functions", "exact", ["inner"], {"full"}),
        ("$exception_functions", "not_icontains", "inner", {"full"}),
        ("$exception_functions", "not_icontains", "e", set()),
        ("$exception_handled", "exact", True, {"full"}),
        ("$exception_handled", "exact", ["false"], {"bare"}),
        ("$exception_handled", "is_set", None, {"full", "bare"}),
        ("$exception_fingerprint", "exact", "fingerprint-1", {"full"}),
        ("$exception_fingerprint", "is_not", "fingerprint-1", {"bare"}),
        ("$exception_fingerprint_version", "exact", "v3", {"full"}),
        ("$exception_fingerprint_version", "is_not_set", None, {"bare"}),
        ("$exception_fingerprint_version", "is_not", "v3", {"bare"}),
        ("$exception_fingerprint_record", "icontains", "manual", {"full"}),
        ("$exception_issue_id", "exact", "FULL", {"full"}),
        ("$exception_issue_id", "is_not", "FULL", {"bare"}),
        ("$exception_list", "icontains", "it BROKE", {"full"}),
        ("$exception_list", "icontains", "lib.js", {"full"}),
        ("$exception_list", "not_icontains", "lib.js", {"bare"}),
        ("$exception_list", "is_set", None, {"full", "bare"}),
        ("$exception_release", "icontains", "1.2.3", {"full"}),
        ("$exception_release", "is_not_set", None, {"bare"}),
        ("$lib", "exact", "web", {"full"}),
        ("$lib", "is_not", "web", {"bare"}),
        ("$lib", "is_set", None, {"full"}),
        ("$issue_name", "exact", "sent name", {"full"}),
        ("$session_id", "exact", "session-1", {"full"}),
    ],
)
def test_each_derived_property(derived, key, operator, value, expected):
    shop, full = derived
    value = full if value == "FULL" else value

    assert matched(shop, one(key, operator, value)) == expected


def test_derived_properties_follow_a_move(derived):
    shop, full = derived
    shop.own("fingerprint-2", full)

    assert matched(shop, one("$exception_issue_id", "exact", full)) == {"full"}
    (row,) = shop.list(filters=read_filters([one("$exception_issue_id", "exact", full)]))
    assert row.aggregations.occurrences == 2


# Persons


@pytest.fixture
def persons(shop_everywhere):
    """Issues named after whom they happened to."""
    shop = shop_everywhere
    known, merged_away, unknown, deleted = (str(uuid.uuid4()) for _ in range(4))
    shop.person(known, distinct_ids=["known-1", "known-2"], email="ada@shop.test", plan="pro", age=36)
    shop.person(merged_away, distinct_ids=["old"], deleted=1, email="old@shop.test")
    shop.merged(merged_away, known)
    shop.person(deleted, distinct_ids=["gone"], deleted=1, email="ada@shop.test")
    for name, person, user in (
        ("known", known, "known-1"), ("merged", merged_away, "old"), ("unknown", unknown, "stranger"), ("gone",
        deleted, "gone"),
    ):  # fmt: skip
        shop.simple_issue(name, person=person, user=user)
    return shop


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("email", "exact", "ada@shop.test", "known merged"),
        ("email", "icontains", "@SHOP.test", "known merged"),
        ("email", "not_icontains", "@shop.test", "unknown gone"),
        ("email", "is_not", "bob@shop.test", "known merged unknown gone"),
        ("email", "is_set", None, "known merged"),
        ("email", "is_not_set", None, "unknown gone"),
        ("plan", "is_not", "pro", "unknown gone"),
        ("age", "gt", 35, "known merged"),
        ("age", "not_between", [40, 50], "known merged"),
        ("distinct_id", "exact", "known-2", "known merged"),
        ("distinct_id", "exact", "stranger", "unknown"),
        ("distinct_id", "is_not", ["known-1", "stranger"], "gone"),
        ("distinct_id", "icontains", "KNOWN", "known merged"),
        ("distinct_id", "is_set", None, "known merged unknown gone"),
    ],
)
def test_person_filters_look_at_the_person_of_now(persons, key, operator, value, expected):
    assert matched(persons, one(key, operator, value, "person")) == set(expected.split())


# Sessions, columns, issues


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [("exact", "s1", {"s1"}), ("is_not", "s1", {"s2", "none"}), ("is_set", None, {"s1", "s2"})],
)
def test_session_filters_look_at_the_session_id(shop, operator, value, expected):
    shop.simple_issue("s1", session="s1")
    shop.simple_issue("s2", session="s2")
    shop.simple_issue("none")

    assert matched(shop, one("$session_id", operator, value, "session")) == expected


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("distinct_id", "exact", "ada", {"a"}),
        ("distinct_id", "is_not", "ada", {"b"}),
        ("event", "exact", "$exception", {"a", "b"}),
        ("event", "is_not", "$exception", set()),
        ("person_id", "exact", "11111111-1111-4111-8111-111111111111", {"a"}),
        ("uuid", "exact", "22222222-2222-4222-8222-222222222222", {"b"}),
        ("timestamp", "exact", "2026-04-24T10:00:00Z", {"a"}),
        ("timestamp", "is_not", "2026-04-24T10:00:00Z", {"b"}),
        ("timestamp", "is_date_after", "-90M", {"b"}),
        ("timestamp", "gt", "2026-04-24T10:00:00Z", {"b"}),
        ("timestamp", "lte", "2026-04-24T10:00:00Z", {"a"}),
        ("timestamp", "icontains", "T11:0", {"b"}),
        ("timestamp", "is_set", None, {"a", "b"}),
    ],
)
def test_metadata_filters_look_at_columns(shop, key, operator, value, expected):
    shop.simple_issue("a", user="ada", at=ago(hours=2), person="11111111-1111-4111-8111-111111111111")
    shop.simple_issue("b", user="bob", at=ago(hours=1), uuid_="22222222-2222-4222-8222-222222222222")

    assert matched(shop, one(key, operator, value, "event_metadata")) == expected


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("name", "exact", "old", "old"),
        ("name", "exact", ["old", "new"], "old new"),
        ("name", "is_not", "old", "new None"),
        ("name", "is_not", ["old", "new"], "None"),
        ("name", "icontains", "NE", "new"),
        ("name", "not_icontains", "ne", "old None"),
        ("name", "is_set", None, "old new"),
        ("name", "is_not_set", None, "None"),
        ("name", "regex", "zzz", "old new None"),
        ("name", "gt", 5, "old new None"),
        ("issue_description", "icontains", "broke", "old"),
        ("description", "exact", "it broke", "old"),
        ("status", "exact", "resolved", "new None"),
        ("status", "is_not", ["resolved"], "old"),
        ("status", "exact", "archived", ""),
        ("first_seen", "gt", "2026-04-20T12:00:00Z", "new"),
        ("first_seen", "gte", "2026-04-20T12:00:00Z", "new None"),
        ("first_seen", "is_date_before", "2026-04-20T12:00:00Z", "old"),
        ("first_seen", "lt", "-4d", "old"),
        ("first_seen", "lte", "2026-04-20T12:00:00Z", "old None"),
        ("first_seen", "exact", "2026-04-20T12:00:00Z", "None"),
        ("first_seen", "is_not", "2026-04-20T12:00:00Z", "old new"),
        ("first_seen", "is_set", None, "old new None"),
        ("first_seen", "is_not_set", None, ""),
        ("severity", "exact", "high", "old new None"),
        ("anything", "exact", "x", "old new None"),
    ],
)
def test_issue_filters_look_at_the_issue_of_now(shop, key, operator, value, expected):
    for name, description, status, days in (
        ("old", "it broke", "active", 30), ("new", None, "resolved", 1), (None, None, "archived", 4),
    ):  # fmt: skip
        fingerprint = str(name)
        issue = shop.issue(name, description=description, status=status)
        shop.own(fingerprint, issue, first_seen=ago(days=days))
        shop.own(f"{fingerprint} later", issue, first_seen=ago(hours=1))
        shop.event(fingerprint)
        shop.event(f"{fingerprint} later")

    assert {str(name) for name in matched(shop, one(key, operator, value, "error_tracking_issue"))} == set(
        expected.split()
    )


# Groups


def test_groups_are_respected_at_every_level_and_per_event(shop):
    for name, browser, os in (
        ("a", "Chrome", "Linux"),
        ("b", "Edge", "Linux"),
        ("c", "Edge", "Windows"),
        ("d", "Chrome", "Windows"),
    ):
        shop.simple_issue(name, browser=browser, os=os)

    chrome, linux = (
        read_filters([one(key, "exact", value)])[0] for key, value in (("$browser", "Chrome"), ("$os", "Linux"))
    )
    named_c = read_filters([one("name", "exact", "c", "error_tracking_issue")])[0]
    either = FilterGroup("OR", (FilterGroup("AND", (chrome, linux)), named_c))

    def names(*filters):
        return {row.name for row in shop.list(filters=filters)}

    assert names(either) == {"a", "c"}
    assert names(FilterGroup("AND", (FilterGroup("OR", (chrome, named_c)), FilterGroup("AND", ())))) == {"a", "c", "d"}
    assert names(FilterGroup("OR", ())) == {"a", "b", "c", "d"}
