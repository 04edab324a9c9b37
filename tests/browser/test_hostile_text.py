"""Whatever text an SDK sends, a browser shows it as text.

Nothing runs, no dialog opens, nothing leaves the page's width.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page

from tests.end_to_end.server import Server

from .chromium import NARROW, profile
from .sign_in import sign_in

PAYLOADS = {
    "script": "<script>window.owned = 1; alert(1)</script>",
    "image": '"><img src=x onerror="window.owned = 1; alert(1)">',
    "attribute": "' autofocus onfocus='window.owned = 1' x='",
    "svg": "<svg/onload=window.owned=1><style>*{display:none}</style>",
    "closing": "</title></textarea></pre></script><script>window.owned = 1</script>",
    "htmx": '<div hx-get="/server" hx-trigger="load" hx-on:load="window.owned = 1"></div>',
    "template": "{{ 7 * 191 }} {% include 'layout/base.html' %} {# gone #} ${7 * 191} <%= 7 * 191 %>",
    "address": "javascript:window.owned=1//",
    "data address": "data:text/html,<script>window.owned = 1</script>",
    "right to left": "\u202egpj.exe\u2066 \u200f\u05d0\u05d1\u05d2 \u200b\ufeff",
    "marks": "Z\u0351\u036b\u0343\u036a\u0302" * 40,
    "controls": "a\x01b\x07c\x1b[31md\r\ne\tf",
    "long": "W" * 1_000_000,
    "long in words": "word " * 200_000,
}
"""Texts by what they try. To add one: a line here."""
SENTENCE = {"template": "7 * 191", "script": "window.owned = 1; alert(1)"}
"""What of some payloads must be there to read."""


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A signed-in person on a telephone."""
    with profile(browser, NARROW) as context:
        page = context.new_page()
        sign_in(page, server, "/account")
        yield page


@pytest.mark.parametrize("what", PAYLOADS)
def test_an_issue_shows_text_of_events_as_text(what: str, page: Page, server: Server) -> None:
    client = server.client()
    before = {row["id"] for row in client.issues()}
    answer = client.capture(_event(PAYLOADS[what]))
    assert answer.status_code == 200, answer.text
    client.wait_until_queryable()
    (issue,) = ({row["id"] for row in client.issues()} - before) or {None}
    if issue is None:
        # More than an event may hold: it is dropped, and the pages still stand.
        check_pages(page, server, ["issues"])
        return

    check_pages(page, server, [f"issues/{issue}{part}" for part in ("", "/insights", "/edit", "/merge", "/split")])

    if what in SENTENCE:
        page.goto(f"{server.url}/projects/1/issues/{issue}")
        assert SENTENCE[what] in page.locator("h1").inner_text()


def test_lists_show_text_of_events_as_text(page: Page, server: Server) -> None:
    client = server.client()
    for text in PAYLOADS.values():
        assert client.capture(_event(text)).status_code == 200
    client.wait_until_queryable()

    check_pages(page, server, ["issues", "issues?q=is:active&range=24h", "changes", "start"])


def check_pages(page: Page, server: Server, paths: Sequence[str]) -> None:
    """Nothing runs, no dialog opens, nothing is an address, nothing is wider than the screen."""
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in paths:
        answer = page.goto(f"{server.url}/projects/1/{path}")
        assert answer is not None
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle")
        page.locator("main details:not(.menu):not([open]) > summary").evaluate_all(
            "all => all.forEach(one => one.click())"
        )

        assert page.evaluate("window.owned") is None, path
        assert dialogs == [], path
        assert page.locator("a[href^='javascript:'], a[href^='data:'], main script, main img").count() == 0, path
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0], (path, too_wide(page))


def too_wide(page: Page) -> list[str]:
    """What reaches beyond the right edge, for the message of a failure."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && one.getClientRects().length)
            .slice(0, 12)
            .map(one => `${one.tagName}.${one.className} in ${one.parentElement.className}`)"""
    )
    return found


def _event(text: str) -> dict[str, Any]:
    """An event that says the text wherever an SDK can."""
    # A megabyte goes once into an event; the other fields get what is left of its room.
    other = text[:2000]
    frame = {
        "platform": "python",
        "function": other,
        "filename": other,
        "abs_path": other,
        "module": other,
        "lineno": 3,
        "in_app": True,
        "pre_context": [other],
        "context_line": other,
        "post_context": [other],
        "code_variables": {other[:200]: other, "nested": {"deep": [other]}},
    }
    exception = {
        "type": other,
        "value": text,
        "mechanism": {"type": other, "handled": False},
        "stacktrace": {"type": "raw", "frames": [frame, {**frame, "in_app": False}]},
    }
    names = (
        "$browser",
        "$os",
        "$current_url",
        "$app_version",
        "environment",
        "$environment",
        "$lib",
        "$lib_version",
        "plan",
    )
    return {
        "event": "$exception",
        "uuid": str(uuid4()),
        "distinct_id": other[:190] or "somebody",
        "properties": {
            **dict.fromkeys(names, other),
            "$exception_list": [exception, {**exception, "value": other}],
            "$exception_fingerprint": f"{uuid4()} {other}"[:500],
            "$exception_level": other,
            "$issue_name": other,
            "$issue_description": other,
            "$active_feature_flags": [other],
            f"$feature/{other[:100]}": other,
            "$exception_steps": [{"$message": other, "$type": other, "link": other}],
            "$set": {"email": other, "name": other},
            other[:150]: other,
        },
    }
