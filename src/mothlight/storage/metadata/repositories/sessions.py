"""Sessions of the pages in the database. What is stored of a session's secret is its hash."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from mothlight.model.access import Session, User
from mothlight.storage.metadata.tables import sessions, users

_SESSION = (
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.stays,
    sessions.c.device,
    sessions.c.address,
    sessions.c.created_at,
    sessions.c.last_used_at,
    sessions.c.ends_at,
)
_USER = (users.c.id, users.c.email, users.c.first_name, users.c.is_active, users.c.current_project_id)


def add_session(connection: sa.Connection, session: Session, secret_hash: str) -> None:
    """Store a new session."""
    connection.execute(
        sa.insert(sessions).values(
            id=session.id,
            user_id=session.user_id,
            hash=secret_hash,
            stays=session.stays,
            device=session.device,
            address=session.address,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            ends_at=session.ends_at,
        )
    )


def find_session(connection: sa.Connection, secret_hash: str, now: datetime) -> tuple[Session, User] | None:
    """Find who is signed in with a secret; None when nobody is, any more, or the user was deactivated."""
    query = (
        sa.select(*_SESSION, *_USER)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.hash == secret_hash, sessions.c.ends_at > now, users.c.is_active)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (Session(*row[: len(_SESSION)]), User(*row[len(_SESSION) :]))


def list_sessions(connection: sa.Connection, user_id: int, now: datetime) -> list[Session]:
    """List where a user is signed in, used last first."""
    query = sa.select(*_SESSION).where(sessions.c.user_id == user_id, sessions.c.ends_at > now)
    ordered = query.order_by(sessions.c.last_used_at.desc(), sessions.c.id)
    return [Session(*row) for row in connection.execute(ordered)]


def record_use(connection: sa.Connection, session_id: UUID, now: datetime, ends_at: datetime) -> None:
    """Note that a session was used, and when it ends now."""
    connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(last_used_at=now, ends_at=ends_at))


def delete_session(connection: sa.Connection, user_id: int, session_id: UUID) -> bool:
    """Forget one of a user's sessions; whether there was such a one."""
    deleted = connection.execute(sa.delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id))
    return deleted.rowcount > 0


def delete_sessions(connection: sa.Connection, user_id: int, *, but: UUID | None = None) -> int:
    """Forget all sessions of a user, or all but one; how many they were."""
    condition = sessions.c.user_id == user_id
    if but is not None:
        condition = sa.and_(condition, sessions.c.id != but)
    return connection.execute(sa.delete(sessions).where(condition)).rowcount


def delete_ended(connection: sa.Connection, now: datetime) -> None:
    """Forget the sessions whose time is over."""
    connection.execute(sa.delete(sessions).where(sessions.c.ends_at <= now))


def last_uses(connection: sa.Connection, user_ids: Iterable[int]) -> dict[int, datetime]:
    """When each of some users was here last, as far as sessions tell that have not ended."""
    query = sa.select(sessions.c.user_id, sa.func.max(sessions.c.last_used_at))
    rows = connection.execute(query.where(sessions.c.user_id.in_(list(user_ids))).group_by(sessions.c.user_id))
    return {row[0]: row[1] for row in rows}
