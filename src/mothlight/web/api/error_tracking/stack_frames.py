"""`stack_frames/…`: the frames of the project's stacks (api.md 3.5)."""

from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel
from starlette.responses import Response

from mothlight.model.errors import not_found
from mothlight.queries.answers import stack_frames
from mothlight.queries.answers.stack_frames import StoredFrame
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import Moment
from mothlight.web.errors import json_response
from mothlight.web.values.fields import Id, Literally
from mothlight.web.values.validate import validate

MOST_FRAMES = 1_000


class FramesWanted(BaseModel):
    """Which frames; nothing given: all."""

    raw_ids: list[Literally] | None = None
    symbol_set: Id | None = None


class FrameShape(msgspec.Struct, frozen=True):
    """A frame. There are no symbol sets yet, so none belongs to one or to a release."""

    id: UUID
    raw_id: str
    created_at: Moment
    contents: dict[str, Any]
    resolved: bool
    context: dict[str, Any] | None
    symbol_set_ref: None = None
    release: None = None

    @classmethod
    def of(cls, frame: StoredFrame) -> "FrameShape":
        """From the stacks that hold it."""
        is_resolved = frame.contents.get("resolved") is True
        return cls(frame.id, frame.raw_id, frame.created_at, frame.contents, is_resolved, frame.context)


class FrameList(msgspec.Struct, frozen=True):
    """Frames without pages."""

    results: list[FrameShape]


def list_frames(call: ProjectCall) -> Response:
    """Frames, newest first."""
    page = call.page()
    count = stack_frames.count_frames(call.parts.events, call.project.id)
    found = stack_frames.list_frames(call.parts.events, call.project.id, page.limit, page.offset)
    return call.answer_page(page, count, [FrameShape.of(frame) for frame in found])


def get_frame(call: ProjectCall) -> Response:
    """One frame."""
    found = stack_frames.find_frame(call.parts.events, call.project.id, call.row_id())
    if found is None:
        raise not_found()
    return json_response(FrameShape.of(found))


def get_frames(call: ProjectCall) -> Response:
    """Frames with some raw ids, at most 1,000."""
    wanted = validate(FramesWanted, call.fields())
    # No frame belongs to a symbol set, because there are none.
    if wanted.symbol_set is not None:
        return json_response(FrameList([]))
    raw_ids = wanted.raw_ids or None
    found = stack_frames.find_frames(call.parts.events, call.project.id, raw_ids, MOST_FRAMES)
    return json_response(FrameList([FrameShape.of(frame) for frame in found]))
