"""`/projects/{id}/recommendations`: what to improve next, as a strip above the list and as a page of all."""

from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from mothlight.model.errors import not_found
from mothlight.recommendations.life_cycle import Recommendation
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.recommendations.words import ADVICE, Advice

PATH = "recommendations"
GONE = "There is no such suggestion."


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One recommendation, as it reads."""

    id: UUID
    advice: Advice
    text: str
    is_done: bool
    is_dismissed: bool


def show_recommendations(call: ProjectPage) -> Response:
    """The open ones for the strip, all of them as a page."""
    found = [_read(each) for each in call.parts.recommendations.list(call.project.id, poll=False)]
    suggestions = [each for each in found if each is not None]
    if call.incoming.is_fragment:
        open_ones = [each for each in suggestions if not each.is_done and not each.is_dismissed]
        return call.fragment("recommendations/strip.html", suggestions=open_ones)
    return call.page("recommendations/recommendations.html", suggestions=suggestions)


def dismiss(call: ProjectPage) -> Response:
    """Hide one."""
    row_id = _row_id(call)
    if call.parts.recommendations.dismiss(call.project.id, row_id) is None:
        raise not_found(GONE)
    return call.redirect(call.path("issues"), "The suggestion is hidden.", undo=call.path(f"{PATH}/{row_id}/restore"))


def restore(call: ProjectPage) -> Response:
    """Show one again."""
    if call.parts.recommendations.restore(call.project.id, _row_id(call)) is None:
        raise not_found(GONE)
    return call.redirect(call.path(PATH), "The suggestion is shown again.")


def _row_id(call: ProjectPage) -> UUID:
    try:
        return UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found(GONE) from None


def _read(found: Recommendation) -> Suggestion | None:
    """None for a type that another version computed."""
    advice = ADVICE.get(found.row.type)
    if advice is None or found.row.computed_at is None:
        return None
    return Suggestion(
        found.row.id, advice, advice.words(found.meta), found.completed, found.row.dismissed_at is not None
    )
