"""Taking out of texts what differs between events that belong together (pipeline 4.5).

Fingerprints depend on every function here: see `mothlight.grouping` before changing one.
"""

import re

MESSAGE_CHARACTERS = 200

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_HEX_ID = re.compile(
    r"0x[0-9a-fA-F]+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}"
)
_NUMBER = re.compile(r"\d+(\.\d+)?")
_SINGLE_CHARACTER = re.compile(r"(?<![A-Za-z0-9_$])[A-Za-z_$](?![A-Za-z0-9_$])")
_LONG_WORD = re.compile(r"[A-Za-z0-9]{8,}")
_DIGIT = re.compile(r"[0-9]")


def source(text: str) -> str:
    """The file's name without query, folders, and what a bundler writes anew on each build."""
    name = re.split(r"[/\\]", text.partition("?")[0])[-1]
    return _LONG_WORD.sub(_mask_build_hash, name)


def module(text: str) -> str:
    """The module without a query."""
    return text.partition("?")[0]


def mask_values(text: str) -> str:
    """The message without quoted texts, ids and numbers."""
    return _NUMBER.sub("#", _HEX_ID.sub("*", _QUOTED.sub("'*'", text)))


def mask_single_characters(text: str) -> str:
    """The message without names of one character, as minifiers make them. Numbers are masked before."""
    return _SINGLE_CHARACTER.sub("*", text)


def cut(text: str) -> str:
    """The beginning of the message."""
    return text[:MESSAGE_CHARACTERS]


def _mask_build_hash(word: re.Match[str]) -> str:
    text = word.group()
    return "*" if _DIGIT.search(text) or text.isupper() else text
