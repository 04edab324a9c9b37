"""Goes to every state of `states.STATES` in one browser, signed in as who may see it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect

from .chromium import WIDE, profile
from .filled import MEMBER, Filled
from .sign_in import EMAIL, PASSWORD
from .states import State, Visitor

EMAILS: Mapping[Visitor, str] = {"owner": EMAIL, "member": MEMBER}


class Walk:
    """One browser with a profile for each visitor."""

    def __init__(self, browser: Browser, filled: Filled) -> None:
        self._browser = browser
        self._filled = filled
        self._profiles: dict[Visitor, BrowserContext] = {}
        self._pages: dict[Visitor, Page] = {}
        self._state: State | None = None
        self._told: Callable[[State, Response], None] | None = None

    def on_response(self, tell: Callable[[State, Response], None]) -> None:
        """Tell somebody of everything that the server answers."""
        self._told = tell

    def to(self, state: State, size: tuple[int, int] = WIDE) -> tuple[Page, str]:
        """The page in that state, and the text that came from the server for the path."""
        page = self._page(state.who)
        self._state = state
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": size[0], "height": size[1]})
        answer = page.goto(f"{self._filled.server.url}{state.address(self._filled)}")
        assert answer is not None
        assert answer.status == state.status, f"{state.name}: {answer.status}"
        source = answer.text()
        settle(page)
        state.do(page)
        settle(page)
        return page, source

    def close(self) -> None:
        """Close the profiles."""
        for context in self._profiles.values():
            context.close()

    def _page(self, who: Visitor) -> Page:
        if who not in self._pages:
            self._profiles[who] = profile(self._browser, reduced_motion="reduce")
            page = self._pages[who] = self._profiles[who].new_page()
            if who in EMAILS:
                sign_in_as(page, self._filled.server.url, EMAILS[who])
            page.on("requestfinished", self._tell)
        return self._pages[who]

    def _tell(self, request: Request) -> None:
        answer = request.response()
        if self._told and self._state and answer is not None:
            self._told(self._state, answer)


def sign_in_as(page: Page, url: str, email: str) -> None:
    """Fill in the form."""
    page.goto(f"{url}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("header.top")


def settle(page: Page) -> None:
    """Wait until the parts of the page that come later are there."""
    page.wait_for_load_state("load")
    expect(page.locator(".htmx-request")).to_have_count(0)


@contextmanager
def walking(browser: Browser, filled: Filled) -> Iterator[Walk]:
    """A walk through the pages of a server."""
    walk = Walk(browser, filled)
    try:
        yield walk
    finally:
        walk.close()
