"""Which pages may report."""

import pytest

from mothlight.access.origins import MOST, is_allowed, read_origins
from mothlight.model.errors import Refused


@pytest.mark.parametrize(
    ("entries", "origin", "expected"),
    [
        ([], "https://anything.test", True),
        (["https://shop.test"], "https://shop.test", True),
        (["https://shop.test"], "https://SHOP.test", True),
        (["https://shop.test"], "http://shop.test", False),
        (["https://shop.test"], "https://shop.test:8443", False),
        (["https://shop.test"], "https://shop.test.evil.test", False),
        (["https://shop.test"], "null", False),
        (["https://*.shop.test"], "https://a.b.shop.test", True),
        (["https://*.shop.test"], "https://shop.test", False),
        (["https://*.shop.test"], "https://evilshop.test", False),
        (["https://*.shop.test"], "http://a.shop.test", False),
        (["https://*.shop.test:8443"], "https://a.shop.test:8443", True),
        (["https://one.test", "capacitor://localhost"], "capacitor://localhost", True),
    ],
)
def test_an_origin_is_allowed_when_an_entry_names_it(entries, origin, expected):
    assert is_allowed(origin, entries) is expected


def test_entries_are_kept_as_browsers_name_origins():
    given = [
        " https://Shop.test/ ",
        "https://shop.test",
        "",
        "http://a.test:80",
        "https://b.test:443",
        "https://c.test:80",
    ]

    assert read_origins(given) == ["https://shop.test", "http://a.test", "https://b.test", "https://c.test:80"]


@pytest.mark.parametrize(
    "entry",
    [
        "shop.test",
        "https://",
        "https://a/b",
        "https://*",
        "https://a.*.test",
        "https://a b",
        "*",
        "null",
        "https://a:x",
    ],
)
def test_what_is_no_origin_is_refused(entry):
    with pytest.raises(Refused, match="is not an origin"):
        read_origins([entry])


def test_there_are_not_too_many():
    with pytest.raises(Refused, match="At most"):
        read_origins([f"https://{number}.test" for number in range(MOST + 1)])
