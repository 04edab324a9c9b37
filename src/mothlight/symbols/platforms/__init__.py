"""The platforms whose frames symbol data makes readable (pipeline 9.2, 10).

To add one: a file here with what `SymbolPlatform` asks for, its line in `PLATFORMS`, cases in `tests/unit/symbols/`.
"""

from collections.abc import Sequence
from typing import Protocol

from mothlight.frames.platforms import apple as apple_frames
from mothlight.frames.platforms import hermes as hermes_frames
from mothlight.frames.platforms import java as java_frames
from mothlight.frames.platforms import native as native_frames
from mothlight.frames.platforms import node_javascript as node_frames
from mothlight.frames.platforms import web_javascript as web_frames
from mothlight.frames.unified import Resolved
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure
from mothlight.symbols.look_ups import Kind, Places, Question, Reference, Unreadable
from mothlight.symbols.platforms import apple, hermes, java, native, node_javascript, web_javascript
from mothlight.symbols.platforms.outcome import Outcome


class SymbolPlatform(Protocol):
    """What a file of this folder offers."""

    KINDS: tuple[Kind, ...]
    """What symbol data its frames can be looked up in."""

    def references(self, raw: RawFrame) -> list[Reference]:
        """Where to look, in this order. Empty when symbols cannot help the frame."""

    def questions(self, raw: RawFrame) -> list[Question]:
        """What to ask for a frame that has references."""

    def answered(self, raw: RawFrame, answers: Sequence[Places]) -> Outcome:
        """The frames, outermost first, that the answers to the questions give."""

    def failed(self, raw: RawFrame, failure: Failure) -> Resolved:
        """The frame when no answer could be had."""

    def unreadable(self, problem: Unreadable) -> Failure:
        """What is wrong with symbol data, in this platform's words."""


PLATFORMS: dict[str, SymbolPlatform] = {
    web_frames.PLATFORM: web_javascript,
    node_frames.PLATFORM: node_javascript,
    hermes_frames.PLATFORM: hermes,
    java_frames.PLATFORM: java,
    apple_frames.PLATFORM: apple,
    native_frames.PLATFORM: native,
}
"""By the `platform` of a raw frame."""
