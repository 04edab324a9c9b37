"""`symbol_sets/…`: files that make stacks readable (api.md 3.4)."""

from uuid import UUID

import msgspec
from starlette.responses import Response

from mothlight.model.errors import Unavailable, invalid, not_found
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.releases import releases_by_id
from mothlight.storage.metadata.repositories.symbol_sets import ORDERS, SymbolSet, SymbolSetSearch
from mothlight.symbol_sets.remove import remove_sets
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.paging import read_page
from mothlight.web.api.shapes import Moment, ReleaseShape
from mothlight.web.api.symbol_set_bodies import BulkDelete
from mothlight.web.errors import json_response
from mothlight.web.values.validate import validate

MOST_ROWS = 100
LINK_SECONDS = 3600
STATUSES = ("all", "valid", "invalid")
ORDER_NAMES = tuple(sign + name for name in ORDERS for sign in ("", "-"))


class SymbolSetShape(msgspec.Struct, frozen=True):
    """A symbol set. Where its file is and its hash are nobody's business."""

    id: UUID
    ref: str
    team_id: int
    created_at: Moment
    last_used: Moment | None
    failure_reason: str | None
    has_uploaded_file: bool
    release: ReleaseShape | None


class DownloadLink(msgspec.Struct, frozen=True):
    """A link that is valid for an hour."""

    url: str


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, where the contract has no more than that."""

    detail: str


class Deleted(msgspec.Struct, frozen=True):
    """How many sets were deleted."""

    deleted: int


def list_symbol_sets(call: ProjectCall) -> Response:
    """The project's sets, at most 100 in one answer."""
    page = read_page(call.query, at_most=MOST_ROWS)
    search = _read_search(call)
    with reading(call.parts.database) as connection:
        count = repository.count_sets(connection, call.project.id, search)
        found = repository.list_sets(connection, call.project.id, search, page.limit, page.offset)
    return call.answer_page(page, count, _shapes(call, found))


def get_symbol_set(call: ProjectCall) -> Response:
    """One set. `PATCH` and `PUT` answer it too, and change nothing."""
    return json_response(_shapes(call, [_find(call)])[0])


def remove_symbol_set(call: ProjectCall) -> Response:
    """Forget a set and its file. Frames that it made readable stay readable."""
    if not remove_sets(call.parts.database, call.parts.blobs, call.project.id, [call.row_id()]):
        raise not_found()
    return Response(status_code=204)


def remove_symbol_sets(call: ProjectCall) -> Response:
    """Forget several sets; ids of other projects are passed over."""
    ids = validate(BulkDelete, call.fields()).ids
    if not ids and not isinstance(ids, str):
        return json_response(Problem("ids is required"), 400)
    if not isinstance(ids, list):
        return json_response(Problem("ids must be a list"), 400)
    known = [found for each in ids if (found := _uuid(each)) is not None]
    return json_response(Deleted(remove_sets(call.parts.database, call.parts.blobs, call.project.id, known)))


def download_symbol_set(call: ProjectCall) -> Response:
    """A link to the set's file."""
    found = _find(call)
    if found.storage_key is None or not found.is_complete:
        return json_response(Problem("Symbol set has no uploaded file."), 404)
    try:
        return json_response(
            DownloadLink(call.parts.blobs.download_url(found.storage_key, call.incoming.base, LINK_SECONDS))
        )
    except Unavailable:
        return json_response(Problem("Could not generate download URL."), 500)


def _read_search(call: ProjectCall) -> SymbolSetSearch:
    status = call.query.get("status") or "all"
    order_by = call.query.get("order_by") or "-created_at"
    if status not in STATUSES:
        raise invalid(f'"{status}" is not a valid choice.', "status", "invalid_choice")
    if order_by not in ORDER_NAMES:
        raise invalid(f'"{order_by}" is not a valid choice.', "order_by", "invalid_choice")
    # No reference holds a null character, and one database would not take it as a value.
    texts = [None if "\0" in text else text for text in (call.query.get("ref", ""), call.query.get("search", ""))]
    if None in texts:
        raise invalid("Null characters are not allowed.", code="null_characters_not_allowed")
    return msgspec.convert(
        {"ref": texts[0] or None, "search": texts[1] or None, "status": status, "order_by": order_by}, SymbolSetSearch
    )


def _find(call: ProjectCall) -> SymbolSet:
    set_id = call.row_id()
    with reading(call.parts.database) as connection:
        found = repository.sets_by_id(connection, call.project.id, [set_id]).get(set_id)
    if found is None:
        raise not_found()
    return found


def _shapes(call: ProjectCall, found: list[SymbolSet]) -> list[SymbolSetShape]:
    ids = {each.release_id for each in found if each.release_id is not None}
    with reading(call.parts.database) as connection:
        releases = releases_by_id(connection, call.project.id, list(ids))
    return [
        SymbolSetShape(
            id=each.id,
            ref=each.ref,
            team_id=call.project.id,
            created_at=each.created_at,
            last_used=each.last_used,
            failure_reason=each.failure_reason,
            has_uploaded_file=each.is_complete,
            release=ReleaseShape.of(releases[each.release_id], call.project.id)
            if each.release_id in releases
            else None,
        )
        for each in found
    ]


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
