"""What can be set, its defaults, and the one line that a bad value gets."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from mothlight.model.errors import Misconfigured
from mothlight.settings import VARIABLES, Settings, read_settings


def _read(data_dir="/data", **variables):
    environment = {f"MOTHLIGHT_{name}": value for name, value in variables.items()}
    return read_settings(data_dir=Path(data_dir), environment=environment)


def test_the_defaults_are_those_of_the_surface():
    assert _read() == Settings(
        data_dir=Path("/data"),
        host="127.0.0.1",
        port=8080,
        database_url="sqlite:////data/mothlight.db",
        events_url="chdb:////data/events",
        blobs_url="file:////data/blobs",
        public_url=None,
        trusted_proxies=(),
        retention_days=90,
        new_issue_budget=10_000,
        symbol_fetch=True,
        symbol_fetch_allow=(),
    )


def test_a_relative_directory_is_meant_from_where_the_program_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert _read("data").data_dir == tmp_path / "data"


@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_variable_counts_as_absent(name):
    assert _read(**{name: " "}) == _read()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("DATABASE_URL", "postgresql://u:p@h/d", "database_url", "postgresql://u:p@h/d"),
        ("DATABASE_URL", "sqlite:///x.db", "database_url", "sqlite:///x.db"),
        ("EVENTS_URL", "clickhouse://u:p@h:8123/d?cluster=c", "events_url", "clickhouse://u:p@h:8123/d?cluster=c"),
        ("EVENTS_URL", "clickhouses://h:8443/d", "events_url", "clickhouses://h:8443/d"),
        ("EVENTS_URL", "chdb:////e", "events_url", "chdb:////e"),
        ("PUBLIC_URL", "https://errors.example.com/", "public_url", "https://errors.example.com"),
        ("PUBLIC_URL", "http://10.0.0.1:81/moth", "public_url", "http://10.0.0.1:81/moth"),
        ("TRUSTED_PROXIES", "10.0.0.1, fd00::/8", "trusted_proxies", (ip_network("10.0.0.1"), ip_network("fd00::/8"))),
        ("RETENTION_DAYS", "0", "retention_days", 0),
        ("RETENTION_DAYS", " 30 ", "retention_days", 30),
        ("NEW_ISSUE_BUDGET", "0", "new_issue_budget", 0),
        ("SYMBOL_CACHE_MB", "30", "symbol_cache_mb", 30),
        ("SYMBOL_FETCH", "off", "symbol_fetch", False),
        ("SYMBOL_FETCH", "ON", "symbol_fetch", True),
        (
            "SYMBOL_FETCH_ALLOW",
            "Maps.intern, *.corp.example 10.1.2.3/8",
            "symbol_fetch_allow",
            ("maps.intern", "*.corp.example", ip_network("10.0.0.0/8")),
        ),
    ],
)
def test_a_variable_sets_its_field(name, text, field, value):
    assert getattr(_read(**{name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "mothlight.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("EVENTS_URL", "http://h:8123"),
        ("PUBLIC_URL", "errors.example.com"),
        ("PUBLIC_URL", "ftp://errors.example.com"),
        ("PUBLIC_URL", "https://u@errors.example.com"),
        ("PUBLIC_URL", "https://errors.example.com/?x=1"),
        ("PUBLIC_URL", "https://h:port"),
        ("PUBLIC_URL", "https://[::1"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("RETENTION_DAYS", "-1"),
        ("RETENTION_DAYS", "ninety"),
        ("RETENTION_DAYS", "1.5"),
        ("RETENTION_DAYS", "٣"),
        ("NEW_ISSUE_BUDGET", "1e3"),
        ("SYMBOL_FETCH", "maybe"),
        ("SYMBOL_FETCH_ALLOW", "a/b"),
    ],
)
def test_a_bad_value_gets_a_line_that_names_its_variable(name, text):
    with pytest.raises(Misconfigured, match=f"^MOTHLIGHT_{name} ") as problem:
        _read(**{name: text})
    assert "\n" not in str(problem.value)


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(Misconfigured) as problem:
        _read(DATABASE_URL="mysql://user:hunter2@h/d")

    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_refused(port):
    with pytest.raises(Misconfigured, match="1 to 65535"):
        read_settings(data_dir=Path("/data"), port=port, environment={})


def test_a_directory_that_no_url_can_name_is_refused():
    with pytest.raises(Misconfigured, match="question mark"):
        _read("/data?")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("moth.example", "http://moth.example:8080"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(host, address):
    assert read_settings(data_dir=Path("/data"), host=host, environment={}).address == address


def test_the_public_address_comes_first():
    settings = _read(PUBLIC_URL="https://errors.example.com")

    assert settings.address == "https://errors.example.com"
    assert settings.local_address == "http://127.0.0.1:8080"
