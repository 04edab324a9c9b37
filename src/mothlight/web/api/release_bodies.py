"""Bodies of requests that change releases (api.md 3.3)."""

from typing import Any

from pydantic import BaseModel

from mothlight.web.values.fields import FreeText


class ReleaseBody(BaseModel):
    """A release. A new one needs `version` and `project`; of a change, empty values are ignored."""

    version: FreeText | None = None
    project: FreeText | None = None
    hash_id: FreeText | None = None
    metadata: dict[str, Any] | None = None
