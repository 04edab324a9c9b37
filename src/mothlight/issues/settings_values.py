"""The values of a project that the change journal knows, and in which table each of them stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from mothlight.issues.alert_values import is_alert, load_alert_values, write_alert_value
from mothlight.issues.rule_values import is_rule, load_rule_values, write_rule_value
from mothlight.storage.metadata.repositories import access, settings

NAME, TEST_ACCOUNT_FILTERS, ALLOWED_ORIGINS = "name", "test_account_filters", "allowed_origins"

OF_PROJECT = frozenset({NAME, TEST_ACCOUNT_FILTERS, ALLOWED_ORIGINS})
"""Values of the project itself, which only admins change; the others are limits, rules and alerts."""


def load_values(connection: sa.Connection, project_id: int) -> dict[str, Any]:
    """All values by name."""
    project = access.find_project(connection, project_id)
    spikes = settings.load_spike_config(connection, project_id)
    limits = {
        **msgspec.structs.asdict(settings.load_settings(connection, project_id)),
        **{settings.SPIKE_COLUMNS[name]: value for name, value in msgspec.structs.asdict(spikes).items()},
        **load_rule_values(connection, project_id),
        **load_alert_values(connection, project_id),
    }
    if project is None:
        return limits
    own = {
        NAME: project.name,
        TEST_ACCOUNT_FILTERS: project.test_account_filters,
        ALLOWED_ORIGINS: list(project.allowed_origins),
    }
    return {**limits, **own}


def write_values(connection: sa.Connection, project_id: int, values: Mapping[str, Any], moment: datetime) -> None:
    """Other ones for some of them."""
    own = {name: value for name, value in values.items() if name in OF_PROJECT}
    if own:
        access.update_project(connection, project_id, own)
    for name, value in values.items():
        if is_rule(name):
            write_rule_value(connection, project_id, name, value, moment)
        elif is_alert(name):
            write_alert_value(connection, project_id, name, value, moment)
    others = {name for name in values if name in OF_PROJECT or is_rule(name) or is_alert(name)}
    limits = {name: value for name, value in values.items() if name not in others}
    settings.update_settings(connection, project_id, limits)
