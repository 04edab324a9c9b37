"""An event's exceptions as they are read: crash first, own frames singly, library frames in runs; and as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

from mothlight.queries.answers.awaited_symbols import Awaited
from mothlight.symbols.remedies import remedy_for
from mothlight.web.pages.words import plural

LONGEST_VALUE = 1000
MOST_FRAMES = 200
"""Frames of one exception on a page; the event's JSON has all."""
REASON = "It came without symbols, or minified."

REMEDIES = {
    "javascript": "With the source map of this file it can be read. Upload the maps of the release with each build.",
    "hermes-js": "With the source map of the bundle it can be read. Upload it with each build.",
    "java": "With the mapping file of the build it can be read. Upload it with each build.",
    "dart": "With the symbols that the build wrote it can be read. Upload them with each build.",
}
"""What helps, by language. Others are native code."""
NATIVE_REMEDY = "With the debug symbols of the image it can be read. Upload them with each build."


HIDDEN = {
    "$$_posthog_redacted_based_on_masking_rules_$$": "hidden by the SDK: the name or the value looks like a secret",
    "$$_posthog_value_too_long_$$": "left out by the SDK: too long",
}
"""What SDKs put in the place of a variable's value, and what it means."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of source code."""

    number: int
    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """One frame."""

    function: str
    place: str
    line: str
    is_own: bool
    is_open: bool
    lines: list[Line]
    variables: list[tuple[str, str]]
    problem: str | None
    """Why it is not resolved; None when it is."""
    remedy: str | None
    waiting: str
    """How many events wait for the same; empty where nobody knows."""
    note: str
    """Why a readable frame has no source lines, where the data says so."""

    @property
    def location(self) -> str:
        """File and line."""
        return f"{self.place}:{self.line}" if self.line else self.place


@dataclass(frozen=True, slots=True)
class Run:
    """Frames that follow each other: one of one's own code, or some of libraries."""

    frames: list[ShownFrame]
    is_library: bool

    @property
    def span(self) -> str:
        """From where to where a run of library frames goes."""
        ends = [frame.place.split("/")[-1] or frame.function for frame in (self.frames[0], self.frames[-1])]
        return ends[0] if ends[0] == ends[1] else " → ".join(ends)


@dataclass(frozen=True, slots=True)
class ShownException:
    """One exception with its frames, crash first."""

    type: str
    value: str
    mechanism: str
    has_stack: bool
    runs: list[Run]
    more_frames: int
    own: int
    unresolved: int


def read_trace(
    exceptions: Sequence[Mapping[str, Any]], awaited: Mapping[str, Awaited] | None = None
) -> list[ShownException]:
    """The exceptions of an event, the outermost first, each caused by the next.

    `awaited`: what its frames wait for, by their `raw_id`.
    """
    return [_exception(each, awaited or {}) for each in exceptions]


def as_markdown(title: str, address: str, exceptions: Sequence[ShownException]) -> str:
    """The trace for a ticket or a chat: headings, messages, frames, and the failing lines."""
    parts = [f"### {_flat(title)}", f"<{address}>"]
    for number, exception in enumerate(exceptions):
        lead = "Caused by " if number else ""
        parts.append(f"{lead}**{_flat(exception.type)}**")
        if exception.value:
            parts.append(_block(exception.value[:LONGEST_VALUE]))
        if exception.runs:
            parts.append(_block("\n".join(_frame_lines(exception.runs))))
    return "\n\n".join(parts) + "\n"


def _exception(entry: Mapping[str, Any], awaited: Mapping[str, Awaited]) -> ShownException:
    trace = entry.get("stacktrace")
    frames = [each for each in (trace or {}).get("frames", ()) if isinstance(each, Mapping)]
    shown = _frames(frames[-MOST_FRAMES:][::-1], awaited)
    return ShownException(
        type=_text(entry.get("type")) or "Error",
        value=_text(entry.get("value")),
        mechanism=_mechanism(entry.get("mechanism")),
        has_stack=isinstance(trace, Mapping),
        runs=_runs(shown),
        more_frames=max(0, len(frames) - MOST_FRAMES),
        own=sum(frame.is_own for frame in shown),
        unresolved=sum(frame.problem is not None for frame in shown),
    )


def _frames(frames: Sequence[Mapping[str, Any]], awaited: Mapping[str, Awaited]) -> list[ShownFrame]:
    """The frames, crash first; the first one of one's own code comes open."""
    first_own = next((index for index, each in enumerate(frames) if each.get("in_app") is True), 0)
    return [
        _frame(frame, awaited.get(_text(frame.get("raw_id"))), is_open=index == first_own)
        for index, frame in enumerate(frames)
    ]


def _frame(frame: Mapping[str, Any], awaited: Awaited | None, *, is_open: bool) -> ShownFrame:
    line = frame.get("line")
    is_resolved = frame.get("resolved") is True
    problem, remedy = _diagnose(frame, awaited)
    return ShownFrame(
        function=_text(frame.get("resolved_name")) or _text(frame.get("mangled_name")) or "(unknown)",
        place=_text(frame.get("source")) or _text(frame.get("module")) or "(unknown)",
        line="" if line is None else f"{line}" if is_resolved else f"{line}:{frame.get('column', '')}".rstrip(":"),
        is_own=frame.get("in_app") is True,
        is_open=is_open,
        lines=_lines(frame.get("context")),
        variables=_variables(frame.get("code_variables")),
        problem=None if is_resolved else problem,
        note=_text(frame.get("resolve_failure")) if is_resolved else "",
        remedy=None if is_resolved else remedy,
        waiting="" if is_resolved or awaited is None else _waiting(awaited),
    )


def _diagnose(frame: Mapping[str, Any], awaited: Awaited | None) -> tuple[str, str]:
    """Why a frame is not readable, and what helps."""
    lang, failure = _text(frame.get("lang")), _text(frame.get("resolve_failure"))
    if awaited is None:
        return failure or REASON, REMEDIES.get(lang, NATIVE_REMEDY)
    return remedy_for(awaited.ref, lang, is_there=not awaited.is_missing, failure=failure)


def _waiting(awaited: Awaited) -> str:
    verb = "waits" if awaited.events == 1 else "wait"
    return f"{plural(awaited.events, 'event')} in {plural(awaited.issues, 'issue')} {verb} for it."


def _runs(frames: Sequence[ShownFrame]) -> list[Run]:
    runs: list[Run] = []
    for is_own, group in groupby(frames, key=lambda frame: frame.is_own):
        members = list(group)
        runs += [Run([frame], is_library=False) for frame in members] if is_own else [Run(members, is_library=True)]
    return runs


def _lines(context: Any) -> list[Line]:
    if not isinstance(context, Mapping):
        return []
    hit = context.get("line")
    around = [(each, False) for each in context.get("before") or ()]
    around += [(hit, True)] if hit else []
    around += [(each, False) for each in context.get("after") or ()]
    lines = [Line(each.get("number") or 0, _text(each.get("line")), is_hit) for each, is_hit in around]
    # Some senders number the lines before the failing one from it upwards.
    return sorted(lines, key=lambda line: line.number)


def _variables(variables: Any) -> list[tuple[str, str]]:
    if not isinstance(variables, Mapping):
        return []
    return [(str(name), _shown(value)) for name, value in variables.items()]


def _shown(value: Any) -> str:
    return HIDDEN[value] if isinstance(value, str) and value in HIDDEN else as_text(value)


def as_text(value: Any) -> str:
    """A value as it reads on a page: texts as they are, others as JSON, at most 1000 characters."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _mechanism(mechanism: Any) -> str:
    if not isinstance(mechanism, Mapping) or "handled" not in mechanism:
        return ""
    return "handled" if mechanism["handled"] is True else "unhandled"


def _frame_lines(runs: Iterable[Run]) -> Iterable[str]:
    for run in runs:
        if run.is_library:
            yield f"    … {len(run.frames)} library frames: {run.span}"
            continue
        for frame in run.frames:
            yield f"{frame.function}  {frame.location}"
            yield from (f"    > {line.text.strip()}" for line in frame.lines if line.is_hit)


def _block(text: str) -> str:
    """Text that Markdown leaves as it is, whatever stands in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _flat(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#" else sign for sign in " ".join(text.split()))[:LONGEST_VALUE]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
