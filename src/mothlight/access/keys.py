"""Personal API keys (api.md 1.3): how they look, and what is kept of them."""

import hashlib
import re
import secrets
import string

from mothlight.model.errors import invalid

PREFIX = "phx_"
ENTROPY_BYTES = 35
_ALPHABET = string.ascii_letters + string.digits
_GIVEN = re.compile(r"phx_[A-Za-z0-9_-]{1,196}", re.ASCII)


def make_key() -> str:
    """Make a new key: the prefix and an alphanumeric text of 35 random bytes."""
    return PREFIX + random_text(ENTROPY_BYTES)


def random_text(entropy_bytes: int) -> str:
    """Write random bytes as letters and digits, always at the same length, leading zeros kept."""
    length = 1
    while len(_ALPHABET) ** length < 256**entropy_bytes:
        length += 1
    number = secrets.randbits(entropy_bytes * 8)
    digits = []
    for _ in range(length):
        number, place = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[place])
    return "".join(digits)


def check_given_key(value: str) -> str:
    """Let a key through that an operator chose.

    Raises:
        Refused: it does not look like one.
    """
    if not _GIVEN.fullmatch(value):
        raise invalid("A personal API key is phx_ and up to 196 letters, digits, - and _.", "personal_api_key")
    return value


def hash_key(value: str) -> str:
    """Give what is stored instead of the key. Unsalted, because keys are found by it; their entropy protects them."""
    return "sha256$" + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def mask_key(value: str) -> str:
    """Give what people may see of a key: `phx_...9zQk`."""
    return f"{value[:4]}...{value[-4:]}"
