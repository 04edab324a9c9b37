"""`symbol_sets/…` as build tools call it: start, upload elsewhere, finish; and the older ways (api.md 3.4)."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import IO, Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from mothlight.model.errors import invalid, not_found
from mothlight.storage.blobs.interface import UploadForm
from mothlight.symbol_sets.finish import MOST_BYTES, finish_upload
from mothlight.symbol_sets.remove import delete_abandoned
from mothlight.symbol_sets.start import Conflicts, Place, Wanted, start_upload
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.error_tracking.symbol_sets import Problem
from mothlight.web.api.shapes import SuccessShape
from mothlight.web.api.symbol_set_bodies import BulkFinish, BulkStart, Finish
from mothlight.web.errors import json_response
from mothlight.web.values.validate import validate

UPLOAD_SECONDS = 300
NO_CHUNK = Problem("chunk_id query parameter is required")


class Slot(msgspec.Struct, frozen=True):
    """Where one set's file is to be sent."""

    symbol_set_id: UUID
    presigned_url: UploadForm


class Slots(msgspec.Struct, frozen=True):
    """Where files are to be sent, by chunk id; chunks that need no upload are absent."""

    id_map: dict[str, Slot]


class Uploaded(msgspec.Struct, frozen=True):
    """It is stored."""

    ok: bool = True


def start_uploads(call: ProjectCall) -> Response:
    """Ask which chunks are needed, and where to send them."""
    body = validate(BulkStart, call.fields())
    wanted = [Wanted(each.chunk_id, each.release_id, each.content_hash or None) for each in body.symbol_sets]
    wanted += [Wanted(chunk_id, body.release_id) for chunk_id in body.chunk_ids]
    conflicts = Conflicts(body.force, body.skip_on_conflict, body.skip_release_on_conflict)
    places = _start(call, wanted, conflicts)
    return json_response(Slots({ref: _slot(call, place) for ref, place in places.items()}), 201)


def finish_uploads(call: ProjectCall) -> Response:
    """Say that files are uploaded."""
    body = validate(BulkFinish, call.fields())
    _finish(call, body.content_hashes)
    return json_response(SuccessShape(success=True), 201)


def start_one(call: ProjectCall) -> Response:
    """The older form of the first step, for one chunk, in the query."""
    wanted = _wanted_in_query(call)
    if wanted is None:
        return json_response(NO_CHUNK, 400)
    place = _start_anew(call, wanted)
    return json_response(_slot(call, place), 201)


def finish_one(call: ProjectCall) -> Response:
    """The older form of the last step."""
    content_hash = validate(Finish, call.fields()).content_hash
    if not content_hash:
        raise invalid("A content hash must be provided to complete symbol set upload.", code="content_hash_required")
    _finish(call, {call.row_id(): content_hash})
    return json_response(SuccessShape(success=True))


def upload_one(call: ProjectCall) -> Response:
    """The oldest form: the file itself, in one request."""
    file = call.incoming.file
    if file is None:
        raise not_found()
    wanted = _wanted_in_query(call)
    if wanted is None:
        return json_response(NO_CHUNK, 400)
    content_hash = _hash(file)
    place = _start_anew(call, wanted)
    file.seek(0)
    call.parts.blobs.write(place.key, file)
    _finish(call, {place.set_id: content_hash})
    return json_response(Uploaded(), 201)


def _start_anew(call: ProjectCall, wanted: Wanted) -> Place:
    """A place for the chunk whatever is there: the older routes know no conflicts."""
    # A hash that nothing has: the content counts as another one.
    return _start(call, [msgspec.structs.replace(wanted, content_hash="-")], Conflicts(force=True))[wanted.ref]


def _start(call: ProjectCall, wanted: Sequence[Wanted], conflicts: Conflicts) -> dict[str, Place]:
    parts = call.parts
    started = start_upload(parts.database, call.project.id, wanted, conflicts, now=parts.clock(), make_id=parts.make_id)
    delete_abandoned(parts.blobs, started.abandoned)
    return started.places


def _finish(call: ProjectCall, hashes: Mapping[UUID, str]) -> None:
    parts = call.parts
    finish_upload(parts.database, parts.blobs, call.project.id, hashes, now=parts.clock(), make_id=parts.make_id)


def _slot(call: ProjectCall, place: Place) -> Slot:
    form = call.parts.blobs.upload_form(place.key, call.incoming.base, UPLOAD_SECONDS, MOST_BYTES)
    return Slot(place.set_id, form)


def _wanted_in_query(call: ProjectCall) -> Wanted | None:
    chunk_id = call.query.get("chunk_id", "").strip()
    if not chunk_id:
        return None
    fields: dict[str, Any] = {"chunk_id": chunk_id, "release_id": call.query.get("release_id") or None}
    read = validate(BulkStart, {"symbol_sets": [fields]}).symbol_sets[0]
    return Wanted(read.chunk_id, read.release_id)


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha512()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
