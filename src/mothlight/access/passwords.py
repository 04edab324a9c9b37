"""Passwords: made, hashed with argon2id, verified."""

from mothlight.access.keys import random_text
from mothlight.model.errors import invalid

SHORTEST = 8
LONGEST = 1000


def make_password() -> str:
    """Make a password of 16 random bytes, for a first administrator who gave none."""
    return random_text(16)


def hash_password(password: str) -> str:
    """Hash with argon2id and the library's current parameters; takes some 50 ms on purpose.

    Raises:
        Refused: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise invalid(f"A password has {SHORTEST} to {LONGEST} characters.", "password")
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Tell whether the password is the hashed one. Without a hash it never is, and that takes as long to say."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    hasher = PasswordHasher()
    if password_hash is None:
        hasher.hash(password)
        return False
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
