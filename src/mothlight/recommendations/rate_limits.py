"""`rate_limits`: could one broken loop fill the store? (api.md 5.2)."""

from mothlight.recommendations.kind import Kind, Meta, Sources, all_enabled
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.settings import load_settings


def compute(sources: Sources) -> Meta:
    """Which limits are set."""
    with reading(sources.database) as connection:
        settings = load_settings(connection, sources.project_id)
    limits = {"project": settings.project_rate_limit_value, "per_issue": settings.per_issue_rate_limit_value}
    return {"rate_limits": [{"key": key, "enabled": (limit or 0) > 0} for key, limit in limits.items()]}


RATE_LIMITS = Kind(interval=None, compute=compute, is_completed=lambda meta: all_enabled(meta["rate_limits"]))
