"""`/projects/{id}/settings/limits`: how much may come in (api.md 3.9). Each change stands in the journal."""

from datetime import timedelta

from starlette.responses import Response

from mothlight.issues.project_settings import change_settings
from mothlight.model.errors import Refused, invalid
from mothlight.queries.date_range import DateRange
from mothlight.queries.dropped import count_kept_and_dropped
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.settings import (
    SPIKE_COLUMNS,
    ProjectSettings,
    SpikeConfig,
    load_settings,
    load_spike_config,
)
from mothlight.storage.metadata.repositories.spike_events import SpikeFilter, count_spikes
from mothlight.web.change import change
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.values.changes import SettingsChange, SpikeConfigChange
from mothlight.web.values.validate import validate

PATH = "settings/limits"
NAMES = ProjectSettings.__struct_fields__
SPIKE_NAMES = SpikeConfig.__struct_fields__
LOOK_BACK = timedelta(days=1)
"""How far back the page says what limits did."""
SPIKES_BACK = timedelta(days=30)


def show_limits(call: ProjectPage) -> Response:
    """The limits, and when an issue spikes."""
    return _page(call, {})


def save_limits(call: ProjectPage) -> Response:
    """Change them; an empty field is no limit."""
    sent = {name: call.form.get(name, "").strip() for name in NAMES}
    try:
        wanted = validate(SettingsChange, {name: _read(name, text) for name, text in sent.items()}).model_dump()
    except Refused as problem:
        return _page(call, sent, problem)
    change(call, lambda connection, author: change_settings(connection, author, wanted))
    return call.redirect(call.path(PATH), "The limits are saved.")


def save_spikes(call: ProjectPage) -> Response:
    """Change when an issue spikes."""
    sent = {f"spike_{name}": call.form.get(f"spike_{name}", "").strip() for name in SPIKE_NAMES}
    try:
        read = {name: _read(f"spike_{name}", sent[f"spike_{name}"]) for name in SPIKE_NAMES}
        wanted = validate(SpikeConfigChange, read).model_dump()
    except Refused as problem:
        return _page(call, sent, _at_field(problem))
    values = {SPIKE_COLUMNS[name]: value for name, value in wanted.items()}
    change(call, lambda connection, author: change_settings(connection, author, values))
    return call.redirect(call.path(PATH), "The settings of spikes are saved.")


def _at_field(problem: Refused) -> Refused:
    """The same, about the field as the form names it."""
    name = problem.attr or ""
    return problem if name not in SPIKE_NAMES else invalid(problem.detail, f"spike_{name}", problem.code)


def _read(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise invalid("A limit is a whole number, or nothing.", name)
    return int(text[:12])


def _page(call: ProjectPage, sent: dict[str, str], problem: Refused | None = None) -> Response:
    with reading(call.database) as connection:
        limits = load_settings(connection, call.project.id)
        config = load_spike_config(connection, call.project.id)
        spikes = count_spikes(connection, call.project.id, SpikeFilter(date_from=call.parts.clock() - SPIKES_BACK))
    stored = {
        **{name: "" if (value := getattr(limits, name)) is None else str(value) for name in NAMES},
        **{f"spike_{name}": str(getattr(config, name)) for name in SPIKE_NAMES},
    }
    now = call.parts.clock()
    kept, dropped = count_kept_and_dropped(call.parts.events, call.project.id, DateRange(now - LOOK_BACK, now))
    return call.page(
        "limits/limits.html",
        status=200 if problem is None else problem.status,
        place=call.path(PATH),
        values={**stored, **sent},
        problem=problem,
        kept=kept,
        dropped=dropped,
        spikes=spikes,
    )
