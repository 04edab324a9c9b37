"""Whatever is logged, by whomever: one object a line, no secret in it."""

import io
import json
import logging

import pytest
import structlog

from mothlight.kit.logs import configure_logs, redact

SECRETS = [
    ("phc_abcd1234", "phc_…"),
    ("phx_" + "K-_9" * 20, "phx_…"),
    ("phs_abcd1234", "phs_…"),
    ("pha_abcd1234", "pha_…"),
    ("Bearer phx_abcd1234, again phx_efgh5678.", "Bearer phx_…, again phx_…."),
    ("/array/phc_abcd1234/config?token=phc_efgh5678", "/array/phc_…/config?token=phc_…"),
    ("postgresql://moth:hunter2@db.example.com:5432/m", "postgresql://moth:…@db.example.com:5432/m"),
    ("clickhouse://:hunter2@h/d and clickhouses://u:p%40ss@h", "clickhouse://:…@h/d and clickhouses://u:…@h"),
    ("could not connect to 'postgresql+psycopg://u:hunter2@h'", "could not connect to 'postgresql+psycopg://u:…@h'"),
]
HARMLESS = [
    "phx_",
    "phc_abc",
    "graphx_abcd1234",
    "php_abcd1234",
    "https://errors.example.com:8080/a@b",
    "ada@moths.test: 3",
    "journal_write_failed",
]


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_a_secret_is_taken_out_of_a_text(text, shown):
    assert redact(None, "info", {"event": text}) == {"event": shown}


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text):
    assert redact(None, "info", {"event": text}) == {"event": text}


def test_secrets_are_found_at_any_depth_and_nothing_else_changes():
    fields = {"event": "e", "a": {"b": [{"c": ("phx_abcd1234", 5, None, 1.5, True)}], "n": b"phx_abcd1234"}}

    assert redact(None, "info", fields) == {
        "event": "e",
        "a": {"b": [{"c": ["phx_…", 5, None, 1.5, True]}], "n": "b'phx_…'"},
    }


def test_a_secret_is_no_name_of_a_field_either():
    assert redact(None, "info", {"event": "e", "tokens": {"phc_abcd1234": 1}}) == {"event": "e", "tokens": {"phc_…": 1}}


def test_an_object_that_tells_a_secret_is_redacted_when_it_is_written(logged):
    class Told:
        def __repr__(self):
            return "<Key phx_abcd1234>"

    structlog.get_logger().warning("e", key=Told())

    assert logged()[0]["key"] == "<Key phx_…>"


@pytest.fixture
def logged(monkeypatch):
    """The lines on standard error as objects, after `configure_logs`; everything is as before afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", stream)
    configure_logs(readable=False)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = handlers, level
    for name in ("urllib3", "clickhouse_connect"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_ours_are_one_object_a_line(logged):
    structlog.get_logger().info("serving", address="http://127.0.0.1:8080", token="phc_abcd1234")

    (line,) = logged()
    assert (line["event"], line["level"], line["address"], line["token"]) == (
        "serving",
        "info",
        "http://127.0.0.1:8080",
        "phc_…",
    )
    assert line["timestamp"].endswith("Z")


def test_those_of_libraries_come_in_the_same_form_without_secrets(logged):
    logging.getLogger("library").warning("refused %s for %s", "phx_abcd1234", {"url": "redis://u:hunter2@h"})
    logging.getLogger("library").info("not at this level")

    (line,) = logged()
    assert line["event"] == "refused phx_… for {'url': 'redis://u:…@h'}"
    assert line["level"] == "warning"
    assert line.keys() == {"event", "level", "timestamp"}


def test_a_trace_holds_no_secret(logged):
    for log in (structlog.get_logger(), logging.getLogger("library")):
        try:
            raise ValueError("phx_abcd1234 at postgresql://u:hunter2@h")
        except ValueError:
            log.exception("failed")

    for line in logged():
        assert line["event"] == "failed"
        assert "ValueError: phx_… at postgresql://u:…@h" in line["exception"]
        assert "abcd1234" not in line["exception"].split("ValueError", 1)[1]
        assert "hunter2" not in line["exception"].split("ValueError", 1)[1]


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "clickhouse_connect.driver"])
def test_warnings_that_hold_addresses_with_bound_values_are_not_logged(logged, name):
    logging.getLogger(name).warning("Retrying after connection broken: /?param_email=ada%40moths.test")
    logging.getLogger(name).error("a real one")

    assert [line["event"] for line in logged()] == ["a real one"]


def test_people_at_a_terminal_get_readable_lines(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logs(readable=True)
    structlog.get_logger().info("serving", token="phc_abcd1234")
    structlog.reset_defaults()

    assert "serving" in stream.getvalue()
    assert "phc_…" in stream.getvalue()
    assert "abcd1234" not in stream.getvalue()


def test_less_than_the_level_is_not_logged(logged):
    structlog.get_logger().debug("capture_client_gone")

    assert logged() == []
