"""The search box's text: what it reads as, and that what is written reads the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothlight.model.errors import Refused
from mothlight.queries.tokens import LONGEST_TEXT, MOST_TOKENS, Token, read_tokens, write_token, write_tokens

WORDS = st.text(alphabet=st.characters(exclude_characters="\0"), min_size=1, max_size=40)
TOKENS = st.builds(Token, WORDS, st.none() | WORDS, st.booleans(), st.just(True))
SIGNS = st.text(alphabet='ab:"\\!-* /', max_size=60)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("is:active", [Token("active", "is")]),
        ("!env:staging -type:KeyError", [Token("staging", "env", True), Token("KeyError", "type", True)]),
        ('release:"4.12 beta"', [Token("4.12 beta", "release", quoted=True)]),
        (r'message:"say \"no\" \\"', [Token('say "no" \\', "message", quoted=True)]),
        ('"my key":x', [Token("x", "my key")]),
        ("$feature/new-checkout:true", [Token("true", "$feature/new-checkout")]),
        ("card declined", [Token("card"), Token("declined")]),
        ('"card declined"', [Token("card declined", quoted=True)]),
        ("!timeout", [Token("timeout", negated=True)]),
        ("a:b:c", [Token("b:c", "a")]),
        # Code, addresses and paths are no keys.
        ("std::vector", [Token("std::vector", quoted=True)]),
        ("https://shop.test/x?y=1", [Token("https://shop.test/x?y=1", quoted=True)]),
        (r"C:\src\main.c", [Token(r"C:\src\main.c", quoted=True)]),
        ("TypeError:", [Token("TypeError:")]),
        # What is left open or empty.
        ('"never closed', [Token("never", quoted=True), Token("closed")]),
        ("- !", [Token("-"), Token("!")]),
        ('"" is:""', []),
        ("  \t\n ", []),
    ],
)
def test_a_text_is_read(text, tokens):
    assert read_tokens(text) == tokens


@given(st.lists(TOKENS, max_size=5))
def test_what_is_written_is_read(tokens):
    assert read_tokens(write_tokens(tokens)) == tokens


@given(WORDS, st.none() | WORDS, st.booleans())
def test_plain_tokens_keep_their_words(value, key, negated):
    (read,) = read_tokens(write_token(Token(value, key, negated)))

    assert (read.value, read.key, read.negated) == (value, key, negated)


@given(SIGNS)
def test_every_text_reads_as_what_it_is_written_as(text):
    tokens = read_tokens(text)

    assert read_tokens(write_tokens(tokens)) == tokens


@pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT + 1), "x " * (MOST_TOKENS + 1), "a\0b"])
def test_a_search_has_bounds(text):
    with pytest.raises(Refused) as refused:
        read_tokens(text)
    assert refused.value.attr == "q"
