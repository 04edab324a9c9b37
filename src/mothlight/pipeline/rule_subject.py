"""An event of the pipeline as rules see it (pipeline 6.3). Nothing is made before a rule asks for it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from mothlight.frames.decode import decode
from mothlight.frames.facts import exception_types, exception_values, is_handled
from mothlight.pipeline.stages.normalise import SMALL_BYTES
from mothlight.pipeline.states import EventRelease, Normalised
from mothlight.rules.kinds import SEVERITY, Kind

_encode = msgspec.json.Encoder().encode


class StackFacts(msgspec.Struct, frozen=True):
    """What rules can ask a stack."""

    sources: tuple[str, ...]
    functions: tuple[str, ...]


class Chosen(msgspec.Struct, frozen=True):
    """The fingerprint of an event, by the properties that tell it."""

    texts: dict[str, str | None]


class Asked(msgspec.Struct, frozen=True):
    """Where to look for what is seldom asked for."""

    facts: Callable[[], StackFacts]
    frames: Callable[[], str]
    """The frames of the stack as JSON text."""
    chosen: Callable[[], Chosen | None]


class EventSubject:
    """See `rules.subject.Subject`."""

    def __init__(
        self,
        normalised: Normalised,
        release: EventRelease,
        asked: Asked,
        issue_id: str | None = None,
        issue: Mapping[str, str | None] | None = None,
    ) -> None:
        self._normalised = normalised
        self._release = release
        self._asked = asked
        self.issue_id = issue_id
        self._issue = issue or {}

    def property_text(self, key: str) -> str | None:
        """See `Subject`."""
        value = self._normalised.properties.get(key)
        return None if value is None else property_text(bytes(value))

    @cached_property
    def types(self) -> Sequence[str]:
        """See `Subject`."""
        return exception_types(self._normalised.entries)

    @cached_property
    def messages(self) -> Sequence[str]:
        """See `Subject`."""
        return exception_values(self._normalised.entries)

    @property
    def sources(self) -> Sequence[str]:
        """See `Subject`."""
        return self._stack.sources

    @property
    def functions(self) -> Sequence[str]:
        """See `Subject`."""
        return self._stack.functions

    @cached_property
    def exceptions(self) -> Sequence[str]:
        """See `Subject`."""
        frames = self._asked.frames() if self._normalised.has_stack else ""
        return _encode(self._normalised.entries).decode(), frames

    @property
    def handled(self) -> bool:
        """See `Subject`."""
        return is_handled(self._normalised.entries)

    @property
    def release(self) -> str:
        """See `Subject`."""
        return self._release.text

    def fingerprint_text(self, key: str) -> str | None:
        """See `Subject`."""
        return None if self._chosen is None else self._chosen.texts[key]

    def issue_text(self, key: str) -> str | None:
        """See `Subject`."""
        return self._issue.get(key)

    def told(self, kind: Kind) -> dict[str, Any]:
        """What the event is, for whoever wants to know why a rule was disabled. Too long values are left out."""
        sent = {**self._normalised.properties}
        properties = {
            "$exception_types": self.types,
            "$exception_values": self.messages,
            **{name: property_text(bytes(value)) for name, value in sent.items() if len(value) <= SMALL_BYTES},
        }
        issue = {"issue": dict(self._issue)} if kind.sees_issue else {}
        return {"properties" if kind is SEVERITY else "props": properties, **issue}

    @cached_property
    def _stack(self) -> StackFacts:
        return self._asked.facts() if self._normalised.has_stack else NO_STACK

    @cached_property
    def _chosen(self) -> Chosen | None:
        return self._asked.chosen()


NO_STACK = StackFacts((), ())


def property_text(sent: bytes) -> str | None:
    """The text of a property's JSON: of a string what it says, of anything else the JSON as it was sent."""
    return _remembered_text(sent) if len(sent) <= SMALL_BYTES else _text(sent)


def _text(sent: bytes) -> str | None:
    if sent == b"null":
        return None
    return str(decode(msgspec.Raw(sent))) if sent.startswith(b'"') else sent.decode()


_remembered_text = lru_cache(maxsize=20_000)(_text)
