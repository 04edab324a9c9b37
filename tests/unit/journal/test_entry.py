"""The bytes of a journal entry."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothlight.journal.entry import JournalEntry, decode_entry, encode_head, read_facts

texts = st.text(st.characters(exclude_categories=["Cs"]))

entries = st.builds(
    JournalEntry,
    id=st.uuids(),
    received_at=st.datetimes(timezones=st.just(UTC)),
    project_id=st.integers(0, 2**63 - 1),
    path=texts,
    query=texts,
    content_type=texts,
    content_encoding=texts,
    headers=st.dictionaries(texts, texts),
    events=st.integers(0, 10**6),
    bad=st.integers(0, 10**6),
    body=st.binary(),
)

ENTRY = JournalEntry(
    id=UUID(int=1), received_at=datetime(2026, 11, 24, tzinfo=UTC), project_id=2, path="/e/", events=3, body=b"[]"
)


@given(entries)
def test_an_entry_decodes_to_itself(entry):
    assert decode_entry(encode_head(entry, "a") + entry.body) == entry


def test_facts_are_told_without_the_body():
    facts = read_facts(encode_head(ENTRY, "writer"))

    assert (facts.events, facts.received_at) == (3, ENTRY.received_at)


def test_the_first_format_stays_readable():
    """These bytes were written by the first version. They must be read for ever."""
    written = bytes.fromhex("01270000009ac41000000000000000000000000000000001cf000660fa643be00002a32f652fa0a0a0800300")

    assert decode_entry(written + b"[]") == ENTRY


@pytest.mark.parametrize("data", ["", "01", "0200000000", "0101000000c1", "01ff000000"])
def test_what_is_no_entry_is_refused(data):
    with pytest.raises(ValueError, match="journal entr"):
        decode_entry(bytes.fromhex(data))
