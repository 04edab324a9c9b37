"""`alerts`: is anybody told when an issue appears, reopens or spikes? (api.md 5.2)."""

from mothlight.recommendations.kind import Kind, Meta, Sources, all_enabled
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.recommendations import wired_triggers

TRIGGERS = {
    "created": "error-tracking-issue-created",
    "reopened": "error-tracking-issue-reopened",
    "spiking": "error-tracking-issue-spiking",
}
"""Triggers of alerts that a project should have, and their names in the answer."""


def compute(sources: Sources) -> Meta:
    """Which triggers a notification is wired to."""
    with reading(sources.database) as connection:
        wired = wired_triggers(connection, sources.project_id)
    return {"alerts": [{"key": key, "enabled": trigger in wired} for trigger, key in TRIGGERS.items()]}


ALERTS = Kind(interval=None, compute=compute, is_completed=lambda meta: all_enabled(meta["alerts"]))
