"""How messages read: plain text, one or a few lines for each issue.

Names of issues are hostile: each stays on one line, and is cut.
"""

from collections.abc import Sequence
from typing import Any

from mothlight.alerts.triggers import CREATED, MILESTONE, OCCURRENCES, REOPENED, SPIKING, TRIGGERS, USERS
from mothlight.storage.metadata.repositories.alert_firings import Firing

LONGEST_NAME = 120
LONGEST_DESCRIPTION = 300
MOST_LISTED = 25
"""Issues that a digest lists; the others it counts."""
UNTITLED = "Issue without a name"


def title_of(project_name: str, trigger: str, firings: Sequence[Firing]) -> str:
    """The subject of a message."""
    project = one_line(project_name, LONGEST_NAME)
    if len(firings) == 1:
        return f"[{project}] {name_of(firings[0].told)} {what_happened(trigger, firings[0].told)}"
    issues = len({firing.issue_id for firing in firings})
    subject = f"{issues} issues" if issues > 1 else "1 issue"
    return f"[{project}] {subject}: {_plural_words(trigger)}, {len(firings)} times"


def body_of(trigger: str, alert_name: str, firings: Sequence[Firing], links: Sequence[str]) -> str:
    """The text below the title; `links` are the addresses of the issues, in the order of the firings."""
    if len(firings) == 1:
        lines = [*_paragraph(trigger, firings[0].told), "", links[0]]
    else:
        shown = list(zip(firings, links, strict=True))[:MOST_LISTED]
        lines = [f"{name_of(each.told)} {what_happened(trigger, each.told)}\n{link}" for each, link in shown]
        if len(firings) > MOST_LISTED:
            lines.append(f"and {len(firings) - MOST_LISTED} more")
    return "\n".join([*lines, "", f"Alert: {one_line(alert_name, LONGEST_NAME)}"])


def what_happened(trigger: str, told: dict[str, Any]) -> str:
    """The verb behind an issue's name."""
    figures = told.get("figures") or {}
    environment = f" in {one_line(told['environment'], 64)}" if told.get("environment") else ""
    match trigger:
        case "created" | "reopened":
            return f"{TRIGGERS[trigger].words}{environment}"
        case "spiking":
            baseline = figures.get("computed_baseline", 0)
            current = figures.get("current_bucket_value", 0)
            return f"spikes{environment}: {current:,} in 5 minutes, usually {baseline:,.0f}"
        case "milestone":
            return f"happened {figures.get('milestone', 0):,} {'time' if figures.get('milestone') == 1 else 'times'}"
        case "users":
            return f"hit {figures.get('count', 0):,} users in {_minutes(figures)}"
        case _:
            return f"happened {figures.get('count', 0):,} times in {_minutes(figures)}"


def name_of(told: dict[str, Any]) -> str:
    """How an issue is called."""
    return one_line((told.get("issue") or {}).get("name") or "", LONGEST_NAME) or UNTITLED


def one_line(text: str, most: int) -> str:
    """A text without line breaks and control characters, cut to so many characters."""
    flat = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _paragraph(trigger: str, told: dict[str, Any]) -> list[str]:
    description = one_line((told.get("issue") or {}).get("description") or "", LONGEST_DESCRIPTION)
    severity = (told.get("issue") or {}).get("severity")
    lines = [f"{name_of(told)} {what_happened(trigger, told)}."]
    if description:
        lines.append(description)
    if severity:
        lines.append(f"Severity: {one_line(severity, 20)}")
    return lines


def _minutes(figures: dict[str, Any]) -> str:
    minutes = figures.get("window_minutes", 0)
    return "a minute" if minutes == 1 else f"{minutes:,} minutes"


def _plural_words(trigger: str) -> str:
    return _TOGETHER[trigger]


_TOGETHER = {
    CREATED: "new",
    REOPENED: "came back",
    SPIKING: "spiking",
    OCCURRENCES: "happening often",
    USERS: "hitting many users",
    MILESTONE: "reached milestones",
}
