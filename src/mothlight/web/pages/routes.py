"""Which page answers which path.

To add a page: a folder with its function and its templates, and its lines in `PAGES`. `docs/pages.md` shows how.
"""

from collections.abc import Sequence
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mothlight.web.pages.account import page as account
from mothlight.web.pages.alerts.routes import ALERT_PAGES
from mothlight.web.pages.api_keys import page as api_keys
from mothlight.web.pages.assets import BASE
from mothlight.web.pages.changes.page import show_changes
from mothlight.web.pages.changes.undo import undo_change
from mothlight.web.pages.endpoint import PageEndpoint
from mothlight.web.pages.files import Reports, serve_asset
from mothlight.web.pages.front.page import show_front
from mothlight.web.pages.headers import REPORTS
from mothlight.web.pages.invitation.page import accept, show_invitation
from mothlight.web.pages.issue.routes import ISSUE_PAGES
from mothlight.web.pages.issues.routes import LIST_PAGES
from mothlight.web.pages.limits.page import save_limits, save_spikes, show_limits
from mothlight.web.pages.members import page as members
from mothlight.web.pages.new_project import page as new_project
from mothlight.web.pages.onboarding.page import show_start, show_waiting
from mothlight.web.pages.page import Page, open_page, operator_page, project_page, user_page
from mothlight.web.pages.project_settings import page as project_settings
from mothlight.web.pages.recommendations import page as recommendations
from mothlight.web.pages.rules.routes import RULE_PAGES
from mothlight.web.pages.server.page import show_doctor, show_server
from mothlight.web.pages.service import PageService
from mothlight.web.pages.sign_in.page import do_sign_in, do_sign_out, do_sign_out_everywhere, show_sign_in
from mothlight.web.pages.status.page import show_status
from mothlight.web.pages.symbols import page as symbols
from mothlight.web.pages.theme.page import change_theme

CHANGES = "changes"
SETTINGS = "settings"
SERVER = "server"
MEMBER = f"{members.PATH}/{{user_id}}"

PAGES: Sequence[Page] = (
    user_page("GET", "/", show_front),
    open_page("GET", "/sign-in", show_sign_in),
    open_page("POST", "/sign-in", do_sign_in),
    user_page("POST", "/sign-out", do_sign_out),
    user_page("POST", "/sign-out-everywhere", do_sign_out_everywhere),
    open_page("POST", "/theme", change_theme),
    user_page("GET", "/status", show_status),
    open_page("GET", "/invitation", show_invitation),
    open_page("POST", "/invitation", accept),
    user_page("GET", account.PATH, account.show_account, SETTINGS),
    user_page("POST", "/account/password", account.save_password, SETTINGS),
    user_page("POST", "/account/sessions/{id}/end", account.end_one, SETTINGS),
    user_page("GET", api_keys.PATH, api_keys.show_keys, SETTINGS),
    user_page("POST", api_keys.PATH, api_keys.make_key, SETTINGS),
    user_page("POST", "/account/keys/{id}/revoke", api_keys.end_key, SETTINGS),
    user_page("GET", new_project.PATH, new_project.show_new_project),
    user_page("POST", new_project.PATH, new_project.make_project),
    operator_page("GET", "/server", show_server, SERVER),
    operator_page("GET", "/server/doctor", show_doctor, SERVER),
    project_page("GET", "changes", show_changes, CHANGES),
    project_page("POST", "changes/{id}/undo", undo_change, CHANGES),
    # Its paths have a word where those of one issue have its id.
    *LIST_PAGES,
    *ISSUE_PAGES,
    project_page("GET", recommendations.PATH, recommendations.show_recommendations),
    project_page("POST", f"{recommendations.PATH}/{{id}}/dismiss", recommendations.dismiss),
    project_page("POST", f"{recommendations.PATH}/{{id}}/restore", recommendations.restore),
    project_page("GET", "start", show_start),
    project_page("GET", "start/waiting", show_waiting),
    project_page("GET", "settings", project_settings.show_settings, SETTINGS),
    project_page("POST", "settings/name", project_settings.change_name, SETTINGS, admins_only=True),
    project_page("POST", "settings/filters", project_settings.change_filters, SETTINGS, admins_only=True),
    project_page("POST", "settings/origins", project_settings.change_origins, SETTINGS, admins_only=True),
    project_page("POST", "settings/renew-key", project_settings.renew_token, SETTINGS, admins_only=True),
    project_page("POST", "settings/delete", project_settings.delete_project, SETTINGS, admins_only=True),
    project_page("GET", "settings/limits", show_limits, SETTINGS),
    project_page("POST", "settings/limits", save_limits, SETTINGS),
    project_page("POST", "settings/limits/spikes", save_spikes, SETTINGS),
    *RULE_PAGES,
    *ALERT_PAGES,
    project_page("GET", symbols.PATH, symbols.show_symbols, SETTINGS),
    project_page("GET", f"{symbols.PATH}/repairs", symbols.show_repairs, SETTINGS),
    project_page("GET", f"{symbols.PATH}/{{id}}", symbols.show_symbol_set, SETTINGS),
    project_page("POST", f"{symbols.PATH}/{{id}}/delete", symbols.delete_symbol_set, SETTINGS),
    project_page("GET", members.PATH, members.show_members, SETTINGS),
    project_page("POST", f"{members.PATH}/invite", members.make_link, SETTINGS, admins_only=True),
    project_page("POST", f"{MEMBER}/role", members.change_role, SETTINGS, admins_only=True),
    project_page("POST", f"{MEMBER}/remove", members.remove, SETTINGS, admins_only=True),
    project_page("POST", f"{MEMBER}/sign-out", members.sign_out, SETTINGS, admins_only=True),
    project_page("POST", f"{MEMBER}/password-link", members.make_password_link, SETTINGS, admins_only=True),
    project_page("POST", f"{members.PATH}/links/{{id}}/withdraw", members.withdraw_link, SETTINGS, admins_only=True),
)
"""Lines of one path stand together."""


def page_routes(service: PageService, pages: Sequence[Page] = PAGES) -> list[Route]:
    """The routes, for Starlette's router."""
    endpoints = [
        Route(path, PageEndpoint(service, list(of_path))) for path, of_path in groupby(pages, lambda page: page.path)
    ]

    async def asset(request: Request) -> Response:
        return await serve_asset(service.assets, service.address.prefix(request), request)

    return [
        *endpoints,
        Route(f"{BASE}/{{hash}}/{{name}}", asset, methods=["GET"]),
        Route(REPORTS, Reports().take, methods=["POST"]),
    ]


def unknown_page(service: PageService) -> ASGIApp:
    """What answers a browser that asks for a path of nobody."""
    return PageEndpoint(service)
