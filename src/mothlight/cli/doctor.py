"""`mothlight doctor`: checks what could be wrong, and says what to do.

To add a check: a function, and a line in `CHECKS`. A check yields findings; it raises nothing that an operator could
cause. Checks work beside a running server.
"""

import json
import os
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from urllib.error import HTTPError

import sqlalchemy as sa
from cyclopts import Parameter

import mothlight
from mothlight.cli.environment import option_variables
from mothlight.cli.metadata import sqlite_file
from mothlight.cli.options import DEFAULT_DATA_DIR, AsJson, DataDir
from mothlight.cli.output import print_json
from mothlight.cli.port import check_port
from mothlight.kit.clock import system_clock
from mothlight.kit.lock import DirectoryLock, LockHeld, find_holder
from mothlight.model.errors import Misconfigured, Unavailable
from mothlight.model.finding import Finding, State
from mothlight.settings import PREFIX, VARIABLES, Settings, read_settings
from mothlight.storage.metadata.engine import open_database, reading
from mothlight.storage.metadata.migrate import LATEST_REVISION, current_revision
from mothlight.storage.metadata.repositories import access as repository
from mothlight.storage.metadata.repositories import quarantine

GIBIBYTE = 1024**3
FREE_SPACE_WANTED = 2 * GIBIBYTE
NEARLY_FULL = 0.8
CLOCK_TOLERANCE = timedelta(seconds=5)
HTTP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at. `server` is who holds the data directory, if a server runs on it."""

    settings: Settings
    server: LockHeld | None
    now: datetime


def doctor(
    *,
    host: Annotated[str, Parameter(help="The address that the server listens on.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="The port that the server listens on.")] = 8080,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> int:
    """Check what could be wrong, and say what to do. The exit code is 1 if something is wrong."""
    findings = examine(read_settings(data_dir=data_dir, host=host, port=port))
    if as_json:
        print_json(
            [{"check": each.check, "state": each.state, "text": each.text, "advice": each.advice} for each in findings]
        )
    else:
        for finding in findings:
            print(
                f"{finding.state:<6}{finding.check}: {finding.text}"
                + (f"\n      {finding.advice}" * bool(finding.advice))
            )
    return int(any(finding.state == "wrong" for finding in findings))


def examine(settings: Settings) -> list[Finding]:
    """Do all checks. Blocks for seconds where something does not answer."""
    patient = Patient(settings, _find_server(settings.data_dir), system_clock())
    return [finding for check in CHECKS for finding in check(patient)]


def check_variables(_patient: Patient) -> Iterator[Finding]:
    """Look for variables that nothing reads, such as misspelt ones."""
    from mothlight.cli.app import build

    known = {PREFIX + name for name in VARIABLES} | option_variables(build())
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        yield Finding("settings", "note", f"nothing reads {', '.join(unknown)}", "Check the spelling, or unset them.")
    else:
        yield Finding("settings", "ok", "every variable is known and can be read")


def check_directory(patient: Patient) -> Iterator[Finding]:
    """Look at the data directory and the space on its disk."""
    directory = patient.settings.data_dir
    if not directory.is_dir():
        yield Finding(
            "data directory", "wrong", f"{directory} is not there", "Run `mothlight init` or `mothlight serve`."
        )
        return
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "data directory",
            "wrong",
            f"{directory} is not writable for user {os.getuid()}",
            "Give it to the user that runs the server.",
        )
        return
    free = shutil.disk_usage(directory).free
    text = f"{directory}, {free / GIBIBYTE:.1f} GiB free"
    if free < FREE_SPACE_WANTED:
        advice = f"Free some space, lower {PREFIX}RETENTION_DAYS, or move the directory to a larger disk."
        yield Finding("data directory", "wrong", text, advice)
    else:
        yield Finding("data directory", "ok", text)


def check_database(patient: Patient) -> Iterator[Finding]:
    """Look whether the metadata database answers, has this version's schema, and is set up."""
    file = sqlite_file(patient.settings.database_url)
    if file is not None and not file.exists():
        yield Finding("database", "wrong", f"{file} is not there", "Run `mothlight init` or `mothlight serve`.")
        return
    try:
        with _database(patient.settings.database_url) as engine:
            schema = _look_at_schema(engine)
            yield schema
            if schema.state != "wrong":
                yield from _look_at_clock(engine, patient.now)
    except (Unavailable, ValueError, sa.exc.DBAPIError) as problem:
        yield Finding("database", "wrong", _words(problem), f"Check {PREFIX}DATABASE_URL, and that the database runs.")


def check_events(patient: Patient) -> Iterator[Finding]:
    """Look whether the event store answers. A running server holds an embedded one, and answers for it."""
    url = patient.settings.events_url
    try:
        if not url.startswith("chdb:"):
            _ask_events(patient.settings)
        elif patient.server is not None:
            yield Finding("events", "ok", "the running server has them open; see the line about it")
            return
        elif not Path(url.removeprefix("chdb://")).is_dir():
            yield Finding("events", "ok", "there are none yet; `mothlight serve` makes the store")
            return
        else:
            with DirectoryLock(patient.settings.data_dir, system_clock):
                _ask_events(patient.settings)
    except (Unavailable, Misconfigured, LockHeld, OSError) as problem:
        yield Finding("events", "wrong", _words(problem), f"Check {PREFIX}EVENTS_URL, and that the event store runs.")
    else:
        yield Finding("events", "ok", "the event store answers")


def check_quarantine(patient: Patient) -> Iterator[Finding]:
    """Look whether events could not be stored."""
    file = sqlite_file(patient.settings.database_url)
    if file is not None and not file.exists():
        return
    try:
        with _database(patient.settings.database_url) as engine:
            if current_revision(engine) != LATEST_REVISION:
                return
            with reading(engine) as connection:
                sums, losses = quarantine.sum_up(connection), quarantine.find_losses(connection)
    except (Unavailable, ValueError, sa.exc.DBAPIError):
        # The line about the database says it.
        return
    if losses is not None:
        text = f"{losses.events} refused events went for newer ones, the last at {losses.last_at:%Y-%m-%d %H:%M} UTC"
        yield Finding("quarantine", "note", text, "`mothlight quarantine list` says why: find who sends them.")
    events, size = sum(each for each, _ in sums.values()), sums.get(quarantine.DEFECT, (0, 0))[1]
    if events == 0:
        yield Finding("quarantine", "ok", "every event could be stored")
        return
    text = f"{events} events could not be stored; defects take {size / quarantine.MOST_BYTES:.0%} of their room"
    state: State = "wrong" if size > NEARLY_FULL * quarantine.MOST_BYTES else "note"
    yield Finding("quarantine", state, text, "See `mothlight quarantine list`. When it is full, nothing is stored.")


def check_server(patient: Patient) -> Iterator[Finding]:
    """Look whether the running server is ready, or whether one could listen."""
    settings = patient.settings
    if patient.server is not None:
        yield from _ask_server(settings.local_address, patient.server)
        return
    try:
        check_port(settings.host, settings.port)
    except Misconfigured as problem:
        yield Finding("server", "wrong", str(problem), "Stop what listens there, or choose another --port.")
    else:
        yield Finding("server", "ok", f"none runs on this directory; port {settings.port} is free for one")


def check_scripts(_patient: Patient) -> Iterator[Finding]:
    """Look whether the browser client's scripts were built in."""
    folder = Path(mothlight.__file__).parent / "web" / "sdk" / "static"
    if (folder / "array.js").is_file():
        version = (folder / "VERSION").read_text(encoding="utf-8").strip()
        yield Finding("browser scripts", "ok", f"those of version {version} are served below /static/")
    else:
        yield Finding(
            "browser scripts",
            "note",
            "they were not built in: browsers that load the client from this server get 404",
            "Install again with npm or the Python package registry within reach, or bundle the client into the pages.",
        )


def check_retention(patient: Patient) -> Iterator[Finding]:
    """Say how long events are kept."""
    days = patient.settings.retention_days
    if days == 0:
        advice = f"Set {PREFIX}RETENTION_DAYS, or watch the disk."
        yield Finding("retention", "note", "events are kept for ever, so the disk fills", advice)
    else:
        yield Finding("retention", "ok", f"events are kept for {days} days")


CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    check_variables,
    check_directory,
    check_database,
    check_events,
    check_quarantine,
    check_server,
    check_scripts,
    check_retention,
)


def _words(problem: Exception) -> str:
    """What an operator should read of a problem, on one line."""
    told = problem.reason if isinstance(problem, Unavailable) else getattr(problem, "orig", None) or problem
    return " ".join(str(told).split())


def _find_server(directory: Path) -> LockHeld | None:
    try:
        return find_holder(directory)
    except OSError:
        # A directory that cannot be read is a finding of its own.
        return None


def _ask_events(settings: Settings) -> None:
    from mothlight.bootstrap.stores import open_event_store
    from mothlight.kit.logs import quieten_libraries

    quieten_libraries()
    store = open_event_store(settings)
    try:
        store.check()
    finally:
        store.close()


@contextmanager
def _database(url: str) -> Iterator[sa.Engine]:
    engine = open_database(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _look_at_schema(engine: sa.Engine) -> Finding:
    revision = current_revision(engine)
    if revision is None:
        return Finding("database", "wrong", "it answers and is empty", "Run `mothlight init` or `mothlight serve`.")
    if revision > LATEST_REVISION:
        advice = "Run the newer version of Mothlight, or restore a backup from before it."
        return Finding("database", "wrong", f"a newer version wrote it (schema {revision})", advice)
    if revision < LATEST_REVISION:
        return Finding("database", "note", f"it has schema {revision}", "The next start or command migrates it.")
    with reading(engine) as connection:
        organization = repository.find_first_organization(connection)
    if organization is None:
        return Finding("database", "wrong", "nobody is set up in it", "Run `mothlight init` or `mothlight serve`.")
    return Finding("database", "ok", f"{engine.dialect.name} answers, with schema {revision}")


def _look_at_clock(engine: sa.Engine, now: datetime) -> Iterator[Finding]:
    advice = "Let every machine take its time from the network (NTP)."
    with reading(engine) as connection:
        newest = repository.find_newest_moment(connection)
        theirs = now if engine.dialect.name == "sqlite" else connection.scalar(sa.select(sa.func.clock_timestamp()))
    apart = abs((theirs or now).astimezone(UTC) - now)
    if newest is not None and newest - now > CLOCK_TOLERANCE:
        yield Finding("clock", "wrong", f"it says {now:%F %T} UTC, but keys were used at {newest:%F %T} UTC", advice)
    elif apart > CLOCK_TOLERANCE:
        yield Finding(
            "clock", "wrong", f"this machine and the database's are {apart.total_seconds():.0f} s apart", advice
        )
    else:
        yield Finding("clock", "ok", f"{now:%F %T} UTC")


def _ask_server(address: str, server: LockHeld) -> Iterator[Finding]:
    running = f"process {server.pid}" if server.pid else "a process"
    try:
        with urllib.request.urlopen(f"{address}/_readyz", timeout=HTTP_SECONDS):  # noqa: S310 - http or https, from settings
            yield Finding("server", "ok", f"{running} is ready at {address}")
    except HTTPError as answer:
        yield Finding("server", "wrong", f"{running} is not ready: {_reason(answer)}", "See its log.")
    except OSError as problem:
        text = (
            f"{running} holds the data directory, but {address} does not answer: {getattr(problem, 'reason', problem)}"
        )
        yield Finding("server", "wrong", text, "Name its address with --host and --port, or see its log.")


def _reason(answer: HTTPError) -> str:
    body = answer.read(2000).decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        return f"HTTP {answer.code}"
