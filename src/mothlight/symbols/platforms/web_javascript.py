"""Frames of scripts in browsers, through source maps (pipeline 10.1 to 10.5)."""

from collections.abc import Sequence

from mothlight.frames.fields import without_platform
from mothlight.frames.platforms import web_javascript as frames
from mothlight.frames.platforms.addressed import is_compose
from mothlight.frames.platforms.script_url import is_of_extension, read_script_url
from mothlight.frames.raw_id import raw_id
from mothlight.frames.unified import Resolved, unified_frame
from mothlight.model.stack import RawFrame
from mothlight.symbols.failures import Failure, is_no_map_for_url, not_found, script_unreadable
from mothlight.symbols.look_ups import Kind, Place, Places, Position, Question, Reference, ReferenceKind, reference
from mothlight.symbols.platforms.outcome import Outcome, cleaned

KINDS: tuple[Kind, ...] = (Kind.SCRIPT_MAP,)

unreadable = script_unreadable


def references(raw: RawFrame) -> list[Reference]:
    """The chunk id, then the address of the script."""
    if "lineno" not in raw:
        return []
    found = [reference(ReferenceKind.CHUNK_ID, raw["chunk_id"])] if "chunk_id" in raw else []
    url = read_script_url(raw.get("filename"))
    if url is not None:
        found.append(reference(ReferenceKind.URL, url.text))
    return found


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
    """The frame as it was sent; readable if the script has no map and looks as if it were not minified."""
    resolved = is_no_map_for_url(failure) and raw["colno"] <= frames.LONG_LINE
    return frames.unmapped_frame(
        raw,
        read_script_url(raw.get("filename")),
        in_app=raw["in_app"],
        resolved=resolved,
        resolve_failure=failure.text,
        line=raw["lineno"],
        column=raw["colno"],
    )


def _at(raw: RawFrame, place: Place) -> Resolved:
    source = cleaned(place.source) or ""
    frame = unified_frame(
        raw,
        raw_id(frames.identity_pieces(raw)),
        "javascript",
        resolved=True,
        in_app=raw["in_app"] and _is_own(raw.get("filename"), source),
        source=source,
        resolved_name=cleaned(place.function),
        line=place.line,
        column=place.column,
        suspicious=frames.OWN_CODE in source,
        junk_drawer={"raw_frame": without_platform(raw)},
    )
    return Resolved(frame, place.context)


def _is_own(filename: str | None, source: str) -> bool:
    if is_of_extension(filename) or is_of_extension(source):
        return False
    return "node_modules" not in source and not is_compose(source)
