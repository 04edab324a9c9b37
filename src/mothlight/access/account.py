"""What people change about their own account."""

from datetime import datetime

import sqlalchemy as sa

from mothlight.access.passwords import hash_password, verify_password
from mothlight.access.sessions import NewSession, Whence, end_sessions, open_session
from mothlight.access.sign_in import attempt
from mothlight.model.access import Session, User
from mothlight.model.errors import invalid
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import access as repository


def change_password(
    database: sa.Engine, user: User, session: Session, current: str, new: str, now: datetime
) -> NewSession:
    """Give a user another password. All sessions end; the one that asked goes on under a new secret.

    Raises:
        Refused: the present password is another one, or the new one cannot be used.
        TooManyAttempts: too many wrong ones were given.
    """
    whence = Whence(session.address, session.device)
    with reading(database) as connection:
        known = repository.find_password_hash(connection, user.id)
    with attempt(database, user.email, whence, now):
        if not verify_password(known, current):
            raise invalid("This is not your present password.", "current")
    password_hash = hash_password(new)
    with writing(database) as connection:
        repository.set_password_hash(connection, user.id, password_hash)
        end_sessions(connection, user.id)
        return open_session(connection, user.id, now, whence, stays=session.stays)


def open_project(database: sa.Engine, user: User, project_id: int) -> None:
    """Note which project a user opened last; `@current` means it."""
    if user.current_project_id != project_id:
        with writing(database) as connection:
            repository.set_current_project(connection, user.id, project_id)
