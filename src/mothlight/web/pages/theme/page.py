"""`/theme`: light, dark, or as the system has it. The script does it in place; this is for those without."""

from starlette.responses import Response

from mothlight.web.pages.calls import PageCall
from mothlight.web.pages.sign_in.page import read_next
from mothlight.web.pages.visit import THEME, THEMES, set_cookie

YEAR_SECONDS = 365 * 24 * 3600


def change_theme(call: PageCall) -> Response:
    """The next of the three, and back to the page."""
    following = THEMES[(THEMES.index(call.visit.theme) + 1) % len(THEMES)]
    response = call.redirect(read_next(call.form.get("next", "")))
    set_cookie(response, call.incoming, THEME, following, YEAR_SECONDS, for_script=True)
    return response
