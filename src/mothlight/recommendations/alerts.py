"""`alerts`: is anybody told when an issue appears, reopens or spikes? (api.md 5.2)."""

from mothlight.recommendations.kind import Kind, Meta, Sources, all_enabled
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.recommendations import wired_triggers

TRIGGERS = ("error-tracking-issue-created", "error-tracking-issue-reopened", "error-tracking-issue-spiking")


def compute(sources: Sources) -> Meta:
    """Which triggers a notification is wired to."""
    with reading(sources.database) as connection:
        wired = wired_triggers(connection, sources.project_id)
    return {"alerts": [{"key": trigger, "enabled": trigger in wired} for trigger in TRIGGERS]}


ALERTS = Kind(interval=None, compute=compute, is_completed=lambda meta: all_enabled(meta["alerts"]))
