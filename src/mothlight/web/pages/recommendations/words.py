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


_ALERTS = {
    "error-tracking-issue-created": "is new",
    "error-tracking-issue-reopened": "comes back",
    "error-tracking-issue-spiking": "spikes",
}
_LIMITS = {"project": "in the whole project", "per_issue": "per issue"}
"""Keys of switches, as they read."""


def _missing(meta: Meta, field: str, words: Mapping[str, str]) -> str:
    missing = [words.get(each["key"], each["key"]) for each in meta.get(field, ()) if not each["enabled"]]
    return " or ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)


def _alerts(meta: Meta) -> str:
    missing = _missing(meta, "alerts", _ALERTS)
    return f"Nobody is told when an issue {missing}" if missing else "Somebody is told of each important event"


def _limits(meta: Meta) -> str:
    missing = _missing(meta, "rate_limits", _LIMITS)
    return f"Nothing bounds how many events come {missing}" if missing else "Both limits are set"


def _running(meta: Meta) -> str:
    return f"{plural(len(meta.get('issues', ())), 'issue')} open for more than a week"


def _quiet(meta: Meta) -> str:
    return f"{plural(meta.get('total', 0), 'issue')} quiet for {meta.get('quiet_days', 30)} days"


def _frames(meta: Meta) -> str:
    return f"{meta.get('unresolved_pct', 0.0):.0%} of JavaScript frames have no readable source"


ADVICE: Mapping[str, Advice] = {
    "alerts": Advice("alert", _alerts, "settings/alerts", "Set one"),
    "long_running_issues": Advice("clock", _running, "issues"),
    "quiet_issues": Advice("suppress", _quiet, "issues"),
    "rate_limits": Advice("storm", _limits, "settings/limits", "Set one"),
    "source_maps": Advice("wrench", _frames),
}
