"""`/server`: for the person who runs it. Lag, rates, disk, memory, what was dropped and why, the doctor."""

import sys
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from starlette.responses import Response

from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access
from mothlight.storage.metadata.repositories.waiting_keys import waiting_projects
from mothlight.web.pages.calls import UserPage

ADVICE: Mapping[str, str] = {
    "invalid_event": "A sender of yours builds events by hand; look at what it sends.",
    "missing_event_name": "A sender of yours builds events by hand; look at what it sends.",
    "missing_distinct_id": "A sender of yours builds events by hand; look at what it sends.",
    "invalid_uuid": "A sender of yours builds events by hand; look at what it sends.",
    "invalid_timestamp": "A sender of yours builds events by hand; look at what it sends.",
    "event_name_too_long": "Shorten the name to 200 characters.",
    "distinct_id_too_long": "Shorten the distinct id to 200 characters.",
    "nonsense_distinct_id": "A sender identifies people before it knows who they are.",
    "not_exception": "Nothing: other events tell about persons only.",
    "duplicate": "Nothing: sent again, counted once.",
    "unprocessable": "Look at the SDK that sent it: its exception list cannot be read.",
    "suppressed_by_rule": "As you asked: a suppression rule matches them.",
    "suppressed_issue": "As you asked: its issue is suppressed.",
    "issue_rate_limit": "As you asked: over the limit of one issue. Each is counted there.",
    "project_rate_limit": "As you asked: over the limit of its project. Each is counted in its issue.",
    "quarantined": "See mothlight quarantine list; the next start processes them again.",
    "project_deleted": "Nothing: its project is gone.",
    "unreadable": "The disk is failing: look at it.",
}
"""What an operator does about each reason. To add one: a reason as `/_stats` names it."""


def show_server(call: UserPage) -> Response:
    """The figures of now."""
    machine, parts = call.service.machine, call.parts
    free, total = machine.disk()
    return call.page(
        "server/server.html",
        counted=machine.tally.read(),
        advice=ADVICE,
        uptime=parts.clock() - machine.started_at,
        events_bytes=parts.events.size_on_disk(),
        journal_bytes=machine.journal_bytes(),
        disk_free=free,
        disk_total=total,
        memory_bytes=machine.memory_bytes(),
        machine_memory_bytes=machine.machine_memory_bytes(),
        database=_database(call.database),
        waiting=_waiting(call),
        python=sys.version.split()[0],
        data_dir=str(machine.data_dir),
        retention_days=call.service.retention_days,
    )


def show_doctor(call: UserPage) -> Response:
    """The doctor's findings. They take a moment, so that the page asks for them when it is there."""
    findings = sorted(call.service.machine.examine(), key=lambda each: ("wrong", "note", "ok").index(each.state))
    if call.incoming.is_fragment:
        return call.fragment("server/doctor.html", findings=findings)
    return call.page("server/doctor_page.html", findings=findings)


def _waiting(call: UserPage) -> list[tuple[str, int, datetime]]:
    """Project, number of errors that wait for an issue, and since when the first of them."""
    with reading(call.database) as connection:
        found = waiting_projects(connection)
        names = {key: project.name for key in found if (project := access.find_project(connection, key)) is not None}
    return [(names[key], *found[key]) for key in sorted(found) if key in names]


def _database(engine: sa.Engine) -> str:
    """Kind and version of the metadata database."""
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            return f"SQLite {connection.scalar(sa.text('SELECT sqlite_version()'))}"
        return f"PostgreSQL {str(connection.scalar(sa.text('SHOW server_version'))).split()[0]}"
