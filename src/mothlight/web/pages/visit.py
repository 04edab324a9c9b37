"""Who comes, in which browser: what cookies say.

mothlight_session   the secret of a session: signed in
mothlight_visitor   a secret too, for the forms of those who are not
mothlight_flash     a sealed sentence for the next page
mothlight_theme     light or dark; otherwise as the system
mothlight_zone      the time zone, which the script writes
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from mothlight.access.keys import random_text
from mothlight.access.sessions import AT_MOST, SECRET_BYTES, NewSession, find_session
from mothlight.model.access import Session, User
from mothlight.web.pages.incoming import Incoming
from mothlight.web.pages.proof import seal, unseal

SESSION = "mothlight_session"
VISITOR = "mothlight_visitor"
FLASH = "mothlight_flash"
THEME = "mothlight_theme"
ZONE = "mothlight_zone"
THEMES = ("system", "light", "dark")
FLASH_SECONDS = 60
LONGEST_SECRET = 100
LONGEST_FLASH = 1000


class Flash(msgspec.Struct, frozen=True):
    """A sentence that the next page shows once."""

    text: str
    undo: str | None = None
    """Path of the form that takes back what was done."""
    undo_word: str = "Undo"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the door or inside."""

    secret: str
    """Of the session or, outside, of the visitor."""
    is_new: bool
    """Whether the visitor's secret was made just now."""
    session: Session | None
    user: User | None
    theme: str
    zone: tzinfo
    flash: Flash | None


def read_visit(incoming: Incoming, database: sa.Engine, now: datetime) -> Visit:
    """Find who comes. Raises `Unavailable` when the database is away."""
    secret = incoming.cookies.get(SESSION, "")
    found = find_session(database, secret, now) if 0 < len(secret) <= LONGEST_SECRET else None
    if found is None:
        return at_the_door(incoming)
    session, user = found
    return _visit(incoming, secret, session=session, user=user)


def at_the_door(incoming: Incoming) -> Visit:
    """Take somebody for signed out, without asking."""
    known = incoming.cookies.get(VISITOR, "")
    is_new = not 0 < len(known) <= LONGEST_SECRET
    return _visit(incoming, random_text(SECRET_BYTES) if is_new else known, is_new=is_new)


def remember_visitor(response: Response, incoming: Incoming, visit: Visit) -> None:
    """Let the browser keep the visitor's secret, if it is new."""
    if visit.is_new:
        set_cookie(response, incoming, VISITOR, visit.secret)


def remember_session(response: Response, incoming: Incoming, new: NewSession) -> None:
    """Let the browser keep a session's secret."""
    seconds = int(AT_MOST.total_seconds()) if new.session.stays else None
    set_cookie(response, incoming, SESSION, new.secret, seconds)


def remember_flash(response: Response, incoming: Incoming, secret: str, flash: Flash) -> None:
    """Let the next page say something."""
    short = msgspec.structs.replace(flash, text=flash.text[:LONGEST_FLASH])
    set_cookie(response, incoming, FLASH, seal(secret, msgspec.json.encode(short)), FLASH_SECONDS)


def forget_cookie(response: Response, incoming: Incoming, name: str) -> None:
    """Let the browser forget one."""
    response.delete_cookie(name, path=incoming.prefix or "/", secure=incoming.is_secure, httponly=True, samesite="lax")


def set_cookie(
    response: Response,
    incoming: Incoming,
    name: str,
    value: str,
    seconds: int | None = None,
    *,
    for_script: bool = False,
) -> None:
    """Let the browser keep a value, as long as it runs or for some seconds."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=incoming.prefix or "/",
        secure=incoming.is_secure,
        httponly=not for_script,
        samesite="lax",
    )


def _visit(
    incoming: Incoming, secret: str, *, is_new: bool = False, session: Session | None = None, user: User | None = None
) -> Visit:
    theme = incoming.cookies.get(THEME, THEMES[0])
    return Visit(
        secret=secret,
        is_new=is_new,
        session=session,
        user=user,
        theme=theme if theme in THEMES else THEMES[0],
        zone=_read_zone(unquote(incoming.cookies.get(ZONE, ""))),
        flash=_read_flash(incoming.cookies.get(FLASH, ""), secret),
    )


def _read_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name and name.isascii() and len(name) <= 64 else UTC
    except (LookupError, ValueError, OSError):
        # Names of places that do not exist, or that this machine does not know.
        return UTC


def _read_flash(sealed: str, secret: str) -> Flash | None:
    content = unseal(secret, sealed) if sealed else None
    return None if content is None else msgspec.json.decode(content, type=Flash)
