"""Project tokens: public, written into every application that reports to the project (ingest.md 2)."""

import re

from mothlight.access.keys import random_text
from mothlight.model.errors import invalid

PREFIX = "phc_"
_GIVEN = re.compile(r"phc_[A-Za-z0-9_-]{1,60}", re.ASCII)


def make_token() -> str:
    """Make a new token; 32 random bytes keep it below the 64 characters that SDKs and intake allow."""
    return PREFIX + random_text(32)


def check_given_token(value: str) -> str:
    """Let a token through that an operator chose.

    Raises:
        Refused: it does not look like one.
    """
    if not _GIVEN.fullmatch(value):
        raise invalid("A project token is phc_ and up to 60 letters, digits, - and _.", "token")
    return value
