"""Routes for symbol sets: the lines of `routes.ROUTES` for api.md 3.4.

To add one: a handler in the file that its URL names, and a line here.
"""

from mothlight.web.api.error_tracking import symbol_repairs, symbol_set_uploads, symbol_sets
from mothlight.web.api.route import PAGE_PARAMETERS, READ, WRITE, ApiRoute, Parameter, Shapes, tracking_routes
from mothlight.web.api.shapes import SuccessShape
from mothlight.web.api.symbol_set_bodies import BulkDelete, BulkFinish, BulkStart, Finish

CHUNK = (
    Parameter("chunk_id", "What frames name the file by."),
    Parameter("release_id", "The release that it belongs to.", {"type": "string", "format": "uuid"}),
)
FILTERS = (
    Parameter("ref", "Only the set with this reference."),
    Parameter("search", "A part of the reference, or of the release's version, project or commit."),
    Parameter(
        "status",
        "`valid`: with a file; `invalid`: without.",
        {"type": "string", "enum": list(symbol_sets.STATUSES), "default": "all"},
    ),
    Parameter(
        "order_by",
        "By what, with `-` in front for descending.",
        {"type": "string", "enum": list(symbol_sets.ORDER_NAMES), "default": "-created_at"},
    ),
)

_wrong = ((400, symbol_sets.Problem),)
"""Errors with all four keys are of this shape too."""
_set = Shapes(answer=symbol_sets.SymbolSetShape)

SYMBOL_ROUTES: tuple[ApiRoute, ...] = (
    *tracking_routes(
        "GET",
        "symbol_sets",
        READ,
        symbol_sets.list_symbol_sets,
        Shapes(answer=symbol_sets.SymbolSetShape, paged=True, parameters=(*PAGE_PARAMETERS, *FILTERS), errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "symbol_sets",
        WRITE,
        symbol_set_uploads.upload_one,
        Shapes(answer=symbol_set_uploads.Uploaded, status=201, parameters=CHUNK, errors=(413,), others=_wrong),
        takes_file=True,
    ),
    *tracking_routes(
        "POST",
        "symbol_sets/bulk_start_upload",
        WRITE,
        symbol_set_uploads.start_uploads,
        Shapes(body=BulkStart, answer=symbol_set_uploads.Slots, status=201, errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "symbol_sets/bulk_finish_upload",
        WRITE,
        symbol_set_uploads.finish_uploads,
        Shapes(body=BulkFinish, answer=SuccessShape, status=201, errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "symbol_sets/start_upload",
        WRITE,
        symbol_set_uploads.start_one,
        Shapes(answer=symbol_set_uploads.Slot, status=201, parameters=CHUNK, others=_wrong),
    ),
    *tracking_routes(
        "POST",
        "symbol_sets/bulk_delete",
        WRITE,
        symbol_sets.remove_symbol_sets,
        Shapes(body=BulkDelete, answer=symbol_sets.Deleted, others=_wrong),
    ),
    *tracking_routes(
        "GET",
        "symbol_sets/missing",
        READ,
        symbol_repairs.list_missing,
        Shapes(answer=symbol_repairs.MissingShape, paged=True, parameters=PAGE_PARAMETERS),
    ),
    *tracking_routes("GET", "symbol_sets/{id}", READ, symbol_sets.get_symbol_set, _set),
    *tracking_routes("PATCH", "symbol_sets/{id}", WRITE, symbol_sets.get_symbol_set, _set),
    *tracking_routes("PUT", "symbol_sets/{id}", WRITE, symbol_sets.get_symbol_set, _set),
    *tracking_routes("DELETE", "symbol_sets/{id}", WRITE, symbol_sets.remove_symbol_set, Shapes()),
    *tracking_routes(
        "GET",
        "symbol_sets/{id}/repairs",
        READ,
        symbol_repairs.list_repairs,
        Shapes(answer=symbol_repairs.Repairs),
    ),
    *tracking_routes(
        "GET",
        "symbol_sets/{id}/download",
        READ,
        symbol_sets.download_symbol_set,
        Shapes(answer=symbol_sets.DownloadLink),
    ),
    *tracking_routes(
        "PUT",
        "symbol_sets/{id}/finish_upload",
        WRITE,
        symbol_set_uploads.finish_one,
        Shapes(body=Finish, answer=SuccessShape, errors=(400,)),
    ),
)
