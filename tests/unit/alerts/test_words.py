"""How messages read, also when issues have hostile names."""

from uuid import UUID

import pytest

from mothlight.alerts.webhook import LARGEST_BODY, Envelope, encode
from mothlight.alerts.words import MOST_LISTED, body_of, one_line, title_of, what_happened
from mothlight.storage.metadata.repositories.alert_firings import Firing
from tests.support.received import NOW


def firing(name="KeyError", number=1, **told):
    issue = {"name": name, "description": "'sku'", "severity": "high"}
    return Firing(UUID(int=number), 1, UUID(int=9), UUID(int=number), "cause", {"issue": issue, **told}, NOW)


@pytest.mark.parametrize(
    ("trigger", "told", "words"),
    [
        ("created", {}, "is new"),
        ("created", {"environment": "production"}, "is new in production"),
        ("reopened", {"environment": ""}, "came back"),
        (
            "spiking",
            {"figures": {"computed_baseline": 2.4, "current_bucket_value": 12100}},
            "spikes: 12,100 in 5 minutes, usually 2",
        ),
        ("occurrences", {"figures": {"count": 1200, "window_minutes": 60}}, "happened 1,200 times in 60 minutes"),
        ("users", {"figures": {"count": 5, "window_minutes": 1}}, "hit 5 users in a minute"),
        ("milestone", {"figures": {"count": 1, "milestone": 1}}, "happened 1 time"),
        ("milestone", {"figures": {"count": 1001, "milestone": 1000}}, "happened 1,000 times"),
    ],
)
def test_what_happened_is_said_in_words(trigger, told, words):
    assert what_happened(trigger, told) == words
    assert title_of("shop", trigger, [firing(**told)]) == f"[shop] KeyError {words}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\r\nBcc: everybody@example.com", "a Bcc: everybody@example.com"),
        ("\x1b[31mred\x00", "[31mred"),
        ("x" * 500, "x" * 119 + "…"),
        ("", "Issue without a name"),
        (None, "Issue without a name"),
        ("a\u202eb\u2028c", "a b c"),
    ],
)
def test_a_hostile_name_stays_on_one_line(name, shown):
    title = title_of("shop", "created", [firing(name)])

    assert title == f"[shop] {shown} is new"
    assert "\n" not in one_line(name or "", 100)


def test_a_digest_lists_some_and_counts_the_others():
    many = [firing(f"Error{number}", number) for number in range(MOST_LISTED + 3)]
    text = body_of("created", "Nights", many, [f"https://x.test/{number}" for number in range(len(many))])

    assert "Error0 is new\nhttps://x.test/0" in text
    assert f"Error{MOST_LISTED} " not in text
    assert text.endswith("and 3 more\n\nAlert: Nights")


def test_a_message_that_would_be_too_large_goes_without_properties():
    envelope = Envelope(UUID(int=1), "single", {"id": 1, "name": "shop"}, None, "t", "2026-11-24T02:31:00Z", 1)
    event = {"event": "e", "properties": {"name": "n", "exception_props": {"text": "x" * LARGEST_BODY}}}
    small = {"event": "e", "properties": {"name": "n", "exception_props": {"text": "x"}}}

    assert b'"properties":{"name":"n","message_was_too_large":true}' in encode(envelope, [event])
    assert b'"exception_props":{"text":"x"}' in encode(envelope, [small])
