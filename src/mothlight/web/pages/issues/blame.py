"""When nothing matches: what to leave out, or where to look, so that something does."""

from datetime import datetime

import msgspec

from mothlight.model.errors import Refused
from mothlight.queries.answers.issue_list import find_issues
from mothlight.queries.tokens import Token, write_token
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.issues.asked import Asked
from mothlight.web.pages.issues.desk import ProjectDesk

MOST_TRIED = 5
WIDEST = "90d"


class WayOut(msgspec.Struct, frozen=True):
    """A list that is near, and has issues."""

    words: str
    path: str
    token: str | None = None
    """The token that is to blame; None: the range is."""


def find_ways_out(call: ProjectPage, asked: Asked, now: datetime) -> list[WayOut]:
    """Lists without one of the tokens, or over more days, that are not empty."""
    found = [_without(call, asked, token, now) for token in asked.tokens[:MOST_TRIED]]
    if asked.range != WIDEST or asked.has_days:
        wider = msgspec.structs.replace(asked, range=WIDEST, first_day=None, last_day=None, page=1)
        if _has_issues(call, wider, now):
            found.append(WayOut("Look at 90 days", wider.to()))
    return [each for each in found if each is not None]


def _without(call: ProjectPage, asked: Asked, token: Token, now: datetime) -> WayOut | None:
    others = [each for each in asked.tokens if each != token]
    if not _has_issues(call, msgspec.structs.replace(asked, tokens=others, page=1), now):
        return None
    written = write_token(token)
    return WayOut(f"Remove {written}", asked.without(token), written)


def _has_issues(call: ProjectPage, asked: Asked, now: datetime) -> bool:
    try:
        question = asked.question(ProjectDesk(call), call.visit.zone)
    except Refused:
        return False
    short = msgspec.structs.replace(question, limit=1, volume_resolution=0)
    return bool(find_issues(short, call.parts.events, call.database, call.project.id, now).issues)
