"""Asks one project of a running server, as a program with a personal API key does."""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx

Found = TypeVar("Found")
Json = dict[str, Any]

POLL_SECONDS = 0.05
SETTLE_SECONDS = 60
# All there is: of any age and of any kind of user.
EVERYTHING = {"dateRange": {"date_from": "all", "date_to": "+1d"}, "filterTestAccounts": False}


class Client:
    """The API of one project, and what belongs to the server as a whole."""

    def __init__(self, url: str, project_id: int, token: str, key: str) -> None:
        self.project_id = project_id
        self.token = token
        self.key = key
        # Without kept connections, none is left over from a server that was killed.
        self.http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def post(self, path: str, body: Json) -> Json:
        """The JSON of an Error Tracking endpoint that must answer 200."""
        return ok(self.http.post(f"/api/environments/{self.project_id}/error_tracking/{path}/", json=body))

    def issues(self, **question: Any) -> list[Json]:
        """The rows of all pages of `query/issues`, whatever their status."""
        return list(self._pages("query/issues", {"status": "all", "limit": 100, **EVERYTHING, **question}))

    def events(self, issue_id: str, **question: Any) -> list[Json]:
        """The events of all pages of `query/issue_events`."""
        return list(self._pages("query/issue_events", {"issueId": issue_id, "limit": 20, **EVERYTHING, **question}))

    def capture(self, *events: Json) -> httpx.Response:
        """Send events as server SDKs do."""
        return self.http.post("/batch/", json={"api_key": self.token, "batch": list(events)})

    def of_project(self, project_id: int, token: str) -> "Client":
        """Another project, with the same key."""
        return Client(str(self.http.base_url), project_id, token, self.key)

    def stats(self) -> Json:
        """The counters of the running process."""
        return ok(self.http.get("/_stats"))

    def wait_until_queryable(self) -> Json:
        """Returns the counters once nothing that was accepted is pending."""

        def settled() -> Json | None:
            stats = self.stats()
            return stats if stats["pending"] == 0 else None

        return eventually(settled, SETTLE_SECONDS, lambda: f"events are still pending: {self.stats()}")

    def _pages(self, path: str, question: Json) -> Iterator[Json]:
        offset: int | None = 0
        while offset is not None:
            page = self.post(path, {**question, "offset": offset})
            yield from page["results"]
            offset = page["nextOffset"] if page["hasMore"] else None


def ok(answer: httpx.Response) -> Json:
    """The JSON object of an answer that must be 200."""
    assert answer.status_code == 200, (
        f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    )
    body: Json = answer.json()
    return body


def eventually(look: Callable[[], Found | None], seconds: float, otherwise: Callable[[], str]) -> Found:
    """The first result of `look` that is not None or empty within the time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {otherwise()}"
        time.sleep(POLL_SECONDS)
    return found
