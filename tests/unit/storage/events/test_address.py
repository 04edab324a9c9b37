"""Addresses of a ClickHouse server."""

import pytest

from mothlight.storage.events.engines.server import Address, read_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("clickhouse://host", Address("host", 8123, False, "default", "", "mothlight")),
        (
            "clickhouse://us%40er:p%2Fw@10.0.0.1:9000/errors?cluster=main",
            Address("10.0.0.1", 9000, False, "us@er", "p/w", "errors", cluster="main"),
        ),
        (
            "clickhouses://host/db?verify=0&ca_cert=/etc/ca.pem",
            Address("host", 8443, True, "default", "", "db", ca_cert="/etc/ca.pem", verify=False),
        ),
    ],
)
def test_the_parts_of_an_address(url, address):
    assert read_address(url) == address


@pytest.mark.parametrize("url", ["http://user:secret@host", "clickhouse://", "secret"])
def test_what_is_no_address_is_refused_without_telling_it(url):
    with pytest.raises(ValueError, match="must look like") as refused:
        read_address(url)

    assert "secret" not in str(refused.value)
