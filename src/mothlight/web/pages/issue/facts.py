"""What is known of one event beside its stack: facts in words, feature flags, steps before the crash, the rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from mothlight.filters.moments import absolute_moment
from mothlight.frames.decode import decode
from mothlight.queries.whole_event import WholeEvent
from mothlight.web.pages.issue.trace import as_text

FLAG = "$feature/"
STEPS = "$exception_steps"
MOST_STEPS = 100
NOT_PLAIN = frozenset({STEPS, "$active_feature_flags", "$feature_flag_payloads", "$debug_images"})

GROUPS = (
    ("Request", ("$request_method", "$request_path")),
    ("URL", ("$current_url",)),
    ("Environment", ("$environment", "environment")),
    ("Browser", ("$browser", "$browser_version")),
    ("System", ("$os", "$os_version")),
    ("Device", ("$device_manufacturer", "$device_model", "$device_type")),
    ("Server", ("$server_name", "$hostname", "$host")),
    ("Runtime", ("$python_version", "$runtime", "$runtime_version")),
    ("SDK", ("$lib", "$lib_version")),
    ("Session", ("$session_id",)),
)
"""Facts and the properties that make them, joined with a blank. To add one: a line here."""
NAMED = {"$python_version": "Python "}
"""What stands before a value that does not say what it is."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a name, a text, and the property that it can be filtered by, if it is one alone."""

    name: str
    text: str
    key: str | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened before the crash."""

    seconds: float | None
    """Relative to the event; None without a time."""
    message: str
    more: str

    @property
    def when(self) -> str:
        """As a page writes it."""
        return "" if self.seconds is None else f"{self.seconds:+.1f} s".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it."""

    lines: list[Fact]
    flags: list[tuple[str, str]]
    steps: list[Step]
    more_steps: int
    others: list[tuple[str, str]]


def read_facts(event: WholeEvent) -> Facts:
    """What a page shows of an event."""
    values = {key: decode(raw) for key, raw in event.properties.items()}
    steps = values.get(STEPS)
    entries = [each for each in steps if isinstance(each, Mapping)] if isinstance(steps, list) else []
    flags = [(key.removeprefix(FLAG), as_text(value)) for key, value in values.items() if key.startswith(FLAG)]
    used = {key for _, keys in GROUPS for key in keys}
    return Facts(
        lines=[*_user(event, values), *_release(event.release), *_groups(values)],
        flags=sorted(flags),
        steps=[_step(each, event.timestamp) for each in entries[-MOST_STEPS:]],
        more_steps=max(0, len(entries) - MOST_STEPS),
        others=sorted(
            (key, as_text(value))
            for key, value in values.items()
            if key not in used and key not in NOT_PLAIN and not key.startswith(FLAG)
        ),
    )


def _user(event: WholeEvent, values: Mapping[str, Any]) -> Iterable[Fact]:
    email = values.get("email") or values.get("$email")
    yield Fact("User", email if isinstance(email, str) and email else event.distinct_id)


def _release(release: Any) -> Iterable[Fact]:
    if not isinstance(release, Mapping) or not isinstance(release.get("version"), str):
        return
    git = (release.get("metadata") or {}).get("git") if isinstance(release.get("metadata"), Mapping) else None
    commit = git.get("commit_id") if isinstance(git, Mapping) else None
    suffix = f", commit {commit[:10]}" if isinstance(commit, str) else ""
    yield Fact("Release", release["version"] + suffix, "$exception_release", release["version"])


def _groups(values: Mapping[str, Any]) -> Iterable[Fact]:
    for name, keys in GROUPS:
        present = [key for key in keys if values.get(key) not in (None, "")]
        if present:
            text = " ".join(NAMED.get(key, "") + as_text(values[key]) for key in present)
            yield Fact(name, text, present[0], as_text(values[present[0]]))


def _step(entry: Mapping[str, Any], crash: datetime) -> Step:
    moment = _moment(entry.get("$timestamp"))
    rest = {key: value for key, value in entry.items() if key not in ("$message", "$timestamp")}
    more = ", ".join(f"{key}: {as_text(value)}" for key, value in rest.items())
    seconds = None if moment is None else (moment - crash).total_seconds()
    return Step(seconds, as_text(entry.get("$message", "")), more[:300])


def _moment(value: Any) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        return absolute_moment(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return None


def event_json(event: WholeEvent) -> bytes:
    """The event as it is stored, indented."""
    return msgspec.json.format(msgspec.json.encode(event))
