"""The lines of `PAGES` for alerts."""

from collections.abc import Sequence

from mothlight.web.pages.alerts import edit, page
from mothlight.web.pages.page import Page, project_page

SETTINGS = "settings"
ONE = f"{page.PATH}/{{id}}"
CHANNELS = f"{page.PATH}/channels"
DELIVERIES = f"{page.PATH}/deliveries"

ALERT_PAGES: Sequence[Page] = (
    project_page("GET", page.PATH, page.show_alerts, SETTINGS),
    # These have a word where the paths of one alert have its id.
    project_page("GET", f"{page.PATH}/new", edit.show_new, SETTINGS),
    project_page("POST", f"{page.PATH}/new", edit.make_alert, SETTINGS),
    project_page("POST", CHANNELS, page.add_channel, SETTINGS),
    project_page("POST", f"{CHANNELS}/{{id}}/test", page.test_channel, SETTINGS),
    project_page("POST", f"{CHANNELS}/{{id}}/remove", page.remove_channel, SETTINGS),
    project_page("GET", DELIVERIES, page.show_deliveries, SETTINGS),
    project_page("POST", f"{DELIVERIES}/{{id}}/retry", page.send_again, SETTINGS),
    project_page("GET", ONE, edit.show_alert, SETTINGS),
    project_page("POST", ONE, edit.save_alert, SETTINGS),
    project_page("POST", f"{ONE}/switch", edit.switch_alert, SETTINGS),
    project_page("POST", f"{ONE}/test", page.test_alert, SETTINGS),
    project_page("POST", f"{ONE}/remove", edit.remove_alert, SETTINGS),
)
"""Lines of one path stand together."""
