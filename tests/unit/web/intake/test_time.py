"""When an event happened (ingest 5)."""

from datetime import UTC, datetime, timedelta

import pytest

from mothlight.web.intake.time import EPOCH, ClientClock, parse_sent_at, parse_strict_time, parse_time

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MOMENT = datetime(2026, 11, 24, 0, 25, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T00:25:03Z", MOMENT),
        ("2026-11-24T00:25:03.962Z", MOMENT.replace(microsecond=962000)),
        ("2026-11-24T00:25:03.962123+00:00", MOMENT.replace(microsecond=962123)),
        ("2026-11-24T00:25:03.123456789Z", MOMENT.replace(microsecond=123456)),
        ("2026-11-24T03:25:03+03:00", MOMENT),
        ("2026-11-24T03:25:03+03", MOMENT),
        ("2026-11-23T19:25:03-0500", MOMENT),
        ("2026-11-24 00:25:03", MOMENT),
        ("2026-11-24T00:25:03", MOMENT),
        ("2026-11-24t00:25:03z", MOMENT),
        (" 2026-11-24T00:25:03Z ", MOMENT),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("1795479903", MOMENT),
        ("1795479903000", MOMENT),
        ("1795479903.5", MOMENT.replace(microsecond=500000)),
        ("1711011500000", datetime(2024, 3, 21, 8, 58, 20, tzinfo=UTC)),
        (1795479903, MOMENT),
        (1795479903000, MOMENT),
        ("0000-01-01T00:00:00Z", EPOCH),
        ("+12026-11-24T00:25:03Z", EPOCH),
        ("99999999999999999999999", EPOCH),
        (1e300, EPOCH),
        ("yesterday", None),
        ("", None),
        ("2026-13-45", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_times_are_read_in_every_form_that_clients_use(text, moment):
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text", ["2026-11-24T00:25:03Z", "2026-11-24T00:25:03.1+01:00", "2026-11-24t00:25:03.123456789z"]
)
def test_strict_times_are_rfc_3339(text):
    assert parse_strict_time(text) == parse_time(text)


@pytest.mark.parametrize(
    "text",
    ["2026-11-24", "2026-11-24T00:25:03", "2026-11-24T00:25:03+03", "1795479903", "2026-13-01T00:00:00Z", 1, None],
)
def test_looser_times_are_not_strict(text):
    assert parse_strict_time(text) is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("1795479903000", MOMENT),
        ("1795479903", None),
        ("1609459199999", None),
        ("1609459200000", datetime(2021, 1, 1, tzinfo=UTC)),
        ("9" * 50, None),
        ("x", None),
        ("", None),
        (None, None),
    ],
)
def test_the_query_says_when_it_was_sent_in_milliseconds_after_2020(value, moment):
    assert parse_sent_at(value) == moment


def correct(timestamp=None, offset=None, sent_at=None, *, ignore_sent_at=False):
    return ClientClock(NOW, sent_at).correct(timestamp, offset, ignore_sent_at=ignore_sent_at)


HOUR = timedelta(hours=1)
SLOW = NOW - 2 * HOUR


@pytest.mark.parametrize(
    ("arguments", "moment"),
    [
        pytest.param({"offset": 2000, "timestamp": MOMENT, "sent_at": SLOW}, NOW - timedelta(seconds=2), id="offset"),
        pytest.param({"offset": 1.5}, NOW - timedelta(milliseconds=1.5), id="offset with fraction"),
        pytest.param({"offset": "2000", "timestamp": NOW - HOUR}, NOW - HOUR, id="offset of another type is ignored"),
        pytest.param({"offset": True}, NOW, id="a boolean is no offset"),
        pytest.param({"timestamp": SLOW - HOUR, "sent_at": SLOW}, NOW - HOUR, id="slow clock"),
        pytest.param({"timestamp": NOW + HOUR, "sent_at": NOW + 2 * HOUR}, NOW - HOUR, id="fast clock"),
        pytest.param({"timestamp": SLOW, "sent_at": SLOW, "ignore_sent_at": True}, SLOW, id="correction unwanted"),
        pytest.param({"timestamp": MOMENT}, MOMENT, id="timestamp alone"),
        pytest.param({"sent_at": SLOW}, NOW, id="sent_at alone"),
        pytest.param({}, NOW, id="nothing"),
        pytest.param({"timestamp": NOW + 23 * HOUR}, NOW + 23 * HOUR, id="23 hours ahead stand"),
        pytest.param({"timestamp": NOW + 23 * HOUR + timedelta(seconds=1)}, NOW, id="more do not"),
        pytest.param({"offset": -24 * 3600 * 1000}, NOW, id="nor by offset"),
        pytest.param({"offset": 1e15}, EPOCH, id="before the year 1"),
        pytest.param({"offset": float("nan")}, EPOCH, id="no number"),
        pytest.param({"offset": 1e300}, EPOCH, id="beyond all time"),
        pytest.param({"timestamp": datetime.min.replace(tzinfo=UTC), "sent_at": NOW + HOUR}, EPOCH, id="underflow"),
    ],
)
def test_the_first_rule_that_fits_gives_the_time(arguments, moment):
    assert correct(**arguments) == moment


def test_times_come_out_in_utc():
    assert correct(timestamp=datetime.fromisoformat("2026-11-24T03:25:03+03:00")).tzinfo is UTC


@pytest.mark.parametrize("value", ["²", "1795000000000²", "\u0663", "", "-1", "1.5", "9" * 5_000])
def test_a_time_of_sending_that_is_no_plain_number_counts_as_absent(value):
    found = parse_sent_at(value)

    assert found is None or found > NOW
