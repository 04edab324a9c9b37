"""`git-provider-file-links/…`: where a line of code lies at a provider (api.md 3.10).

Nothing is connected that could be asked, so nothing is found.
"""

import msgspec
from starlette.responses import Response

from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response

REQUIRED = ("owner", "repository", "code_sample", "file_name")


class SourceLinkShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the file was found, and where."""

    found: bool
    url: str | None = None
    error: str | None = None


def resolve(call: ProjectCall) -> Response:
    """Find the file of a repository that holds some code."""
    if not all(call.query.get(name) for name in REQUIRED):
        error = "owner, repository, code_sample, and file_name are required"
        return json_response(SourceLinkShape(found=False, error=error))
    return json_response(SourceLinkShape(found=False))
