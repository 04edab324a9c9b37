"""How long pages take from request to last byte, and how large they are: `python -m bench --pages --events NUMBER`.

Each is asked for as a browser does that is signed in and takes compressed answers. To measure another page, add a line
to `PAGES`.
"""

import http.client
import random
import re
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from bench.load import percentile
from bench.queries import WARM_UP_ROUNDS, Latency, settle
from bench.report import Machine, shown
from bench.scale import fill_once
from bench.server import EMAIL, HOST, PASSWORD, Server

KIBIBYTE = 1024
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
TOKEN = re.compile(rb'name="form_token" value="([^"]+)"')


class Asked(NamedTuple):
    """A page: its path below the project's, its goal, and what else is sent."""

    path: Callable[[random.Random, list[str]], str]
    most_ms: float | None
    """Goal for the 95th percentile."""
    headers: Mapping[str, str] = {}


def of_an_issue(rest: str) -> Callable[[random.Random, list[str]], str]:
    """A page of one of the issues with the most events."""
    return lambda chance, issues: f"issues/{chance.choice(issues)}{rest}"


def always(path: str) -> Callable[[random.Random, list[str]], str]:
    """The same page each time."""
    return lambda chance, issues: path


PAGES: dict[str, Asked] = {
    "list of issues": Asked(always("issues"), 150),
    "list, 30 days by events": Asked(always("issues?range=30d&sort=occurrences"), None),
    "list, with a property": Asked(always("issues?q=is:active+plan:pro"), None),
    "an issue": Asked(of_an_issue(""), 200),
    "an issue, all time": Asked(of_an_issue("?range=all"), None),
    "what is loaded after it": Asked(of_an_issue("/insights"), None, PART),
    "changes": Asked(always("changes"), None),
}


class PageFigures(msgspec.Struct):
    """Times and size of one page."""

    latency: Latency
    processor_ms: float
    """Of the server for each answer: how busy the machine is otherwise changes it little."""
    bytes_at_most: int
    """Compressed, as it was sent."""


class Pages(msgspec.Struct):
    """All that was measured."""

    measured_at: str
    machine: Machine
    events: int
    figures: dict[str, PageFigures]


class Reader:
    """A browser that is signed in: it has a cookie, and keeps its connection."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
        self._cookies: dict[str, str] = {}
        form = self.ask("GET", "/sign-in")[0]
        token = TOKEN.search(form)
        if token is None:
            raise RuntimeError("the page for signing in has no form")
        fields = {"email": EMAIL, "password": PASSWORD, "form_token": token[1].decode()}
        self.ask("POST", "/sign-in", fields, {"Origin": f"http://{HOST}:{server.port}"})

    def ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[bytes, float]:
        """The answer's bytes, and the seconds from the first byte sent to the last one received."""
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()), **(headers or {})}
        body = None if fields is None else urlencode(fields)
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        if answer.status not in (http.client.OK, http.client.SEE_OTHER):
            raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:500]!r}")
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return content, seconds


def measure_pages(data_dir: Path, events: int, stacks: int, rounds: int, machine: Machine) -> Pages:
    """Fill a directory unless it is filled, start a server on it, and look at pages."""
    server = Server(data_dir)
    fill_once(server, events, stacks)
    server.start()
    try:
        settle(server)
        issues = [row["id"] for row in server.query("query/issues", {"limit": 25})[0]["results"]]
        reader = Reader(server)
        chance = random.Random(1)
        figures = {name: _measure(server, reader, asked, chance, issues, rounds) for name, asked in PAGES.items()}
    finally:
        server.stop()
    return Pages(datetime.now(UTC).isoformat(timespec="seconds"), machine, events, figures)


def _measure(
    server: Server, reader: Reader, asked: Asked, chance: random.Random, issues: list[str], rounds: int
) -> PageFigures:
    took, sizes = [], []
    worked = 0.0
    for number in range(WARM_UP_ROUNDS + rounds):
        if number == WARM_UP_ROUNDS:
            worked = server.cpu_seconds()
        path = f"/projects/{server.project_id}/{asked.path(chance, issues)}"
        content, seconds = reader.ask("GET", path, None, {"Accept-Encoding": "br, gzip", **asked.headers})
        if number >= WARM_UP_ROUNDS:
            took.append(1000 * seconds)
            sizes.append(len(content))
    worked = server.cpu_seconds() - worked
    took.sort()
    latency = Latency(percentile(took, 0.5), percentile(took, 0.95), statistics.fmean(took), rounds)
    return PageFigures(latency, 1000 * worked / rounds, max(sizes))


def pages_table(pages: Pages) -> str:
    """Markdown: a line for each page; p50, p95 and the goal in milliseconds, the size in KiB."""
    lines = [
        "| page | p50, ms | p95, ms | goal for p95 | processor, ms | at most, KiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, asked in PAGES.items():
        found = pages.figures[name]
        goal = "" if asked.most_ms is None else shown(asked.most_ms)
        numbers = (found.latency.p50, found.latency.p95)
        cells = [name, *map(shown, numbers), goal, shown(found.processor_ms), shown(found.bytes_at_most / KIBIBYTE)]
        lines.append(f"| {' | '.join(cells)} |")
    machine = pages.machine
    about = f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB"
    lines += [
        "",
        f"- {shown(pages.events)} events: {pages.measured_at}, {about}. Load before: {machine.load_before:g}.",
    ]
    return "\n".join(lines)
