"""Frames of the Java virtual machine and of Android, through mappings of ProGuard and R8 (pipeline 10.6)."""

from collections.abc import Sequence

from mothlight.frames.fields import without_platform
from mothlight.frames.platforms import java as frames
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure, mapping_unreadable, not_found
from mothlight.symbols.look_ups import Kind, Method, Place, Places, Question, Reference, ReferenceKind, reference
from mothlight.symbols.platforms.outcome import Outcome, cleaned

KINDS: tuple[Kind, ...] = (Kind.MAPPING,)

unreadable = mapping_unreadable

_NO_FRAMES = not_found("No original frames could be derived from this raw frame")
_NO_MODULE = not_found("No module provided")


def references(raw: RawFrame) -> list[Reference]:
    """The map id."""
    return [reference(ReferenceKind.MAP_ID, raw["map_id"])] if "map_id" in raw else []


def questions(raw: RawFrame) -> list[Question]:
    """The method and the line."""
    return [Method(raw["module"], raw["function"], raw.get("lineno", 0))] if "module" in raw else []


def answered(raw: RawFrame, answers: Sequence[Places]) -> Outcome:
    """The methods that were compiled into the frame's."""
    places = answers[0] if answers else []
    if not places:
        failure = _NO_FRAMES if answers else _NO_MODULE
        return Outcome([failed(raw, failure)], failure)
    return Outcome([_at(raw, place, part) for part, place in enumerate(places)])


def failed(raw: RawFrame, failure: Failure) -> Resolved:
    """The frame as it was sent."""
    return frames.failed_frame(raw, failure.text)


def _at(raw: RawFrame, place: Place, part: int) -> Resolved:
    frame = unified_frame(
        raw,
        raw_id(frames.identity_pieces(raw), part),
        "java",
        resolved=True,
        in_app=raw["in_app"] or _is_of_app(place.module or "", raw["map_id"]),
        source=cleaned(place.source),
        resolved_name=cleaned(place.function),
        line=place.line,
        module=cleaned(place.module),
        junk_drawer={"raw_frame": without_platform(raw)},
    )
    return Resolved(frame, place.context)


def _is_of_app(class_name: str, map_id: str) -> bool:
    app, at, _ = map_id.partition("@")
    return bool(at and app) and (class_name == app or class_name.startswith(f"{app}."))
