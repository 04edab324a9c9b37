"""Which events a new project takes for its own people's (api.md 6.6)."""

from collections.abc import Iterable
from typing import Any

from mothlight.access.mail_domains import company_domain

_LOCAL_HOST = r"^(localhost|127\.0\.0\.1)($|:)"


def default_test_account_filters(member_emails: Iterable[str]) -> list[dict[str, Any]]:
    """Make the filters of a new project: no event from a development machine, nor from the company's own addresses."""
    filters: list[dict[str, Any]] = [{"key": "$host", "operator": "not_regex", "value": _LOCAL_HOST, "type": "event"}]
    if domain := company_domain(member_emails):
        filters.insert(0, {"key": "email", "operator": "not_icontains", "value": f"@{domain}", "type": "person"})
    return filters
