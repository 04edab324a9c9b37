"""`/projects/{id}/start`: from nothing to the first exception, with the address and the key filled in."""

from starlette.responses import Response

from mothlight.queries.answers import issue_list
from mothlight.queries.answers.issue_list import ListedIssue
from mothlight.queries.questions import IssueList, Window
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.onboarding.sdks import SDKS

PATH = "start"
EVER = "all"


def show_start(call: ProjectPage) -> Response:
    """The steps, for one SDK."""
    wanted = call.query.get("sdk", "")
    sdk = next((each for each in SDKS if each.name == wanted), SDKS[0])
    return call.page(
        "onboarding/onboarding.html",
        place=call.path(PATH),
        sdks=SDKS,
        sdk=sdk,
        host=call.incoming.address,
        key=call.project.api_token,
        issue=find_newest(call),
    )


def show_waiting(call: ProjectPage) -> Response:
    """The line that waits, or tells what came."""
    return call.fragment("onboarding/waiting.html", issue=find_newest(call))


def find_newest(call: ProjectPage) -> ListedIssue | None:
    """The issue that was seen last, test accounts and all; None before the first exception."""
    question = IssueList(
        window=Window(EVER, None),
        status=None,
        assignee=None,
        filter_test_accounts=False,
        search_query="",
        user="",
        file_path="",
        filters=(),
        order_by="last_seen",
        order_direction="DESC",
        limit=1,
        offset=0,
        volume_resolution=0,
        libraries=(),
        release=None,
        fingerprints=(),
        person_id=None,
        url=None,
    )
    page = issue_list.answer(question, call.parts.events, call.database, call.project.id, call.parts.clock())
    return page.results[0] if page.results else None
