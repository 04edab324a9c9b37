"""Frames of React Native's engine, through Hermes maps (pipeline 10.4, 10.10)."""

from collections.abc import Sequence

from mothlight.frames.fields import without_platform
from mothlight.frames.platforms import hermes as frames
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure, hermes_unreadable, not_found
from mothlight.symbols.look_ups import Bytecode, Kind, Place, Places, Question, Reference, ReferenceKind, reference
from mothlight.symbols.platforms.outcome import Outcome, cleaned

KINDS: tuple[Kind, ...] = (Kind.HERMES_MAP,)

unreadable = hermes_unreadable


def references(raw: RawFrame) -> list[Reference]:
    """The chunk id."""
    if "chunkId" not in raw or "colno" not in raw:
        return []
    return [reference(ReferenceKind.CHUNK_ID, raw["chunkId"])]


def questions(raw: RawFrame) -> list[Question]:
    """The offset into the bytecode."""
    return [Bytecode(raw["colno"])]


def answered(raw: RawFrame, answers: Sequence[Places]) -> Outcome:
    """The frame at its place in the sources."""
    places = answers[0]
    if not places:
        failure = not_found(f"No token for column {raw['colno']} on chunk {raw['chunkId']}")
        return Outcome([failed(raw, failure)], failure)
    return Outcome([_at(raw, places[0])])


def failed(raw: RawFrame, failure: Failure) -> Resolved:
    """The frame as it was sent."""
    return frames.failed_frame(raw, failure.text)


def _at(raw: RawFrame, place: Place) -> Resolved:
    source = cleaned(place.source)
    frame = unified_frame(
        raw,
        raw_id(frames.identity_pieces(raw)),
        "hermes-js",
        resolved=True,
        in_app=raw["in_app"] if source is None else "node_modules" not in source,
        source=source,
        resolved_name=cleaned(place.function),
        line=place.line,
        column=place.column,
        junk_drawer={"raw_frame": without_platform(raw)},
    )
    return Resolved(frame, place.context)
