"""`recommendations/…`: what to improve next (api.md 2.4 to 2.7)."""

from starlette.responses import Response

from mothlight.model.errors import Unavailable, not_found
from mothlight.recommendations.life_cycle import Recommendation, UnknownKind
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.shapes import RecommendationShape
from mothlight.web.errors import json_response

UNKNOWN = {"detail": "Unknown recommendation type."}
NOT_NOW = {"detail": "Couldn't start the refresh right now. Please try again in a moment."}


def list_recommendations(call: ProjectCall) -> Response:
    """All of them by type; unless polled, stale ones are computed first."""
    poll = call.query.get("poll", "").lower() == "true"
    found = call.parts.recommendations.list(call.project.id, poll=poll)
    return call.answer_slice([RecommendationShape.of(each) for each in found])


def dismiss(call: ProjectCall) -> Response:
    """Hide one."""
    return _answer(call.parts.recommendations.dismiss(call.project.id, call.row_id()))


def restore(call: ProjectCall) -> Response:
    """Show one again."""
    return _answer(call.parts.recommendations.restore(call.project.id, call.row_id()))


def refresh(call: ProjectCall) -> Response:
    """Compute one anew."""
    force = call.query.get("force", "").lower() != "false"
    try:
        return _answer(call.parts.recommendations.refresh(call.project.id, call.row_id(), force=force))
    except UnknownKind:
        return json_response(UNKNOWN, 400)
    except Unavailable as problem:
        return json_response(NOT_NOW, 503, {"Retry-After": str(problem.retry_after)})


def _answer(found: Recommendation | None) -> Response:
    if found is None:
        raise not_found()
    return json_response(RecommendationShape.of(found))
