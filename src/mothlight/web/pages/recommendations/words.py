"""What each kind of recommendation says, and where one does something about it.

To add one: its type, as `KINDS` in `recommendations/kinds.py` names it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mothlight.web.pages.words import plural

Meta = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Advice:
    """How one kind reads."""

    sign: str
    """An icon."""
    words: Callable[[Meta], str]
    path: str | None = None
    """Below the project's; None: nothing to open."""
    link: str = "Show"


OCCASIONS = {
    "error-tracking-issue-created": "new issues",
    "error-tracking-issue-reopened": "regressions",
    "error-tracking-issue-spiking": "spikes",
}
"""What alerts tell of, by the names of their triggers."""


def _missing(meta: Meta, field: str) -> str:
    return ", ".join(each["key"].replace("_", " ") for each in meta.get(field, ()) if not each["enabled"])


def _alerts(meta: Meta) -> str:
    untold = [OCCASIONS.get(each["key"], each["key"]) for each in meta.get("alerts", ()) if not each["enabled"]]
    return f"Nobody is told of {' or '.join(untold) or 'anything'}"


def _limits(meta: Meta) -> str:
    return f"No limit for: {_missing(meta, 'rate_limits') or 'nothing'}"


def _running(meta: Meta) -> str:
    return f"{plural(len(meta.get('issues', ())), 'issue')} open for more than a week"


def _quiet(meta: Meta) -> str:
    return f"{plural(meta.get('total', 0), 'issue')} quiet for {meta.get('quiet_days', 30)} days"


def _frames(meta: Meta) -> str:
    return f"{meta.get('unresolved_pct', 0.0):.0%} of JavaScript frames have no readable source"


ADVICE: Mapping[str, Advice] = {
    "alerts": Advice("alert", _alerts),
    "long_running_issues": Advice("clock", _running, "issues"),
    "quiet_issues": Advice("suppress", _quiet, "issues"),
    "rate_limits": Advice("storm", _limits, "settings/limits", "Set one"),
    "source_maps": Advice("wrench", _frames),
}
