"""Who looks after the shop's errors."""

from playwright.sync_api import Page

from tests.end_to_end.server import Server

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"


def sign_in(page: Page, server: Server, path: str) -> None:
    """Ask for a page, which leads to signing in first and then there."""
    page.goto(f"{server.url}{path}")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("header.top")
