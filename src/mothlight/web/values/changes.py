"""Bodies of requests that change something. Fields that are left out stay as they are."""

from typing import Annotated

from pydantic import BaseModel, Field

from mothlight.web.values.fields import FiltersAsSent, Integer, NotNull, Text200

LARGEST = 2**31 - 1
Limit = Annotated[int, Field(ge=1, le=LARGEST), Integer]


class SettingsChange(BaseModel):
    """Limits of a project; null removes one (api.md 3.9)."""

    project_rate_limit_value: Limit | None = None
    project_rate_limit_bucket_size_minutes: Limit | None = None
    per_issue_rate_limit_value: Limit | None = None
    per_issue_rate_limit_bucket_size_minutes: Limit | None = None


class SpikeConfigChange(BaseModel):
    """When an issue of the project spikes (api.md 3.7)."""

    snooze_duration_minutes: Annotated[Limit | None, NotNull()] = None
    multiplier: Annotated[Limit | None, NotNull()] = None
    threshold: Annotated[Limit | None, NotNull()] = None


class ProjectChange(BaseModel):
    """What can change about a project (api.md 6.6)."""

    name: Annotated[Text200 | None, NotNull()] = None
    test_account_filters: Annotated[FiltersAsSent | None, NotNull()] = None
