"""The histogram as a drawing: places and sizes in percent, and a sentence for those who don't see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from mothlight.queries.answers.histogram import HistogramAnswer, HistogramPart
from mothlight.storage.metadata.repositories.spike_events import ListedSpike
from mothlight.web.pages.words import plural

HEIGHT = 126
FLOOR = 108
"""Where bars stand, in pixels from the top."""
TALLEST = 82
SHORTEST = 3
MOST_LABELS = 8
MOST_FLAGS = 6
"""Releases with their name; more would lie over each other."""

ROOM = 8
"""What a name or a time takes, in percent."""

DAY_WIDTHS = frozenset({"day", "week", "month", "year", "decade", "century"})
WIDTHS = {
    "1m": "minute", "2m": "2 minutes", "5m": "5 minutes", "10m": "10 minutes", "15m": "15 minutes",
    "30m": "30 minutes", "1h": "hour", "2h": "2 hours", "3h": "3 hours", "6h": "6 hours", "12h": "12 hours",
}  # fmt: skip
"""How widths read; the others read as they are named."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of the range."""

    x: float
    width: float
    """In percent."""
    y: float
    height: float
    """In pixels; 0 for no events."""
    words: str
    start: datetime
    end: datetime
    is_last: bool


@dataclass(frozen=True, slots=True)
class Flag:
    """A release that began."""

    x: float
    version: str
    words: str
    is_named: bool
    """Whether there is room for its name; without, it shows on hover."""
    is_right: bool
    """Whether its name stands left of its line, because there is no room at the right."""


@dataclass(frozen=True, slots=True)
class SpikeMark:
    """A spike."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Label:
    """A time below the bars."""

    x: float
    words: str
    is_optional: bool
    anchor: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All of it."""

    title: str
    words: str
    bars: list[Bar]
    flags: list[Flag]
    labels: list[Label]
    spikes: list[SpikeMark]


def draw(found: HistogramAnswer, zone: tzinfo, spikes: Sequence[ListedSpike] = ()) -> Chart:
    """The drawing of an answer, in the viewer's zone."""
    parts = found.parts
    highest = max((part.occurrences for part in parts), default=0)
    step = 100 / max(1, len(parts))
    width = WIDTHS.get(found.width, found.width)
    return Chart(
        title=f"Events per {width}",
        words=_words(found, width, highest) + (f" {plural(len(spikes), 'spike')}." if spikes else ""),
        bars=[_bar(index, part, highest, step, zone, is_last=part is parts[-1]) for index, part in enumerate(parts)],
        flags=_flags(found, step, zone),
        labels=_labels(found, step, zone),
        spikes=_spikes(found, spikes, zone),
    )


def _spikes(found: HistogramAnswer, spikes: Sequence[ListedSpike], zone: tzinfo) -> list[SpikeMark]:
    if not found.parts:
        return []
    start, end = found.parts[0].start, found.parts[-1].end
    marks = []
    for spike in spikes:
        if start <= spike.detected_at < end:
            when = spike.detected_at.astimezone(zone)
            words = (
                f"Spike on {when.day} {when:%b at %H:%M}: {plural(spike.current_bucket_value, 'event')} in 5 minutes"
            )
            words += f", usually {spike.computed_baseline:,.0f}"
            marks.append(SpikeMark(round((spike.detected_at - start) / (end - start) * 100, 2), words))
    return marks


def _bar(index: int, part: HistogramPart, highest: int, step: float, zone: tzinfo, *, is_last: bool) -> Bar:
    tall = max(SHORTEST, TALLEST * part.occurrences / highest) if part.occurrences else 0
    when = part.start.astimezone(zone)
    return Bar(
        x=round(index * step, 2),
        width=round(step * 0.8, 2),
        y=round(FLOOR - tall, 2),
        height=round(tall, 2),
        words=f"{plural(part.occurrences, 'event')}, from {when.day} {when:%b, %H:%M}",
        start=part.start,
        end=part.end,
        is_last=is_last,
    )


def _flags(found: HistogramAnswer, step: float, zone: tzinfo) -> list[Flag]:
    flags: list[Flag] = []
    for release in found.releases[-MOST_FLAGS:]:
        part = found.parts[release.part]
        inside = (release.first_seen - part.start) / (part.end - part.start)
        x = round((release.part + inside) * step, 2)
        when = release.first_seen.astimezone(zone)
        words = f"{release.version} was first seen on {when.day} {when:%b at %H:%M}"
        words += f"; {plural(release.occurrences, 'of these events has', 'of these events have')} it"
        is_named = not flags or x - max(flag.x for flag in flags if flag.is_named) >= ROOM
        flags.append(Flag(x, release.version[:30], words, is_named=is_named, is_right=x > 80))
    return flags


def _labels(found: HistogramAnswer, step: float, zone: tzinfo) -> list[Label]:
    """Some of the edges: days if the parts divide them, else parts."""
    starts = [part.start.astimezone(zone) for part in found.parts]
    days = [index for index, start in enumerate(starts) if index == 0 or start.date() != starts[index - 1].date()]
    by_day = len(days) > 2 or found.width in DAY_WIDTHS
    places = days if by_day else list(range(len(starts)))
    every = max(1, -(-len(places) // MOST_LABELS))
    shown = [index for index in places[::every] if index * step < 95]
    if len(shown) > 1 and (shown[1] - shown[0]) * step < ROOM:
        # The first part of a range is mostly the rest of a day.
        shown = shown[1:]
    return [
        Label(
            x=round(index * step, 2),
            words=_label(starts[index], found.width, by_day=by_day),
            is_optional=number % 2 == 1,
            anchor="start" if index == 0 else "middle",
        )
        for number, index in enumerate(shown)
    ]


def _label(start: datetime, width: str, *, by_day: bool) -> str:
    if width in ("month", "year", "decade", "century"):
        return f"{start:%b %Y}" if width == "month" else f"{start:%Y}"
    return f"{start.day} {start:%b}" if by_day else f"{start:%H:%M}"


def _words(found: HistogramAnswer, width: str, highest: int) -> str:
    if not found.parts:
        return "No events"
    first, last = found.parts[0].start, found.parts[-1].end
    said = [f"Events per {width} from {first.day} {first:%B %Y} to {last.day} {last:%B %Y}:"]
    said.append(f"{plural(found.occurrences, 'event')}, at most {highest} in one part.")
    if found.releases:
        said.append("Releases that began: " + ", ".join(each.version[:30] for each in found.releases[-MOST_FLAGS:]))
    return " ".join(said)
