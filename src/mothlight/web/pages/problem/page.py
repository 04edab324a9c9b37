"""Errors become pages here and nowhere else: in plain words, with what to try.

What a part raises (`model.errors`) decides the page. What is our fault, or an outage, has an id that the log has too.
"""

import structlog
from starlette.responses import Response

from mothlight.model.errors import Refused, Unavailable
from mothlight.web.pages.calls import PageCall

log = structlog.get_logger(__name__)

TITLES = {
    400: "That did not work",
    403: "This is not for you",
    404: "Nothing is here",
    405: "That did not work",
    413: "That is too much at once",
    415: "That did not work",
    429: "Too many attempts",
}
"""To add one: a status. Others have the words of 400."""
LATER = "Mothlight cannot answer now"
DEFECT = "Something broke in Mothlight"


def show_problem(call: PageCall, problem: Exception, allowed: str = "") -> Response:
    """The page about whatever was raised. `allowed`: the methods of the address, for a 405."""
    match problem:
        case Refused():
            headers = {"Allow": allowed} if problem.status == 405 else {}
            title = TITLES.get(problem.status, TITLES[400])
            return _page(call, problem.status, title, problem.detail, headers=headers)
        case Unavailable():
            id = _make_id(call)
            log.warning("page_unavailable", id=id, path=call.incoming.path, reason=problem.reason)
            words = f"It will soon: {problem.detail}. Events that were accepted are safe."
            return _page(call, 503, LATER, words, id=id, headers={"Retry-After": str(problem.retry_after)})
        case _:
            id = _make_id(call)
            log.error("page_failed", id=id, path=call.incoming.path, exc_info=problem)
            words = "It is not your fault, and nothing was lost. Try again; if it stays, show an admin the id below."
            return _page(call, 500, DEFECT, words, id=id)


def _page(
    call: PageCall, status: int, title: str, words: str, *, id: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    template = "problem/part.html" if call.incoming.is_fragment else "problem/problem.html"
    answer = call.fragment if call.incoming.is_fragment else call.page
    response = answer(template, status=status, title=title, words=words, id=id, code=status)
    response.headers.update(headers or {})
    return response


def _make_id(call: PageCall) -> str:
    return call.parts.make_id().hex[-10:]
