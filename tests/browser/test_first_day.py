"""The first day: from an empty server to a merged issue, by what a person clicks and sees."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.end_to_end.server import Server

from .chromium import profile
from .shop import Shop, open_shop
from .sign_in import sign_in

HELLO = 'posthog.captureException(new Error("hello from Mothlight"));'


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Somebody's site, not yet with the SDK in it."""
    with open_shop() as site:
        yield site


@pytest.fixture
def customer(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of somebody who uses the site."""
    with profile(browser) as context:
        yield context


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The browser of who looks after the errors; nothing in it may go wrong."""
    with profile(browser) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(f"{line.text} {line.location}") if line.type == "error" else None)
        yield page
        assert errors == []


def throw(customer: BrowserContext, shop: Shop, call: str) -> None:
    """Visit the site and let its code throw where nobody catches it; what the SDK holds is sent as the page closes."""
    visit = customer.new_page()
    with visit.expect_request(lambda request: "exception-autocapture" in request.url) as loaded:
        visit.goto(shop.url)
    loaded.value.response()
    visit.wait_for_load_state("networkidle")
    with visit.expect_response(lambda answer: "/e/" in answer.url and answer.ok):
        visit.evaluate(f"setTimeout(() => {call}, 0)")
    visit.close()


def test_from_an_empty_server_to_a_merged_issue(
    page: Page, customer: BrowserContext, shop: Shop, server: Server
) -> None:
    # Onboarding: its lines are what the site gets, but for the greeting.
    sign_in(page, server, "/projects/1/start?sdk=browser-script")
    waiting = page.locator("#waiting")
    expect(waiting).to_contain_text("Waiting for the first exception")
    shop.install(page.locator("#code").inner_text().replace(HELLO, ""))
    throw(customer, shop, "pay({message: 'card was refused'})")
    expect(waiting).to_contain_text("An exception was received", timeout=20_000)
    waiting.get_by_role("link", name="Open the issue").click()

    # The issue, with times of where its reader is.
    expect(page.locator("#status")).to_contain_text("Times in Europe/Berlin")
    expect(page.get_by_role("heading", level=1)).to_contain_text("TypeError")
    expect(page.locator(".ih .message")).to_have_text("card was refused")
    expect(page.locator("#stack")).to_contain_text("pay")
    issue = page.url.partition("?")[0]

    # Assign, resolve.
    page.get_by_title("Assignee").click()
    page.get_by_role("button", name="(you)").click()
    expect(page.get_by_title("Assignee")).to_contain_text("ada@example.com")
    page.keyboard.press("e")
    expect(page.get_by_title("State")).to_contain_text("Resolved")

    # It happens again: it is open again, and says so.
    throw(customer, shop, "pay({message: 'card was refused'})")
    reload_until(page, "#activity", "Reopened")
    expect(page.get_by_title("State")).to_contain_text("Active")

    # Suppressed by mistake, and taken back by the key that the toast names.
    page.keyboard.press("s")
    expect(page.get_by_title("State")).to_contain_text("Suppressed")
    page.keyboard.press("u")
    expect(page.get_by_title("State")).to_contain_text("Active")

    # Another error of the same cause: both become one issue, and two again.
    throw(customer, shop, "ship({message: 'no such address'})")
    other = wait_for_issue(server, "RangeError")
    page.goto(issue)
    page.keyboard.press("m")
    page.get_by_label("address or id of another issue").fill(f"{server.url}/projects/1/issues/{other}")
    page.get_by_role("button", name="Show what merging would do").click()
    expect(page.locator("table.sum")).to_contain_text("RangeError")
    page.get_by_role("button", name="Merge 2 issues").click()
    expect(page.locator("#toast")).to_be_visible()
    expect(page.locator(".evnav")).to_contain_text("of 3")
    page.locator("#activity .log li", has_text="RangeError").first.get_by_role("button", name="Undo").click()
    expect(page.locator(".evnav")).to_contain_text("of 2")

    # Out.
    page.get_by_title("ada@example.com").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(issue)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def reload_until(page: Page, selector: str, text: str) -> None:
    """Look again until the page says so: an event is on its way."""
    for _ in range(100):
        if text in page.locator(selector).inner_text():
            return
        page.wait_for_timeout(100)
        page.reload()
    raise AssertionError(f"{selector} never said {text!r}: {page.locator(selector).inner_text()}")


def wait_for_issue(server: Server, name: str) -> str:
    """The id of the issue of that name, once it is there."""
    client = server.client()
    client.wait_until_queryable()
    return next(str(row["id"]) for row in client.issues() if row["name"] == name)
