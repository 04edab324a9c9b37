"""Which page answers which path.

To add a page: a folder with its function and its templates, and its lines in `PAGES`. `docs/pages.md` shows how.
"""

from collections.abc import Sequence
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mothlight.web.pages.assets import BASE
from mothlight.web.pages.endpoint import PageEndpoint
from mothlight.web.pages.files import Reports, serve_asset
from mothlight.web.pages.front.page import show_front
from mothlight.web.pages.headers import REPORTS
from mothlight.web.pages.page import Page, open_page, user_page
from mothlight.web.pages.service import PageService
from mothlight.web.pages.sign_in.page import do_sign_in, do_sign_out, do_sign_out_everywhere, show_sign_in
from mothlight.web.pages.status.page import show_status
from mothlight.web.pages.theme.page import change_theme

PAGES: Sequence[Page] = (
    user_page("GET", "/", show_front),
    open_page("GET", "/sign-in", show_sign_in),
    open_page("POST", "/sign-in", do_sign_in),
    user_page("POST", "/sign-out", do_sign_out),
    user_page("POST", "/sign-out-everywhere", do_sign_out_everywhere),
    open_page("POST", "/theme", change_theme),
    user_page("GET", "/status", show_status),
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
