"""Attempts to sign in that failed or are not decided yet, in the database: the limits hold for all nodes together."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from mothlight.storage.metadata.tables import sign_in_attempts as attempts


def lock(connection: sa.Connection) -> None:
    """Let no other transaction count or add attempts before this one ends."""
    # SQLite has one writer at a time anyway.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE sign_in_attempts IN SHARE ROW EXCLUSIVE MODE")


def add_attempt(connection: sa.Connection, account: str, address: str, now: datetime) -> UUID:
    """Store one."""
    attempt_id = uuid4()
    connection.execute(sa.insert(attempts).values(id=attempt_id, account=account, address=address, moment=now))
    return attempt_id


def nth_newest_of_account(connection: sa.Connection, account: str, nth: int, since: datetime) -> datetime | None:
    """Find when the nth newest attempt at an account was made; None when there were fewer since then."""
    return _nth_newest(connection, attempts.c.account == account, nth, since)


def nth_newest_of_address(connection: sa.Connection, address: str, nth: int, since: datetime) -> datetime | None:
    """Find when the nth newest attempt from an address was made; None when there were fewer since then."""
    return _nth_newest(connection, attempts.c.address == address, nth, since)


def delete_of_account(connection: sa.Connection, account: str) -> None:
    """Forget the attempts at an account."""
    connection.execute(sa.delete(attempts).where(attempts.c.account == account))


def delete_before(connection: sa.Connection, moment: datetime) -> None:
    """Forget what no limit looks at any more."""
    connection.execute(sa.delete(attempts).where(attempts.c.moment <= moment))


def _nth_newest(
    connection: sa.Connection, condition: sa.ColumnElement[bool], nth: int, since: datetime
) -> datetime | None:
    query = sa.select(attempts.c.moment).where(condition, attempts.c.moment > since)
    moment: datetime | None = connection.scalar(query.order_by(attempts.c.moment.desc()).offset(nth - 1).limit(1))
    return moment
