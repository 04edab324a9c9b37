"""Properties become a column and come back exactly as sent; keys become paths that nothing can escape from."""

import json
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothlight.storage.events.properties import (
    decode_key,
    decode_properties,
    decode_value,
    encode_key,
    encode_properties,
    property_column,
    property_text,
    stored_texts,
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


def sent(properties):
    return {key: msgspec.Raw(json.dumps(value).encode()) for key, value in properties.items()}


@settings(max_examples=40)
@given(st.dictionaries(texts, values))
def test_properties_come_back_with_the_json_text_that_was_sent(properties):
    raw = sent(properties)
    back = decode_properties(bytes(encode_properties(raw)))

    assert {key: msgspec.json.decode(value) for key, value in back.items()} == properties
    for key, value in raw.items():
        if not bytes(value).startswith(b'"'):
            assert bytes(back[key]) == bytes(value)


@settings(max_examples=40)
@given(st.dictionaries(texts, values, min_size=1))
def test_the_column_is_one_object_of_texts(properties):
    column = json.loads(bytes(encode_properties(sent(properties))))

    assert all(isinstance(value, str) for value in column.values())
    assert len(column) == len(properties)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (b'"x"', "x"),
        (b'""', ""),
        (b"null", "\x01null"),
        (b"1e400", "\x011e400"),
        (b"123456789012345678901234567890", "\x01123456789012345678901234567890"),
        (b"1.50", "\x011.50"),
        (b'{"a": "\\u00e4"}', '\x01{"a": "\\u00e4"}'),
        (b'"\\u0001x"', "\x02\x01x"),
        (b'"\\u0002x"', "\x02\x02x"),
        (b'"\\u0003x"', "\x03x"),
    ],
)
def test_what_is_stored_for_a_value(raw, stored):
    column = json.loads(bytes(encode_properties({"k": msgspec.Raw(raw)})))

    assert column == {"k": stored}
    assert bytes(decode_value(stored)) == raw or json.loads(bytes(decode_value(stored))) == json.loads(raw)


@given(texts)
def test_a_key_comes_back_from_its_path(key):
    assert decode_key(encode_key(key)) == key


@given(texts, texts)
def test_different_keys_have_different_paths(one, other):
    assert (encode_key(one) == encode_key(other)) == (one == other)


@given(texts)
def test_a_path_is_one_quoted_identifier(key):
    path = property_column(key)

    assert re.fullmatch(r"properties\.`(?:[^\W]|[$/%-])+`\.:String", path)
    assert "." not in encode_key(key)


@given(texts.filter(bool))
def test_the_stored_texts_of_a_text_are_those_of_the_string_and_of_the_value_written_like_it(text):
    as_string, as_json = stored_texts(text)

    assert msgspec.json.decode(decode_value(as_string)) == text
    assert as_json == f"\x01{text}"


def test_the_text_of_a_property_names_its_path_only():
    assert property_text("a.b") == (
        "multiIf(properties.`a%2Eb`.:String IS NULL OR properties.`a%2Eb`.:String IN ('', '\\x01null'), NULL, "
        "properties.`a%2Eb`.:String < '\\x03', substring(properties.`a%2Eb`.:String, 2), properties.`a%2Eb`.:String)"
    )
