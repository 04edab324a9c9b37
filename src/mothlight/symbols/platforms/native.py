"""Frames of compiled programs, through their debug files (pipeline 10.7)."""

from collections.abc import Sequence

from mothlight.frames.fields import without_platform
from mothlight.frames.images import IMAGE
from mothlight.frames.platforms import native as frames
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure, native_unreadable
from mothlight.symbols.look_ups import Kind, Place, Places, Question, Reference, SourceLine
from mothlight.symbols.platforms.addresses import debug_reference, file_name, look_up_address, symbol_not_found
from mothlight.symbols.platforms.outcome import Outcome, cleaned

KINDS: tuple[Kind, ...] = (Kind.DEBUG_FILE,)

unreadable = native_unreadable


def references(raw: RawFrame) -> list[Reference]:
    """The debug id; none for inlined frames, which belong to the one before them."""
    return [] if raw.get("inline", False) else debug_reference(raw)


def questions(raw: RawFrame) -> list[Question]:
    """The address of the call, and the line that the client names, should the symbols not have the address."""
    path, line = raw.get("filename"), raw.get("lineno")
    asked: list[Question] = [look_up_address(raw)]
    return [*asked, SourceLine(path, line)] if path and line else asked


def answered(raw: RawFrame, answers: Sequence[Places]) -> Outcome:
    """The function, and before it those that it was inlined into."""
    places = answers[0]
    if places:
        return Outcome([_at(raw, place, part) for part, place in enumerate(places)])
    failure = symbol_not_found(raw)
    frame = failed(raw, failure)
    context = answers[1][0].context if len(answers) > 1 and answers[1] else None
    return Outcome([frame._replace(context=context)], failure)


def failed(raw: RawFrame, failure: Failure) -> Resolved:
    """The frame as it was sent."""
    return frames.failed_frame(raw, failure.text)


def is_lead(raw: RawFrame) -> bool:
    """Whether inlined frames may follow that belong to this one."""
    return raw["platform"] == frames.PLATFORM and "instruction_addr" in raw and not raw.get("inline", False)


def is_member(raw: RawFrame, lead: RawFrame) -> bool:
    """Whether the frame was inlined into the one that leads its group."""
    return (
        raw["platform"] == frames.PLATFORM
        and raw.get("inline", False)
        and raw.get("instruction_addr") == lead["instruction_addr"]
        and raw.get("image_addr") == lead.get("image_addr")
    )


def _at(raw: RawFrame, place: Place, part: int) -> Resolved:
    source = cleaned(place.source)
    frame = unified_frame(
        raw,
        raw_id(frames.identity_pieces(raw), part),
        frames.language(source, raw),
        resolved=True,
        in_app=raw["in_app"] and not frames.is_library(source or ""),
        mangled_name=cleaned(place.full_name),
        resolved_name=cleaned(place.function),
        source=file_name(source),
        line=place.line,
        module=raw.get("module"),
        junk_drawer={"raw_frame": without_platform(raw, IMAGE)},
    )
    return Resolved(frame, place.context)
