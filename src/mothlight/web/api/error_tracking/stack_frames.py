"""`stack_frames/…`: the frames of the project's stacks (api.md 3.5)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel
from starlette.responses import Response

from mothlight.model.errors import not_found
from mothlight.queries.answers import stack_frames
from mothlight.queries.answers.stack_frames import StoredFrame
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.releases import Release, releases_by_id
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import Moment, ReleaseShape
from mothlight.web.errors import json_response
from mothlight.web.values.fields import Id, Literally
from mothlight.web.values.validate import validate

MOST_FRAMES = 1_000


class FramesWanted(BaseModel):
    """Which frames; nothing given: all."""

    raw_ids: list[Literally] | None = None
    symbol_set: Id | None = None


class FrameShape(msgspec.Struct, frozen=True):
    """A frame, with the symbol set that it was looked up in, and that set's release."""

    id: UUID
    raw_id: str
    created_at: Moment
    contents: dict[str, Any]
    resolved: bool
    context: dict[str, Any] | None
    symbol_set_ref: str | None
    release: ReleaseShape | None


class FrameList(msgspec.Struct, frozen=True):
    """Frames without pages."""

    results: list[FrameShape]


def list_frames(call: ProjectCall) -> Response:
    """Frames, newest first."""
    page = call.page()
    count = stack_frames.count_frames(call.parts.events, call.project.id)
    found = stack_frames.list_frames(call.parts.events, call.project.id, page.limit, page.offset)
    return call.answer_page(page, count, _shapes(call, found))


def get_frame(call: ProjectCall) -> Response:
    """One frame."""
    found = stack_frames.find_frame(call.parts.events, call.project.id, call.row_id())
    if found is None:
        raise not_found()
    return json_response(_shapes(call, [found])[0])


def get_frames(call: ProjectCall) -> Response:
    """Frames with some raw ids, at most 1,000."""
    wanted = validate(FramesWanted, call.fields())
    ref = None
    if wanted.symbol_set is not None:
        with reading(call.parts.database) as connection:
            sets = repository.sets_by_id(connection, call.project.id, [wanted.symbol_set])
        if wanted.symbol_set not in sets:
            return json_response(FrameList([]))
        ref = sets[wanted.symbol_set].ref
    found = stack_frames.find_frames(call.parts.events, call.project.id, wanted.raw_ids or None, MOST_FRAMES, ref)
    return json_response(FrameList(_shapes(call, found)))


def _shapes(call: ProjectCall, frames: Sequence[StoredFrame]) -> list[FrameShape]:
    refs = {frame.ref for frame in frames if frame.ref is not None}
    with reading(call.parts.database) as connection:
        sets = repository.sets_by_ref(connection, call.project.id, sorted(refs))
        ids = {found.release_id for found in sets.values() if found.release_id is not None}
        releases = releases_by_id(connection, call.project.id, list(ids))
    return [_shape(call.project.id, frame, sets.get(frame.ref or ""), releases) for frame in frames]


def _shape(
    project_id: int, frame: StoredFrame, found: SymbolSet | None, releases: Mapping[UUID, Release]
) -> FrameShape:
    release = releases.get(found.release_id) if found is not None and found.release_id is not None else None
    return FrameShape(
        id=frame.id,
        raw_id=frame.raw_id,
        created_at=frame.created_at,
        contents=frame.contents,
        resolved=frame.contents.get("resolved") is True,
        context=frame.context,
        symbol_set_ref=None if found is None else found.ref,
        release=None if release is None else ReleaseShape.of(release, project_id),
    )
