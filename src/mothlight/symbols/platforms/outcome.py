"""What looking a frame up came to."""

from typing import NamedTuple

from mothlight.frames.sanitise import clean_text
from mothlight.frames.unified import Resolved
from mothlight.symbols.failures import Failure

MOST_NAME_CHARACTERS = 4_096
"""Of a function's or a file's name out of symbol data: some are as long as their maker likes."""


class Outcome(NamedTuple):
    """The frames, outermost first, and why they could not be resolved, where they could not."""

    frames: list[Resolved]
    failure: Failure | None = None


def cleaned(name: str | None) -> str | None:
    """A name out of symbol data, as it may be stored and shown (pipeline 2.2)."""
    return None if name is None else clean_text(name[:MOST_NAME_CHARACTERS])
