r"""The search box's text as tokens, and back: `is:active release:"4.12 beta" !env:staging timeout` (`docs/search.md`).

    [! or -] [key:] value

Key and value are runs without blanks, or stand in double quotes, in which `\` protects a quote and itself. What has no
key, or looks like code or an address (`std::vector`, `http://…`, `key:`), is searched as it stands.
"""

import re
from collections.abc import Iterable

import msgspec

from mothlight.model.errors import invalid

MOST_TOKENS = 50
LONGEST_TEXT = 2_000
NOT = "!"

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(
    rf"""(?P<not>[!-])?(?:(?P<key>{_QUOTED}|[^\s":!-][^\s":]*):)?(?P<value>{_QUOTED}|[^\s"]\S*)""", re.DOTALL
)
_RUN = re.compile(r"\S+")
_NO_VALUE = ("/", ":", "\\")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Token(msgspec.Struct, frozen=True):
    """One condition of a search."""

    value: str
    key: str | None = None
    """None: a text to be found anywhere."""
    negated: bool = False
    quoted: bool = False
    """Whether the value means just its letters: signs such as `*` have no other meaning then."""


def read_tokens(text: str) -> list[Token]:
    """The tokens of a text. Every text has some reading.

    Raises:
        Refused: the text is too long, or has too many tokens (400).
    """
    if len(text) > LONGEST_TEXT:
        raise invalid(f"A search has at most {LONGEST_TEXT:,} characters.", "q", "max_length")
    if "\0" in text:
        raise invalid("A search has no null characters.", "q")
    tokens: list[Token] = []
    place = 0
    while run := _RUN.search(text, place):
        token, place = _read_one(text, run.start())
        if token is not None:
            tokens.append(token)
    if len(tokens) > MOST_TOKENS:
        raise invalid(f"A search has at most {MOST_TOKENS} tokens.", "q", "max_length")
    return tokens


def write_token(token: Token) -> str:
    """The text that reads as the token."""
    before = (NOT if token.negated else "") + ("" if token.key is None else _write_key(token.key) + ":")
    plain = before + token.value
    return plain if not token.quoted and _reads_as(plain, token) else before + _quote(token.value)


def write_tokens(tokens: Iterable[Token]) -> str:
    """The text that reads as the tokens."""
    return " ".join(map(write_token, tokens))


def _read_one(text: str, start: int) -> tuple[Token | None, int]:
    """The token that begins at a place, and the place after it; None where nothing but a quote stands."""
    found = _TOKEN.match(text, start)
    if found is None:
        return _as_it_stands(text, start)
    key, value = found["key"], found["value"]
    if key is not None and value.startswith(_NO_VALUE):
        return _as_it_stands(text, start)
    quoted = value.startswith('"')
    token = Token(
        value=_unquote(value) if quoted else value,
        key=None if key is None else _unquote(key) if key.startswith('"') else key,
        negated=found["not"] is not None,
        quoted=quoted,
    )
    if token.key == "" or token.value == "":
        return None, found.end()
    return token, found.end()


def _as_it_stands(text: str, start: int) -> tuple[Token | None, int]:
    run = _RUN.match(text, start)
    assert run is not None  # noqa: S101 - the caller has found one here
    words = run.group().strip('"')
    return (Token(words, quoted=True) if words else None), run.end()


def _reads_as(text: str, token: Token) -> bool:
    read, end = _read_one(text, 0) if _RUN.match(text) else (None, 0)
    return read == token and end == len(text)


def _write_key(key: str) -> str:
    is_plain = re.fullmatch(r'[^\s":!-][^\s":]*', key) is not None
    return key if is_plain else _quote(key)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquote(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1])
