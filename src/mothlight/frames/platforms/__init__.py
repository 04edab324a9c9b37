"""What each platform's frames look like and what becomes of them (pipeline 3, 10).

To add one: a file here with `read` and `resolve`, a line in `PLATFORMS` (and one in `ALIASES` for each other name that
clients use), unit cases, and a payload in `tests/golden/fingerprints/`.
"""

from typing import Protocol

from mothlight.frames.fields import Sent
from mothlight.frames.platforms import (
    apple,
    custom,
    dart,
    go,
    hermes,
    java,
    native,
    node_javascript,
    php,
    python,
    resolved,
    ruby,
    web_javascript,
)
from mothlight.frames.unified import Resolved
from mothlight.model.stack import RawFrame


class Platform(Protocol):
    """What a file of this folder offers."""

    def read(self, sent: Sent) -> RawFrame:
        """The known fields of a frame as it was sent, sanitised already, with `platform` in its one spelling."""

    def resolve(self, raw: RawFrame) -> list[Resolved]:
        """The unified frames of a raw one, outermost first. A frame that cannot be resolved says why."""


PLATFORMS: dict[str, Platform] = {
    python.PLATFORM: python,
    ruby.PLATFORM: ruby,
    php.PLATFORM: php,
    go.PLATFORM: go,
    dart.PLATFORM: dart,
    custom.PLATFORM: custom,
    web_javascript.PLATFORM: web_javascript,
    node_javascript.PLATFORM: node_javascript,
    hermes.PLATFORM: hermes,
    java.PLATFORM: java,
    apple.PLATFORM: apple,
    native.PLATFORM: native,
}
"""By the `platform` that a frame names."""

ALIASES = {"javascript": web_javascript.PLATFORM, "rust": native.PLATFORM}

_KEPT: dict[str, Platform] = {**PLATFORMS, resolved.PLATFORM: resolved}


def read_frame(sent: Sent, *, is_resolved: bool) -> RawFrame:
    """A frame of a trace as it is kept; `is_resolved` says that the trace's frames have the unified shape already."""
    if is_resolved:
        return resolved.read(sent)
    name = sent.get("platform")
    # A custom frame: also every frame of a platform that we do not know.
    platform = PLATFORMS.get(ALIASES.get(name, name), custom) if isinstance(name, str) else custom
    return platform.read(sent)


def resolve_frame(raw: RawFrame) -> list[Resolved]:
    """The unified frames of a kept one."""
    return _KEPT[raw["platform"]].resolve(raw)
