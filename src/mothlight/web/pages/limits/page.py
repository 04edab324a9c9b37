"""`/projects/{id}/settings/limits`: how much may come in (api.md 3.9). Each change stands in the journal."""

from datetime import timedelta

from starlette.responses import Response

from mothlight.issues.project_settings import change_settings
from mothlight.model.errors import Refused, invalid
from mothlight.queries.date_range import DateRange
from mothlight.queries.dropped import count_kept_and_dropped
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.settings import ProjectSettings, load_settings
from mothlight.web.change import change
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.values.changes import SettingsChange
from mothlight.web.values.validate import validate

PATH = "settings/limits"
NAMES = ProjectSettings.__struct_fields__
LOOK_BACK = timedelta(days=1)
"""How far back the page says what limits did."""


def show_limits(call: ProjectPage) -> Response:
    """The limits."""
    with reading(call.database) as connection:
        limits = load_settings(connection, call.project.id)
    return _page(call, {name: "" if (value := getattr(limits, name)) is None else str(value) for name in NAMES})


def save_limits(call: ProjectPage) -> Response:
    """Change them; an empty field is no limit."""
    sent = {name: call.form.get(name, "").strip() for name in NAMES}
    try:
        wanted = validate(SettingsChange, {name: _read(name, text) for name, text in sent.items()}).model_dump()
    except Refused as problem:
        return _page(call, sent, problem)
    change(call, lambda connection, author: change_settings(connection, author, wanted))
    return call.redirect(call.path(PATH), "The limits are saved.")


def _read(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise invalid("A limit is a whole number, or nothing.", name)
    return int(text[:12])


def _page(call: ProjectPage, values: dict[str, str], problem: Refused | None = None) -> Response:
    now = call.parts.clock()
    kept, dropped = count_kept_and_dropped(call.parts.events, call.project.id, DateRange(now - LOOK_BACK, now))
    return call.page(
        "limits/limits.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        values=values,
        problem=problem,
        kept=kept,
        dropped=dropped,
    )
