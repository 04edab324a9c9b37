"""The grouping key says which events have the same fingerprint (design 3)."""

from itertools import combinations

from mothlight.grouping.key import grouping_key
from mothlight.model.stack import ExceptionEntry

TRACE = {"type": "resolved"}


def entry(type_="E", value="m", trace=TRACE, **rest):
    return ExceptionEntry(type_, value, rest, trace, {})


def test_it_is_an_unsigned_number_of_64_bits():
    keys = [grouping_key([entry(str(number))], "h", None) for number in range(200)]

    assert all(0 <= key < 2**64 for key in keys)
    assert max(keys) > 2**63


def test_it_is_stable():
    assert grouping_key([entry(module="m")], "h", None) == 12338259448691784146
    assert grouping_key([entry()], "h", "checkout") == 17947350021090294312


def test_what_the_fingerprint_does_not_see_does_not_count():
    key = grouping_key([entry(mechanism={"handled": True})], "h", None)

    assert key == grouping_key([entry(value="another")], "h", None)
    assert grouping_key([entry(value="took 5 s", trace=None)], "h", None) == grouping_key(
        [entry(value="took 77 s", trace=None, module="m")], "h", None
    )


def test_a_manual_fingerprint_alone_counts():
    assert grouping_key([entry()], "h", "x") == grouping_key([entry("F")], "i", "x")


def test_all_that_the_fingerprint_sees_counts():
    calls = [
        ([entry()], "h", None),
        ([entry("F")], "h", None),
        ([entry()], "i", None),
        ([entry(module="m")], "h", None),
        ([entry(trace=None)], "h", None),
        ([entry(value="another", trace=None)], "h", None),
        ([entry(), entry()], "h", None),
        ([entry()], "h", ""),
        ([entry()], "h", "h"),
        ([entry('E","module","')], "h", None),
    ]

    keys = [grouping_key(*call) for call in calls]

    assert all(a != b for a, b in combinations(keys, 2))
