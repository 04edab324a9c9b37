"""Sessions of the pages: somebody who signed in, known by a secret in a cookie, for a bounded time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from mothlight.access.keys import hash_key, random_text
from mothlight.model.access import Session, User
from mothlight.model.errors import not_found
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import sessions as repository

SECRET_BYTES = 32
STAYS_FOR = timedelta(days=30)
"""How long a session lasts without being used, where the person asked to stay signed in."""
LASTS_FOR = timedelta(hours=12)
"""How long it lasts without being used otherwise."""
AT_MOST = timedelta(days=90)
"""When everybody has to sign in again."""
USE_RECORDED_EVERY = timedelta(minutes=10)
LONGEST_DEVICE = 300


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with its secret, which nobody can know later."""

    session: Session
    secret: str


@dataclass(frozen=True, slots=True)
class Whence:
    """Where somebody comes from, to be recognised in the list of sessions."""

    address: str
    device: str


def open_session(connection: sa.Connection, user_id: int, now: datetime, whence: Whence, *, stays: bool) -> NewSession:
    """Let a user be signed in from now on."""
    secret = random_text(SECRET_BYTES)
    session = Session(
        id=uuid4(),
        user_id=user_id,
        stays=stays,
        device=whence.device[:LONGEST_DEVICE].replace("\x00", ""),
        address=whence.address,
        created_at=now,
        last_used_at=now,
        ends_at=now + (STAYS_FOR if stays else LASTS_FOR),
    )
    repository.delete_ended(connection, now)
    repository.add_session(connection, session, hash_key(secret))
    return NewSession(session, secret)


def find_session(database: sa.Engine, secret: str, now: datetime) -> tuple[Session, User] | None:
    """Find who is signed in with a secret, and note that the session is used.

    Asks the database each time: a session that was ended somewhere else has ended here too.

    Raises:
        Unavailable: the database is away.
    """
    with reading(database) as connection:
        found = repository.find_session(connection, hash_key(secret), now)
    if found is not None and now - found[0].last_used_at >= USE_RECORDED_EVERY:
        with writing(database) as connection:
            repository.record_use(connection, found[0].id, now, _end(found[0], now))
    return found


def list_sessions(connection: sa.Connection, user_id: int, now: datetime) -> list[Session]:
    """List where a user is signed in, used last first."""
    return repository.list_sessions(connection, user_id, now)


def end_session(connection: sa.Connection, user_id: int, session_id: UUID) -> None:
    """Sign a user out of one session.

    Raises:
        Refused: the user has no such session (404).
    """
    if not repository.delete_session(connection, user_id, session_id):
        raise not_found("This session has ended already.")


def end_sessions(connection: sa.Connection, user_id: int, *, but: UUID | None = None) -> int:
    """Sign a user out everywhere, or everywhere but here; how many sessions that were."""
    return repository.delete_sessions(connection, user_id, but=but)


def _end(session: Session, now: datetime) -> datetime:
    return min(now + (STAYS_FOR if session.stays else LASTS_FOR), session.created_at + AT_MOST)
