"""`/api/projects/{project_id}/persons/`: from an e-mail address or a distinct id to a person's id (api.md 2.1)."""

from starlette.responses import Response

from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.person_search import PersonSearch


def list_persons(call: ProjectCall) -> Response:
    """Persons by distinct id, or by a part of their e-mail address or a distinct id."""
    search = PersonSearch(call.parts.database, call.parts.events, call.project.id)
    page = call.page()
    if distinct_id := call.query.get("distinct_id"):
        return call.answer_slice(search.by_distinct_id(distinct_id, call.query.get("search", "")))
    count, persons = search.by_text(call.query.get("search", ""), page)
    return call.answer_page(page, count, persons)
