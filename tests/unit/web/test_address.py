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
