"""The limits of a project as rates (pipeline 7.1)."""

import msgspec

from mothlight.kit.token_bucket import Rate
from mothlight.storage.metadata.repositories.settings import ProjectSettings

DEFAULT_MINUTES = 60


class Limits(msgspec.Struct, frozen=True):
    """What is kept of a project's events; None: all."""

    issue: Rate | None
    """Of each issue."""
    project: Rate | None

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self.issue is not None or self.project is not None


def limits_of(settings: ProjectSettings) -> Limits:
    """The limits that a project's settings mean."""
    return Limits(
        _rate(settings.per_issue_rate_limit_value, settings.per_issue_rate_limit_bucket_size_minutes),
        _rate(settings.project_rate_limit_value, settings.project_rate_limit_bucket_size_minutes),
    )


def _rate(value: int | None, minutes: int | None) -> Rate | None:
    if value is None or value <= 0:
        return None
    return Rate.over(value, max(1, DEFAULT_MINUTES if minutes is None else minutes))
