"""Frames of apple's platforms, through dSYM files (pipeline 10.7)."""

from collections.abc import Sequence

from mothlight.frames.fields import without_platform
from mothlight.frames.images import IMAGE
from mothlight.frames.platforms import apple as frames
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure, dsym_unreadable
from mothlight.symbols.look_ups import Kind, Place, Places, Question
from mothlight.symbols.platforms.addresses import debug_reference, file_name, look_up_address, symbol_not_found
from mothlight.symbols.platforms.outcome import Outcome, cleaned

KINDS: tuple[Kind, ...] = (Kind.DEBUG_FILE,)

references = debug_reference
unreadable = dsym_unreadable


def questions(raw: RawFrame) -> list[Question]:
    """The address of the call."""
    return [look_up_address(raw)]


def answered(raw: RawFrame, answers: Sequence[Places]) -> Outcome:
    """The function, and before it those that it was inlined into."""
    places = answers[0]
    if not places:
        failure = symbol_not_found(raw)
        return Outcome([failed(raw, failure)], failure)
    return Outcome([_at(raw, place, part) for part, place in enumerate(places)])


def failed(raw: RawFrame, failure: Failure) -> Resolved:
    """The frame as it was sent."""
    return frames.failed_frame(raw, failure.text)


def _at(raw: RawFrame, place: Place, part: int) -> Resolved:
    source = cleaned(place.source)
    frame = unified_frame(
        raw,
        raw_id(frames.identity_pieces(raw), part),
        frames.language(source),
        resolved=True,
        in_app=raw["in_app"] and not frames.is_system(raw.get("module", ""), source or ""),
        mangled_name=cleaned(place.full_name),
        resolved_name=cleaned(place.function),
        source=file_name(source),
        line=place.line,
        module=raw.get("module"),
        junk_drawer={"raw_frame": without_platform(raw, IMAGE)},
    )
    return Resolved(frame, place.context)
