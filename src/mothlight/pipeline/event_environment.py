"""Which environment an event comes from."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from mothlight.frames.decode import decode
from mothlight.model.issue_states import MOST_CHARACTERS, NOWHERE, read_environment_name

PROPERTIES = ("environment", "$environment", "env")
"""The first of these that is a text of 1 to 64 characters says it."""

_MOST_BYTES = 2 + MOST_CHARACTERS * len(r"\ud83d\ude00")
"""No text of so many characters is longer as JSON."""


def environment_of(properties: Mapping[str, msgspec.Raw]) -> str:
    """The name of the environment, empty when the event names none."""
    for name in PROPERTIES:
        # Most events have one of them or none, and asking whether is quicker than getting nothing.
        if name in properties and (found := _read(bytes(properties[name]))) is not None:
            return found
    return NOWHERE


def _read(sent: bytes) -> str | None:
    return _remembered(sent) if len(sent) <= _MOST_BYTES else None


@lru_cache(maxsize=10_000)
def _remembered(sent: bytes) -> str | None:
    text = decode(msgspec.Raw(sent))
    if not isinstance(text, str) or not 0 < len(text) <= MOST_CHARACTERS:
        return None
    return read_environment_name(text)
