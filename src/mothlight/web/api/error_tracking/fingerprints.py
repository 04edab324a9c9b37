"""`fingerprints/…`: what issues own (api.md 3.2)."""

from uuid import UUID

from starlette.responses import Response

from mothlight.model.errors import invalid, not_found
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import fingerprints as repository
from mothlight.storage.metadata.repositories.fingerprints import ListedFingerprint
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import FingerprintShape
from mothlight.web.errors import json_response


def list_fingerprints(call: ProjectCall) -> Response:
    """Fingerprints of one issue, or all, oldest created first."""
    asked = call.query.get("issue_id")
    issue_id = _read_id(asked, "issue_id must be a valid UUID") if asked else None
    page = call.page()
    with reading(call.parts.database) as connection:
        count = repository.count_fingerprints(connection, call.project.id, issue_id)
        found = repository.list_fingerprints(connection, call.project.id, issue_id, page.limit, page.offset)
    return call.answer_page(page, count, [FingerprintShape.of(each) for each in found])


def get_fingerprint(call: ProjectCall) -> Response:
    """One fingerprint by its id."""
    fingerprint_id = _read_id(call.incoming.path["id"], "Invalid fingerprint id")
    with reading(call.parts.database) as connection:
        return _answer(repository.find_fingerprint(connection, call.project.id, fingerprint_id))


def resolve(call: ProjectCall) -> Response:
    """The fingerprint of a value."""
    value = call.query.get("fingerprint")
    if not value:
        raise invalid("fingerprint query parameter is required")
    # No fingerprint holds a null character, and one database would not take it as a value.
    if "\0" in value:
        return _answer(None)
    with reading(call.parts.database) as connection:
        return _answer(repository.find_fingerprint_by_value(connection, call.project.id, value))


def _read_id(text: str, problem: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise invalid(problem) from None


def _answer(found: ListedFingerprint | None) -> Response:
    if found is None:
        raise not_found("Fingerprint not found")
    return json_response(FingerprintShape.of(found))
