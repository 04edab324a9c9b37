"""Runs a program under a real SDK, and compares what it raised with what the server then says."""

import os
import re
import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from .client import Client, Json, eventually
from .packages import PROGRAMS

PROGRAM_SECONDS = 30
VISIBLE_SECONDS = 2.0
"""How long after the SDK has delivered an exception it may take to show in queries."""


@dataclass(frozen=True)
class Call:
    """One frame of ours: the statement of the program that was running."""

    file: str
    function: str
    statement: str
    module: str

    @property
    def lines(self) -> list[str]:
        return (PROGRAMS / self.file).read_text().splitlines()

    @property
    def line(self) -> int:
        """Where the statement stands, from 1."""
        places = [number for number, line in enumerate(self.lines, start=1) if line.strip() == self.statement]
        assert len(places) == 1, f"{self.file} has {self.statement!r} {len(places)} times"
        return places[0]

    @property
    def surroundings(self) -> list[str]:
        """The lines next to the statement that hold something, without indentation."""
        nearby = self.lines[max(0, self.line - 4) : self.line + 3]
        return [line.strip() for line in nearby if len(line.strip()) > len("try:")]


@dataclass(frozen=True)
class Raised:
    """One exception of a program. `message` holds `ORDER` where the program puts the number of its order."""

    type: str
    message: str
    calls: tuple[Call, ...]
    library_frames: str | None = None
    """What the names of the frames before ours begin with or contain; None if there are none."""


@dataclass(frozen=True)
class Finished:
    """A program that has ended."""

    order: str
    exit_code: int
    output: str
    at: float
    """When it ended, by the monotonic clock."""


def run_program(interpreter: list[str], program: str, client: Client, folder: Path) -> Finished:
    """Run a copy of the program in the folder to its end. Only its messages hold the order's number."""
    for path in PROGRAMS.iterdir():
        if path.suffix in {".py", ".mjs"}:
            shutil.copy(path, folder)
    order = uuid.uuid4().hex[:12]
    shop = {"SHOP_HOST": str(client.http.base_url), "SHOP_TOKEN": client.token, "SHOP_ORDER": order}
    done = subprocess.run(
        [*interpreter, program],
        cwd=folder,
        env={**{name: value for name, value in os.environ.items() if not name.startswith("POSTHOG_")}, **shop},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PROGRAM_SECONDS,
        check=False,
    )
    return Finished(order, done.returncode, done.stdout, time.monotonic())


def find_reported(client: Client, finished: Finished) -> tuple[Json, Json]:
    """The issue and the event of what the program raised. They must show within two seconds of its end."""

    def look() -> list[Json]:
        return client.issues(searchQuery=finished.order)

    def problem() -> str:
        return (
            f"no issue of order {finished.order}; the program printed {finished.output!r}, counters: {client.stats()}"
        )

    rows = eventually(look, finished.at + VISIBLE_SECONDS - time.monotonic(), problem)
    assert len(rows) == 1, f"one exception made {len(rows)} issues"
    question = {"searchQuery": finished.order, "verbosity": "stack", "onlyAppFrames": False}
    events = client.events(rows[0]["id"], **question)
    assert len(events) == 1, f"one exception made {len(events)} events"
    return rows[0], events[0]


def check_description(issue: Json, raised: Raised) -> None:
    """The issue is described by the message of its first event, which another test may have sent."""
    assert re.fullmatch(raised.message.replace("ORDER", "[0-9a-f]{12}"), issue["description"])


def check_exceptions(event: Json, raised: list[Raised], order: str) -> None:
    """The event holds these exceptions, outermost first, each with its frames, the crash site last."""
    listed = event["properties"]["$exception_list"]

    assert [(entry["type"], entry["value"]) for entry in listed] == [
        (each.type, each.message.replace("ORDER", order)) for each in raised
    ]
    for entry, each in zip(listed, raised, strict=True):
        check_frames(entry["stacktrace"]["frames"], each)


def check_frames(frames: list[Json], raised: Raised) -> None:
    """The frames of the program are the ones expected; frames of libraries are there, but not as the application's."""
    ours = [frame for frame in frames if frame["in_app"]]
    theirs = [frame for frame in frames if not frame["in_app"]]

    assert frames[-1]["in_app"], "the crash site is last, and it is the program's"
    assert [(frame["source"], frame["mangled_name"], frame["line"], frame["module"]) for frame in ours] == [
        (call.file, call.function, call.line, call.module) for call in raised.calls
    ]
    assert bool(theirs) == (raised.library_frames is not None)
    assert all(raised.library_frames is not None and raised.library_frames in frame["source"] for frame in theirs)
    assert all(frame["resolved"] for frame in frames)


def check_context_lines(client: Client, issue: Json, raised: list[Raised], order: str) -> None:
    """The lines around every statement were stored with the frames: a search for them finds the issue."""
    for call in {call for each in raised for call in each.calls}:
        lines = " ".join(f'"{searchable(line)}"' for line in call.surroundings)
        found = client.issues(searchQuery=f"{order} {lines}")
        assert [row["id"] for row in found] == [issue["id"]], f"the lines {lines} of {call.file} are not found"
    assert client.issues(searchQuery=f'"no program has this line" {order}') == []


def searchable(line: str) -> str:
    """The longest part of a line of code that can stand between the quotes of a search."""
    return max(line.split('"'), key=len).strip()
