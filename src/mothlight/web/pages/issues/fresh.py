"""`/projects/{id}/issues/fresh`: what came since the list was made. It waits behind a link; nothing moves by itself."""

from datetime import UTC, datetime, timedelta

import msgspec
from starlette.responses import Response

from mothlight.filters.moments import absolute_moment
from mothlight.model.errors import Refused
from mothlight.queries.answers.new_events import NewEvents, count_new_events
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.issues.asked import read_asked
from mothlight.web.pages.issues.desk import ProjectDesk

LONGEST = timedelta(days=1)
"""Who left the list open for longer loads it again."""


def watch_from(call: ProjectPage, now: datetime) -> str:
    """The moment since which nothing is in the list: events that are on their way now are not."""
    return (now - timedelta(seconds=call.service.pulse.read().lag_seconds)).astimezone(UTC).isoformat()


def show_fresh(call: ProjectPage) -> Response:
    """The line over the list; empty while nothing came."""
    since = absolute_moment(call.query.get("since", ""))
    now = call.parts.clock()
    found = NewEvents(0, 0)
    if since is not None and now - since <= LONGEST:
        found = _count(call, since, now)
    return call.fragment("issues/fresh.html", found=found, path=call.path(read_asked(call.query).to()))


def _count(call: ProjectPage, since: datetime, now: datetime) -> NewEvents:
    try:
        question = read_asked(call.query).question(ProjectDesk(call), call.visit.zone)
    except Refused:
        # The list says so itself; nothing is in it, so nothing is new.
        return NewEvents(0, 0)
    everything = msgspec.structs.replace(question, offset=0)
    return count_new_events(everything, since, call.parts.events, call.database, call.project.id, now)
