"""Figures beside the goals, as a table for people and for `docs/performance.md`.

To add a goal: a line in `GOALS`, and its figure in `Figures` if it is new.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.ingest import Ingest
from bench.limits import Limits
from bench.queries import Latency

Marks = tuple[str, str]
FIGURE_MARKS = ("<!-- figures: written by `python -m bench --render` -->", "<!-- end of figures -->")
SCALE_MARKS = ("<!-- scale: written by `python -m bench --questions --render` -->", "<!-- end of scale -->")
MEBIBYTE = 1024 * 1024
MICROSECONDS = 1e6


class Machine(msgspec.Struct):
    """What it was measured on."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    load_before: float
    """The load average of the last minute when the run began: what else was going on."""


class Size(msgspec.Struct):
    """What a number of stored events takes."""

    events: int
    fill_seconds: float
    disk_bytes: int
    memory_bytes: int
    peak_memory_bytes: int
    empty_start_seconds: float
    start_seconds: float


class Figures(msgspec.Struct):
    """All that one run measured."""

    version: str
    measured_at: str
    machine: Machine
    stacks: int
    limits: Limits
    batches: Ingest
    singles: Ingest
    idle_memory_bytes: int
    size: Size
    latencies_ms: dict[str, Latency]


class Goal(msgspec.Struct, frozen=True):
    """One budget: what it is about, the goal in words and numbers, and where its figure is."""

    what: str
    unit: str
    figure: Callable[[Figures], float]
    at_least: float | None = None
    at_most: Callable[[Figures], float | None] = lambda _: None

    def reached(self, figures: Figures) -> bool | None:
        """Whether the figure keeps the goal; None where there is no goal for this size."""
        value, limit = self.figure(figures), self.at_most(figures)
        if self.at_least is not None:
            return value >= self.at_least
        return value <= limit if limit is not None else None

    def in_words(self, figures: Figures) -> str:
        """The goal as a person reads it."""
        limit = self.at_most(figures)
        if self.at_least is not None:
            return f"≥ {shown(self.at_least)} {self.unit}"
        return f"≤ {shown(limit)} {self.unit}" if limit is not None else "–"


def p95(question: str) -> Callable[[Figures], float]:
    """The 95th percentile of a kind of question."""
    return lambda figures: figures.latencies_ms[question].p95


def always(limit: float) -> Callable[[Figures], float | None]:
    """The same limit at every size."""
    return lambda _: limit


def by_size(up_to_a_million: float, more: float) -> Callable[[Figures], float | None]:
    """One limit for up to a million events, another for up to ten; none beyond."""

    def limit(figures: Figures) -> float | None:
        events = figures.size.events
        if events <= 1_000_000:
            return up_to_a_million
        return more if events <= 10_000_000 else None

    return limit


GOALS = (
    Goal(
        "accepted and queryable, batches of 50", "events/s", lambda f: f.batches.queryable_per_second, at_least=10_000
    ),
    Goal("greatest lag meanwhile", "s", lambda f: f.batches.lag_seconds, at_most=always(2)),
    Goal("requests refused meanwhile", "", lambda f: f.batches.refused, at_most=always(0)),
    Goal("accepted events lost", "", lambda f: f.batches.lost + f.singles.lost, at_most=always(0)),
    Goal("accepted and queryable, single events", "events/s", lambda f: f.singles.queryable_per_second, at_least=4_000),
    Goal("p99 of the answer to a single event", "ms", lambda f: f.singles.sent.latency_ms["p99"], at_most=always(50)),
    Goal("issue list, 7 days, p95", "ms", p95("list_7_days"), at_most=by_size(40, 150)),
    Goal("issue list with curves, p95", "ms", p95("list_7_days_with_volume")),
    Goal("issue list, 30 days, p95", "ms", p95("list_30_days")),
    Goal("issue list with a property filter, p95", "ms", p95("list_with_property_filter"), at_most=by_size(80, 300)),
    Goal("issue list with a search, p95", "ms", p95("list_with_search"), at_most=by_size(80, 300)),
    Goal("one issue with sparkline and newest event, p95", "ms", p95("one_issue"), at_most=by_size(50, 50)),
    Goal("ten newest events of an issue, p95", "ms", p95("newest_events_of_an_issue")),
    Goal("disk for an event, all included", "bytes", lambda f: f.size.disk_bytes / f.size.events, at_most=always(250)),
    Goal("memory, idle and empty", "MiB", lambda f: f.idle_memory_bytes / MEBIBYTE, at_most=always(350)),
    Goal(
        "memory at most, filling and asking", "MiB", lambda f: f.size.peak_memory_bytes / MEBIBYTE, at_most=always(1024)
    ),
    Goal("memory at most, under load", "MiB", lambda f: f.singles.memory_bytes / MEBIBYTE, at_most=always(1024)),
    Goal("start to ready, empty", "s", lambda f: f.size.empty_start_seconds, at_most=always(1.5)),
    Goal("start to ready, filled", "s", lambda f: f.size.start_seconds, at_most=always(3)),
)

LIMITS: Sequence[tuple[str, Callable[[Figures], float]]] = (
    ("the generator against a server that does nothing, batches", lambda f: f.limits.generator_batches),
    ("the generator against a server that does nothing, single events", lambda f: f.limits.generator_singles),
    ("gunzip alone, one core", lambda f: f.limits.unpacking),
    ("JSON decoding alone, one core", lambda f: f.limits.json_decoding),
    ("raw insertion of finished rows, one thread", lambda f: f.limits.raw_insertion),
    ("raw insertion, by processor time", lambda f: f.limits.raw_insertion_cpu),
)

SHARES: Sequence[tuple[str, Callable[[Figures], float]]] = (
    ("raw insertion", lambda f: f.limits.raw_insertion),
    ("JSON decoding alone", lambda f: f.limits.json_decoding),
)


def table(runs: Sequence[Figures]) -> str:
    """Markdown: the goals with a column of figures for each run, and what the parts reach alone."""
    heads = [f"{shown(run.size.events)} events" for run in runs]
    lines = [_row("", "goal", *heads), _row("---", "---", *["---:"] * len(runs))]
    lines += [_row(goal.what, _goal_words(goal, runs), *[_figure(goal, run) for run in runs]) for goal in GOALS]
    lines += ["", "What the parts reach alone, in events a second:", ""]
    lines += [_row("", *heads), _row("---", *["---:"] * len(runs))]
    lines += [_row(name, *[shown(read(run)) for run in runs]) for name, read in LIMITS]
    lines += [
        _row(f"batches accepted and queryable, as a share of {name}", *[_share(read, run) for run in runs])
        for name, read in SHARES
    ]
    lines += ["", *[_circumstances(run) for run in runs]]
    return "\n".join(lines)


def write_into(page: Path, content: str, marks: Marks) -> None:
    """Put a table between the two marks of a page, in place of what stands there."""
    begin_mark, end_mark = marks
    text = page.read_text()
    before, begin, rest = text.partition(begin_mark)
    _, end, after = rest.partition(end_mark)
    if not begin or not end:
        raise SystemExit(f"{page} has no place for figures: a line {begin_mark} and a line {end_mark}")
    page.write_text(f"{before}{begin_mark}\n\n{content}\n\n{end_mark}{after}")


def shown(value: float) -> str:
    """A number with as many digits as matter."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _figure(goal: Goal, run: Figures) -> str:
    marks = {True: "", False: " ✗", None: ""}
    return shown(goal.figure(run)) + marks[goal.reached(run)]


def _share(limit: Callable[[Figures], float], run: Figures) -> str:
    return f"{run.batches.queryable_per_second / limit(run):.0%}"


def _goal_words(goal: Goal, runs: Sequence[Figures]) -> str:
    return ", ".join(dict.fromkeys(goal.in_words(run) for run in runs)).strip()


def _circumstances(run: Figures) -> str:
    machine, limits = run.machine, run.limits
    cpu = run.batches.server_cpu_seconds / max(run.batches.sent.accepted, 1) * MICROSECONDS
    return (
        f"- {shown(run.size.events)} events: {run.measured_at}, Mothlight {run.version}, {machine.processor}, "
        f"{machine.cores} cores, {machine.memory_gib:g} GiB, {machine.system}, Python {machine.python}. "
        f"Load before: {machine.load_before:g}. "
        f"{shown(run.stacks)} stacks, events of {shown(limits.body_bytes)} bytes ({shown(limits.sent_bytes)} "
        f"compressed), sent for {run.batches.sent.seconds:.0f} s; filled at "
        f"{shown(run.size.events / run.size.fill_seconds)} events/s. In batches an event took {cpu:.0f} µs of the "
        f"server's processor time."
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
