"""`/projects/{id}/settings/symbols`: what events wait for, the symbol sets that are there, and what they repaired."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from mothlight.model.errors import not_found
from mothlight.queries.answers.awaited_symbols import find_awaited
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import symbol_repairs, symbol_sets
from mothlight.storage.metadata.repositories.releases import releases_by_id
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSetSearch
from mothlight.symbol_sets.remove import remove_sets
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.symbols.rows import awaited_row, repair_row, set_row

PATH = "settings/symbols"
VIEWS = ("missing", "failed", "ready", "all")
ROWS = 50
RECENT_REPAIRS = 5
LONGEST_NUMBER = 10
NO_SET = "There is no such symbol set."


def show_symbols(call: ProjectPage) -> Response:
    """The sets and what waits, one view at a time, below the newest repairs."""
    wanted = call.query.get("view", "")
    awaited = find_awaited(call.parts.events, call.database, call.project.id)
    missing = [awaited_row(each) for each in awaited if each.is_missing]
    failed = [awaited_row(each) for each in awaited if not each.is_missing]
    view = wanted if wanted in VIEWS else "missing" if missing else "all"
    with reading(call.database) as connection:
        counts = {
            "missing": len(missing),
            "failed": len(failed),
            "ready": symbol_sets.count_sets(connection, call.project.id, SymbolSetSearch(status="valid")),
            "all": symbol_sets.count_sets(connection, call.project.id, SymbolSetSearch()),
        }
    return call.page(
        "symbols/symbols.html",
        place=call.path(PATH),
        views=VIEWS,
        view=view,
        counts=counts,
        search=call.query.get("search", "").strip(),
        waiting=(missing if view == "missing" else failed)[:ROWS] if view in ("missing", "failed") else None,
        **_sets(call, view),
        **_repairs(call),
    )


def show_repairs(call: ProjectPage) -> Response:
    """The newest repairs, which ask for themselves while one is being done."""
    return call.fragment("symbols/repairs.html", **_repairs(call))


def show_symbol_set(call: ProjectPage) -> Response:
    """One set: what it is, what it made readable, and its repairs."""
    set_id = _set_id(call)
    with reading(call.database) as connection:
        found = symbol_sets.sets_by_id(connection, call.project.id, [set_id]).get(set_id)
        if found is None:
            raise not_found(NO_SET)
        releases = releases_by_id(connection, call.project.id, [] if found.release_id is None else [found.release_id])
        repairs = symbol_repairs.list_repairs(connection, call.project.id, ROWS, 0, set_id)
        done = symbol_repairs.consequences(connection, [each.id for each in repairs])
    waiting = find_awaited(call.parts.events, call.database, call.project.id, [found.ref])
    size = call.parts.blobs.size(found.storage_key) if found.storage_key is not None and found.is_complete else None
    return call.page(
        "symbols/symbol_set.html",
        place=call.path(PATH),
        row=set_row(found, releases),
        size=size,
        waiting=awaited_row(waiting[0]) if waiting else None,
        repairs=[repair_row(each, done) for each in repairs],
    )


def delete_symbol_set(call: ProjectPage) -> Response:
    """Forget a set and its file; frames that it made readable stay so."""
    if not remove_sets(call.database, call.parts.blobs, call.project.id, [_set_id(call)]):
        raise not_found(NO_SET)
    return call.redirect(call.path(f"{PATH}?view=all"), "The symbol set is deleted. What it made readable stays so.")


def _sets(call: ProjectPage, view: str) -> dict[str, Any]:
    """A part of the sets."""
    if view not in ("ready", "all"):
        return {"sets": None, "total": 0, "start": 0, "rows": ROWS}
    # No reference holds a null character, and one database would not take it as a value.
    text = call.query.get("search", "").strip().replace("\0", "")
    search = SymbolSetSearch(search=text or None, status="valid" if view == "ready" else "all")
    sent = call.query.get("start", "")
    start = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < LONGEST_NUMBER else 0
    with reading(call.database) as connection:
        total = symbol_sets.count_sets(connection, call.project.id, search)
        found = symbol_sets.list_sets(connection, call.project.id, search, ROWS, start)
        ids = {each.release_id for each in found if each.release_id is not None}
        releases = releases_by_id(connection, call.project.id, list(ids))
    return {"sets": [set_row(each, releases) for each in found], "total": total, "start": start, "rows": ROWS}


def _repairs(call: ProjectPage) -> dict[str, Any]:
    with reading(call.database) as connection:
        repairs = symbol_repairs.list_repairs(connection, call.project.id, RECENT_REPAIRS, 0)
        done = symbol_repairs.consequences(connection, [each.id for each in repairs])
    rows = [repair_row(each, done) for each in repairs]
    return {"repairs": rows, "is_repairing": any(row.is_running for row in rows)}


def _set_id(call: ProjectPage) -> UUID:
    try:
        return UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found(NO_SET) from None
