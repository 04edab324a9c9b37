"""Frames of bundled scripts on servers, through source maps (pipeline 10.1 to 10.5)."""

from collections.abc import Sequence

from mothlight.frames.fields import without_platform
from mothlight.frames.platforms import node_javascript as frames
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure, not_found, script_unreadable
from mothlight.symbols.look_ups import Kind, Place, Places, Position, Question, Reference, ReferenceKind, reference
from mothlight.symbols.platforms.outcome import Outcome, cleaned

KINDS: tuple[Kind, ...] = (Kind.SCRIPT_MAP,)

unreadable = script_unreadable


def references(raw: RawFrame) -> list[Reference]:
    """The chunk id."""
    if "chunk_id" not in raw or "lineno" not in raw or "colno" not in raw:
        return []
    return [reference(ReferenceKind.CHUNK_ID, raw["chunk_id"])]


def questions(raw: RawFrame) -> list[Question]:
    """The position as it was sent."""
    return [Position(raw["lineno"], raw["colno"])]


def answered(raw: RawFrame, answers: Sequence[Places]) -> Outcome:
    """The frame at its place in the sources."""
    places = answers[0]
    if not places:
        failure = not_found(f"Token not found for frame: {raw['function']}:{raw['lineno']}:{raw['colno']}")
        return Outcome([failed(raw, failure)], failure)
    return Outcome([_at(raw, places[0])])


def failed(raw: RawFrame, failure: Failure) -> Resolved:
    """The frame as it was sent, with the SDK's source lines."""
    return frames.failed_frame(raw, failure.text)


def _at(raw: RawFrame, place: Place) -> Resolved:
    source = cleaned(place.source) or ""
    is_dependency = frames.is_dependency(raw.get("filename", "")) or frames.is_dependency(source)
    frame = unified_frame(
        raw,
        raw_id(frames.identity_pieces(raw)),
        "javascript",
        resolved=True,
        in_app=raw["in_app"] and not is_dependency,
        source=source,
        resolved_name=cleaned(place.function),
        line=place.line,
        column=place.column,
        module=raw.get("module"),
        junk_drawer={"raw_frame": without_platform(raw)},
    )
    return Resolved(frame, place.context)
