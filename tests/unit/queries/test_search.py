"""How a search text falls into tokens (api 2.1)."""

import pytest

from mothlight.model.errors import Refused
from mothlight.queries.search import joined_texts, read_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("can't read property", ["can't", "read", "property"]),
        ('"cannot read" src/app.ts', ["cannot read", "src/app.ts"]),
        ("Nested \"quotes 'are' tricky\" to", ["Nested", "quotes 'are' tricky", "to"]),
        ("unmatched \"open quote and 'partial", ["unmatched", "open", "quote", "and", "partial"]),
        ("'single run' x", ["single run", "x"]),
        ("a'b c'd", ["a'b", "c'd"]),
        ('" kept "', [" kept "]),
        ("a\tb\nc", ["a", "b", "c"]),
        ("''x''", ["x"]),
        ('"" \'\' "\'"', []),
        ("", []),
    ],
)
def test_tokens(text, tokens):
    assert read_tokens(text) == tokens


def test_a_hundred_tokens_are_enough():
    assert len(read_tokens("a " * 100)) == 100
    with pytest.raises(Refused, match=r"^Too many search tokens$"):
        read_tokens("a " * 101)


def test_texts_are_joined_in_their_order_without_empty_ones():
    assert joined_texts(" search ", "", "  ", "file") == "search file"
