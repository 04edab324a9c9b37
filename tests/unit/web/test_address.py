"""The address in absolute links (surface.md, `MOTHLIGHT_PUBLIC_URL`)."""

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from mothlight.web.address import PublicAddress

PROXIES = (ip_network("10.0.0.0/8"),)
FORWARDED = {"host": "inner:8080", "x-forwarded-host": "errors.example.com, inner", "x-forwarded-proto": "https"}


def request(headers, peer="127.0.0.1", scheme="http"):
    return Request(
        {
            "type": "http",
            "scheme": scheme,
            "path": "/",
            "query_string": b"",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
            "client": (peer, 5000),
            "server": ("127.0.0.1", 8080),
        }
    )


@pytest.mark.parametrize(
    ("address", "asked", "expected"),
    [
        (PublicAddress(), request({"host": "errors.test:8080"}), "http://errors.test:8080"),
        (PublicAddress(), request({"host": "[::1]:8080"}), "http://[::1]:8080"),
        (PublicAddress(), request({"host": "errors.test"}, scheme="https"), "https://errors.test"),
        (PublicAddress(), request({}), "http://127.0.0.1:8080"),
        (PublicAddress(), request({"host": "evil/path?x"}), "http://127.0.0.1:8080"),
        (PublicAddress(), request(FORWARDED, "10.1.2.3"), "http://inner:8080"),
        (PublicAddress(None, PROXIES), request(FORWARDED, "192.0.2.1"), "http://inner:8080"),
        (PublicAddress(None, PROXIES), request(FORWARDED, "testclient"), "http://inner:8080"),
        (PublicAddress(None, PROXIES), request(FORWARDED, "10.1.2.3"), "https://errors.example.com"),
        (
            PublicAddress(None, PROXIES),
            request({**FORWARDED, "x-forwarded-proto": "javascript"}, "10.1.2.3"),
            "http://errors.example.com",
        ),
        (PublicAddress("https://e.test/base/", PROXIES), request(FORWARDED, "10.1.2.3"), "https://e.test/base"),
    ],
)
def test_the_setting_wins_then_a_trusted_proxy_then_the_host(address, asked, expected):
    assert address.of(asked) == expected


@pytest.mark.parametrize(
    ("configured", "origin", "expected"),
    [
        (None, "http://errors.test", True),
        (None, "https://errors.test", True),
        (None, "https://errors.test:443", True),
        (None, "http://errors.test:8080", False),
        (None, "http://other.test", False),
        (None, "null", False),
        (None, "", False),
        (None, "http://[bad", False),
        (None, "http://errors.test:port", False),
        ("https://e.test/moth", "https://e.test", True),
        ("https://e.test:443", "https://e.test", True),
        ("https://e.test", "http://e.test", False),
        ("https://e.test", "http://errors.test", False),
    ],
)
def test_an_origin_is_ours_when_it_is_the_public_address(configured, origin, expected):
    assert PublicAddress(configured).is_origin(request({"host": "errors.test"}), origin) is expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.1"),
        ("10.0.0.1", "unknown", "unknown"),
    ],
)
def test_the_client_is_whom_the_trusted_proxies_name(peer, forwarded, expected):
    headers = {"host": "h", **({"x-forwarded-for": forwarded} if forwarded else {})}

    assert PublicAddress(None, PROXIES).client_of(request(headers, peer)) == expected


def test_a_path_of_the_public_address_stands_before_all_paths():
    assert PublicAddress("https://e.test/moth").prefix(request({"host": "h"})) == "/moth"
    assert PublicAddress().prefix(request({"host": "h"})) == ""
