"""All pages and what can be open on them, in one list: what checks pages, and what takes pictures of them, walks it.

To add a page: a `State` in `STATES`. A page of `PAGES` that no state shows fails a test of `tests/functional/pages`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page

from .filled import Filled

Visitor = Literal["owner", "member", "nobody"]
Do = Callable[[Page], None]


def nothing(page: Page) -> None:
    """It is shown as it comes."""


def press(key: str) -> Do:
    """Press a key."""
    return lambda page: page.keyboard.press(key)


def click(selector: str) -> Do:
    """Click the first one of these."""
    return lambda page: page.locator(selector).first.click()


def select_rows(page: Page) -> None:
    """Select the first two issues of the list."""
    for place in (0, 1):
        page.locator("[data-row] input[type=checkbox]").nth(place).check()


def merge_rows(page: Page) -> None:
    """Select two issues, and look at what merging them would do."""
    select_rows(page)
    open_dialog("m")(page)


def open_dialog(way: str) -> Do:
    """Open a page in a dialog: by a key, or by a line of the menu “More”."""

    def do(page: Page) -> None:
        if len(way) == 1:
            page.keyboard.press(way)
        else:
            page.locator("summary[title=More]").click()
            page.get_by_role("link", name=way).click()
        page.locator("dialog[open] form").first.wait_for()

    return do


def complete(text: str) -> Do:
    """Type into the search box and wait for what it offers."""

    def do(page: Page) -> None:
        page.locator("#search").press_sequentially(text)
        page.locator("#complete").get_by_text(text).first.wait_for()

    return do


def filter_menu(page: Page) -> None:
    """Open the menu of releases, which asks for its lines."""
    page.locator(".filters summary", has_text="Release").click()
    page.locator(".filters details[open] .pop a").first.wait_for()


def open_all(page: Page) -> None:
    """Open what is folded."""
    folded = page.locator("main details:not(.menu):not([open]) > summary")
    folded.evaluate_all("all => all.forEach(one => one.click())")


def send(button: str, text: str) -> Do:
    """Send a form by its button, and wait until the next page says this."""

    def do(page: Page) -> None:
        page.get_by_role("button", name=button).first.click()
        page.get_by_text(text).first.wait_for()

    return do


def open_invitation(page: Page) -> None:
    """Make a link, and follow it."""
    send("Make a link", "Whoever opens this link")(page)
    page.goto(page.locator("#link").input_value())


def make_key(page: Page) -> None:
    """Make a key that may do everything."""
    page.get_by_label("Label").fill("Nightly report")
    page.get_by_label("everything that you may").check()
    send("Make the key", "It is not shown again")(page)


def refuse_password(page: Page) -> None:
    """Ask for another password with a wrong one."""
    for label, value in (
        ("Present password", "wrong"),
        ("New password", "long enough"),
        ("New password, again", "not"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    send("Change the password", "not the same")(page)


def add_channel(page: Page) -> None:
    """Add a webhook."""
    page.get_by_label("New channel").fill("On-call")
    page.get_by_label("Address", exact=True).fill("https://pager.fernhill.example/hook")
    send("Add the channel", "It is not shown again")(page)


def refuse_channel(page: Page) -> None:
    """Add a channel that is none."""
    page.get_by_label("New channel").fill("On-call")
    page.get_by_label("Address", exact=True).fill("syslog://")
    send("Add the channel", "Messages cannot go to such an address.")(page)


def apply_rule(page: Page) -> None:
    """Apply the rule to stored events, and wait until that is done, and until the page has seen it."""
    page.get_by_role("button", name="Apply it").click()
    page.locator("#past .pill", has_text="Done").first.wait_for()


def edit_alert(page: Page) -> None:
    """Make an alert, and open it."""
    page.get_by_role("link", name="New alert").click()
    send("Save", "is made.")(page)
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_role("heading", name="Delete it").wait_for()


def refuse_sign_in(page: Page) -> None:
    """Sign in with a wrong password."""
    page.get_by_label("E-mail").fill("somebody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".fault").wait_for()


def refuse_project(page: Page) -> None:
    """Make a project whose name is blank."""
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Make the project").click()
    page.locator(".fault").wait_for()


def delete_projects(page: Page) -> None:
    """Delete all projects, by their names."""
    while page.locator("header .menu", has_text="Project: ").count():
        name = page.locator("header summary .clip").inner_text()
        page.locator("header nav a", has_text="Settings").click()
        page.get_by_label(f"Type the name, {name}, to delete it").fill(name)
        page.get_by_role("button", name="Delete the project").click()
        page.locator("h1:not(:text-is('Project'))").wait_for()


def undo_older(page: Page) -> None:
    """Take back a change that a later one replaced."""
    page.locator(".log li", has_text="TimeoutError: assignee from nobody").first.get_by_role(
        "button", name="Undo"
    ).click()
    page.get_by_text("Something changed since").first.wait_for()


@dataclass(frozen=True)
class State:
    """A page, and what is open on it."""

    name: str
    """Of its picture, too."""
    path: str
    """With `{project}`, `{empty}` (without events), `{rule}`, and issues: `{issue}` (of Python), `{web}`, `{other}`."""
    do: Do = nothing
    who: Visitor = "owner"
    status: int = 200
    """What the path is answered with."""
    part: str | None = None
    """A selector: what opened. The rest of the page is checked with another state of it."""

    def address(self, filled: Filled) -> str:
        """The path, filled in."""
        return self.path.format(
            project=f"/projects/{filled.project}",
            empty=f"/projects/{filled.empty_project}",
            issue=filled.issues["CheckoutError"],
            symbol_set=filled.symbol_set,
            web=filled.issues["TypeError"],
            other=filled.issues["KeyError"],
            rule=filled.rule,
        )


DIALOG = "dialog[open]"
MENU = "details.menu[open]"
LIST = "{project}/issues"
RULES = "{project}/settings/rules"
ISSUE = "{project}/issues/{issue}"

STATES: Sequence[State] = (
    # Who is not signed in.
    State("sign-in", "/sign-in", who="nobody"),
    State("sign-in-refused", "/sign-in", refuse_sign_in, who="nobody"),
    State("invitation", "{project}/settings/members", open_invitation),
    State("invitation-unknown", "/invitation?key=x", who="nobody", status=404),
    State("not-found-signed-out", "/nothing", who="nobody", status=404),
    # The list of issues.
    State("issues", LIST),
    State("issues-selected", LIST, select_rows, part="#bulk"),
    State("issues-assign", LIST, lambda page: (select_rows(page), page.keyboard.press("a"))[0], part=MENU),
    State("issues-completion", LIST, complete("release"), part="#complete"),
    State("issues-filter-menu", LIST, filter_menu, part=MENU),
    State("issues-days", LIST, click(".filters summary:has-text('Days')"), part=MENU),
    State("issues-filtered", f"{LIST}?q=is:active+library:web+-type:AbortError&range=30d&sort=occurrences"),
    State("issues-resolved", f"{LIST}?q=is:resolved&range=30d"),
    State("issues-no-match", f"{LIST}?q=is:active+type:Nothing+library:web"),
    State("issues-no-question", f"{LIST}?q=is:nonsense", status=400),
    State("issues-quiet", f"{LIST}?from=2001-01-01&to=2001-01-02"),
    State("issues-empty", "{empty}/issues"),
    State("issues-merge-dialog", LIST, merge_rows, part=DIALOG),
    State("issues-merge", f"{LIST}/merge?issue={{issue}}&issue={{web}}"),
    State("issues-merge-too-few", f"{LIST}/merge?issue={{issue}}"),
    State("projects", LIST, click("header .menu summary"), part=MENU),
    State("account-menu", LIST, click("header .tools .menu summary"), part=MENU),
    State("help", LIST, press("?"), part=DIALOG),
    State("new-project", "/projects/new"),
    State("new-project-refused", "/projects/new", refuse_project),
    # One issue.
    State("issue", ISSUE),
    State("issue-open", ISSUE, open_all),
    State("issue-browser", "{project}/issues/{web}"),
    State("issue-browser-open", "{project}/issues/{web}", open_all),
    State("issue-state", ISSUE, click("summary[title=State]"), part=MENU),
    State("issue-assignee", ISSUE, press("a"), part=MENU),
    State("issue-more", ISSUE, click("summary[title=More]"), part=MENU),
    State("issue-zoom", ISSUE, click("summary:has-text('Zoom')"), part=MENU),
    State("issue-only", ISSUE, click("summary:has-text('Only events with')"), part=MENU),
    State("issue-filtered", f"{ISSUE}?range=30d&where=plan%3Dfree&at=oldest"),
    State("issue-no-event", f"{ISSUE}?where=plan%3Dnobody"),
    State("issue-merge-dialog", ISSUE, open_dialog("m"), part=DIALOG),
    State("issue-split-dialog", ISSUE, open_dialog("Split…"), part=DIALOG),
    State("issue-rename-dialog", ISSUE, open_dialog("Rename…"), part=DIALOG),
    State("issue-insights", f"{ISSUE}/insights"),
    State("issue-rename", f"{ISSUE}/edit"),
    State("issue-merge", f"{ISSUE}/merge"),
    State("issue-merge-preview", f"{ISSUE}/merge?other={{other}}"),
    State("issue-split", f"{ISSUE}/split"),
    State("issue-done", "{project}/issues/{other}", send("Suppress", "Suppressed")),
    State("issue-unknown", "{project}/issues/019bb1a2-0000-7000-8000-000000000000", status=404),
    # What changed.
    State("changes", "{project}/changes"),
    State("changes-who", "{project}/changes", click(".filters summary"), part=MENU),
    State("changes-conflict", "{project}/changes", undo_older),
    State("changes-none", "{empty}/changes"),
    # Beginning.
    State("start", "{project}/start"),
    State("start-waiting", "{empty}/start?sdk=browser-script"),
    State("suggestions", "{project}/recommendations"),
    State("suggestions-none", "{empty}/recommendations"),
    # Settings.
    State("settings", "{project}/settings", open_all),
    State("settings-member", "{project}/settings", who="member"),
    State("limits", "{project}/settings/limits"),
    State("rules", f"{RULES}?count=on"),
    State("rules-none", "{empty}/settings/rules?kind=bypass"),
    State("rule-new", f"{RULES}/new?kind=assignment"),
    State("rule-refused", f"{RULES}/new?kind=grouping", send("Preview", "at least one filter value")),
    State("rule", f"{RULES}/{{rule}}"),
    State("rule-preview", f"{RULES}/{{rule}}", send("Preview", "It would have matched")),
    State("rule-move", f"{RULES}/{{rule}}/move?to=down"),
    State("rule-delete", f"{RULES}/{{rule}}/delete"),
    State("rule-past-none", f"{RULES}/{{rule}}/past"),
    State("rule-past", f"{RULES}/{{rule}}/past", apply_rule),
    State("alerts", "{project}/settings/alerts"),
    State("alerts-channel", "{project}/settings/alerts", add_channel),
    State("alerts-refused", "{project}/settings/alerts", refuse_channel),
    State("alert-new", "{project}/settings/alerts/new"),
    State("alert-preview", "{project}/settings/alerts/new", send("What would it have sent?", "It would have sent")),
    State("alert", "{project}/settings/alerts", edit_alert),
    State("alert-messages", "{project}/settings/alerts/deliveries"),
    State("symbols", "{project}/settings/symbols"),
    State("symbols-all", "{project}/settings/symbols?view=all"),
    State("symbols-nothing", "{project}/settings/symbols?view=all&search=nothing"),
    State("symbols-none", "{empty}/settings/symbols"),
    State("symbol-set", "{project}/settings/symbols/{symbol_set}"),
    State("members", "{project}/settings/members"),
    State("members-menu", "{project}/settings/members", click("table .menu summary"), part=MENU),
    State("members-link", "{project}/settings/members", send("Make a link", "Whoever opens this link")),
    State("members-member", "{project}/settings/members", who="member"),
    State("account", "/account"),
    State("account-refused", "/account", refuse_password),
    State("keys", "/account/keys"),
    State("keys-made", "/account/keys", make_key),
    # The server.
    State("server", "/server"),
    State("doctor", "/server/doctor"),
    State("forbidden", "/server", who="member", status=403),
    State("not-found", "/nothing", status=404),
    # Last, because nothing is left then.
    State("no-project", "/", delete_projects),
)

PARTS = {
    "/status": "the foot of every page",
    "/projects/{project_id}/issues/fresh": "the line above the list",
    "/projects/{project_id}/issues/complete": "below the search box",
    "/projects/{project_id}/issues/{id}/event.json": "no page",
    "/projects/{project_id}/start/waiting": "a line of the page beside it",
    "/projects/{project_id}/settings/symbols/repairs": "a part of the page of symbols",
}
"""Paths of `PAGES` without a page of their own, and where they are shown."""
