"""Signing in with e-mail and password, as often as the limits let somebody try.

An attempt is written down before the password is looked at, and taken back when it was the right one. So attempts
that run at the same time, on whichever node, count too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import sqlalchemy as sa

from mothlight.access.keys import hash_key
from mothlight.access.passwords import LONGEST, verify_password
from mothlight.access.sessions import NewSession, Whence, open_session
from mothlight.model.access import User
from mothlight.model.errors import Refused
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import access as repository
from mothlight.storage.metadata.repositories import sign_in_attempts as attempts

ATTEMPTS_OF_ACCOUNT = 5
ATTEMPTS_OF_ADDRESS = 20
WINDOW = timedelta(minutes=15)


class WrongPassword(Refused):
    """The password is not the account's, or there is no such account: nobody is told which."""

    def __init__(self) -> None:
        detail = "E-mail or password is wrong."
        super().__init__(403, "authentication_error", "wrong_password", detail, "password")


class TooManyAttempts(Refused):
    """Too many attempts failed; `seconds` until the next is looked at."""

    def __init__(self, seconds: int) -> None:
        minutes = -(-seconds // 60)
        wait = "in a minute" if minutes <= 1 else f"in {minutes} minutes"
        super().__init__(
            429, "throttled_error", "throttled", f"Too many attempts failed. Try again {wait}.", "password"
        )
        self.seconds = seconds


def sign_in(
    database: sa.Engine, email: str, password: str, now: datetime, whence: Whence, *, stays: bool
) -> NewSession:
    """Let a user with the right password be signed in from now on.

    Raises:
        WrongPassword: and that takes as long to say for unknown accounts.
        TooManyAttempts: the password was not looked at.
        Unavailable: the database is away.
    """
    address = email.strip().lower()
    with attempt(database, address, whence, now):
        user = _check(database, address, password)
    with writing(database) as connection:
        return open_session(connection, user.id, now, whence, stays=stays)


@contextmanager
def attempt(database: sa.Engine, email: str, whence: Whence, now: datetime) -> Iterator[None]:
    """One attempt at a password. It counts as failed unless the block ends without an exception.

    Raises:
        TooManyAttempts: there must be none now.
    """
    account = hash_key(email)
    with writing(database) as connection:
        attempts.lock(connection)
        attempts.delete_before(connection, now - WINDOW)
        _check_limits(connection, account, subject_of(whence.address), now)
        attempts.add_attempt(connection, account, subject_of(whence.address), now)
    yield
    with writing(database) as connection:
        attempts.delete_of_account(connection, account)


def subject_of(address: str) -> str:
    """What counts as one address: of IPv6 the network that one customer has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed.packed, 64), strict=False))


def _check_limits(connection: sa.Connection, account: str, address: str, now: datetime) -> None:
    since = now - WINDOW
    full_since = [
        moment
        for moment in (
            attempts.nth_newest_of_account(connection, account, ATTEMPTS_OF_ACCOUNT, since),
            attempts.nth_newest_of_address(connection, address, ATTEMPTS_OF_ADDRESS, since),
        )
        if moment is not None
    ]
    if full_since:
        raise TooManyAttempts(max(1, int((max(full_since) - since).total_seconds()) + 1))


def _check(database: sa.Engine, email: str, password: str) -> User:
    with reading(database) as connection:
        user = repository.find_user_by_email(connection, email)
        password_hash = repository.find_password_hash(connection, user.id) if user and user.is_active else None
    # What is longer than any password need not be hashed.
    if not verify_password(password_hash, password[: LONGEST + 1]) or user is None:
        raise WrongPassword
    return user
