"""What people do with the keyboard alone, by the keys that the page lists."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.server import Server

from .chromium import profile
from .filled import Filled, fill
from .sign_in import EMAIL
from .walk import settle, sign_in_as

FOCUSED = "document.activeElement.getAttribute('title') || document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Server]:
    """One that is not started yet."""
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        yield running
    finally:
        running.discard()


@pytest.fixture(scope="module")
def filled(server: Server) -> Filled:
    """A project to work in."""
    return fill(server)


@pytest.fixture(scope="module")
def person(browser: Browser, filled: Filled) -> Iterator[Page]:
    """Somebody without a mouse, signed in."""
    with profile(browser, reduced_motion="reduce") as context:
        page = context.new_page()
        sign_in_as(page, filled.server.url, EMAIL)
        yield page


@pytest.fixture
def page(person: Page, filled: Filled) -> Page:
    """The list of issues."""
    person.goto(f"{filled.server.url}/projects/{filled.project}/issues")
    settle(person)
    return person


def press(page: Page, *keys: str) -> None:
    """Press them one after another."""
    for key in keys:
        page.keyboard.press(key)


def test_issues_are_selected_and_merged_after_a_look(page: Page) -> None:
    names = page.locator("[data-row] .ttl-1 b").all_inner_texts()[:2]
    press(page, "j", "x", "j", "X")
    expect(page.locator("#bulk-count")).to_have_text("2 selected")
    press(page, "m")
    dialog = page.locator("dialog[open]")
    for name in names:
        expect(dialog).to_contain_text(name)
    expect(dialog).to_contain_text("Nothing has changed yet")
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#bulk-count")).to_have_text("2 selected")

    press(page, "m")
    page.locator("dialog[open]").get_by_role("button", name="Merge 2 issues").focus()
    press(page, "Enter")
    expect(page.locator("#toast")).to_contain_text("Merged")
    press(page, "u")
    expect(page.locator("#toast")).to_contain_text("Taken back")


def test_an_issue_is_opened_worked_on_and_left(page: Page) -> None:
    press(page, "j", "Enter")
    expect(page.locator("#stack")).to_be_visible()
    press(page, "j")
    expect(page.locator(".evnav")).to_contain_text("Event 2")
    press(page, "a")
    expect(page.locator("details[open] .pop")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("details.menu[open]")).to_have_count(0)
    assert page.evaluate(FOCUSED).startswith("Assignee")
    press(page, "e")
    expect(page.get_by_title("State")).to_contain_text("Resolved")
    press(page, "u")
    expect(page.get_by_title("State")).to_contain_text("Active")
    press(page, "g", "c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Changes")


def test_a_search_is_completed_without_a_mouse(page: Page) -> None:
    press(page, "/")
    page.keyboard.type("library:we")
    page.locator("#complete a").first.wait_for()
    press(page, "ArrowDown", "Enter")
    expect(page.locator(".token", has_text="library:")).to_have_count(1)


def test_help_lists_the_keys_and_gives_the_focus_back(page: Page) -> None:
    page.get_by_title("Keyboard shortcuts (?)").focus()
    press(page, "?")
    expect(page.locator("dialog[open] h2")).to_have_text("Keyboard shortcuts")
    press(page, "Escape")
    assert "Keyboard shortcuts" in page.evaluate(FOCUSED)
