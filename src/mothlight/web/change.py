"""Changes that handlers make: one transaction with its entry in the journal, then the event store's copies."""

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
import structlog

from mothlight.issues.journal import Author
from mothlight.model.errors import Unavailable
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories.changes import Actor
from mothlight.web.parts import Work

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


def change(call: Work, work: Callable[[sa.Connection, Author], Answer]) -> Answer:
    """Do the work in one transaction, all or nothing; the next query shows it.

    Raises:
        Refused: what the work refuses.
        Unavailable: the metadata database is away; nothing has changed.
    """
    with writing(call.parts.database) as connection:
        answer = work(connection, author_of(call))
    _sync(call)
    return answer


def author_of(call: Work) -> Author:
    """The caller as the journal names them, now."""
    actor = Actor("user", str(call.caller.user_id), call.caller.key_id)
    return Author(call.project.id, actor, call.parts.clock(), call.parts.make_id)


def _sync(call: Work) -> None:
    try:
        call.parts.mirror.sync()
    except Unavailable as problem:
        # The change is made, and to say otherwise would have it made twice. The notes stay for whoever syncs next.
        log.warning("mirror_is_behind", reason=problem.reason)
