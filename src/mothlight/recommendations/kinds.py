"""Every type of recommendation. To add one: its file beside this one, and one line here."""

from mothlight.recommendations.alerts import ALERTS
from mothlight.recommendations.kind import Kind
from mothlight.recommendations.long_running_issues import LONG_RUNNING_ISSUES
from mothlight.recommendations.quiet_issues import QUIET_ISSUES
from mothlight.recommendations.rate_limits import RATE_LIMITS
from mothlight.recommendations.source_maps import SOURCE_MAPS

KINDS: dict[str, Kind] = {
    "alerts": ALERTS,
    "long_running_issues": LONG_RUNNING_ISSUES,
    "quiet_issues": QUIET_ISSUES,
    "rate_limits": RATE_LIMITS,
    "source_maps": SOURCE_MAPS,
}
