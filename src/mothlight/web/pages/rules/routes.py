"""The lines of `PAGES` for rules."""

from collections.abc import Sequence

from mothlight.web.pages.page import Page, project_page
from mothlight.web.pages.rules import deletion, edit, order, page, past
from mothlight.web.pages.rules.shared import PATH

SETTINGS = "settings"
ONE = f"{PATH}/{{id}}"

RULE_PAGES: Sequence[Page] = (
    project_page("GET", PATH, page.show_rules, SETTINGS),
    # This has a word where the paths of one rule have its id.
    project_page("GET", f"{PATH}/new", edit.show_new, SETTINGS),
    project_page("POST", f"{PATH}/new", edit.make_rule, SETTINGS),
    project_page("GET", ONE, edit.show_rule, SETTINGS),
    project_page("POST", ONE, edit.save_rule, SETTINGS),
    project_page("GET", f"{ONE}/move", order.show_move, SETTINGS),
    project_page("POST", f"{ONE}/move", order.move_rule, SETTINGS),
    project_page("GET", f"{ONE}/delete", deletion.show_deletion, SETTINGS),
    project_page("POST", f"{ONE}/delete", deletion.delete_rule, SETTINGS),
    project_page("GET", f"{ONE}/past", past.show_past, SETTINGS),
    project_page("POST", f"{ONE}/past", past.apply_to_past, SETTINGS),
)
"""Lines of one path stand together."""
