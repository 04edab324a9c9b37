"""Errors by who must act.

Refused          the caller: what was sent is wrong (4xx)
├── Unavailable  the caller, later: try again after `retry_after` seconds (503 or 429)
Misconfigured    the operator: what the program was started with, or on, cannot be used (one line, non-zero exit code)
Anything else is a defect of ours: it is not caught, it is logged with its trace and answered 500.
"""


class Refused(Exception):
    """What a caller sent cannot be done. Carries the wire answer of api.md 1.5."""

    def __init__(self, status: int, type: str, code: str, detail: str, attr: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type
        self.code = code
        self.detail = detail
        self.attr = attr


class Unavailable(Exception):
    """The server cannot do it now, and the same request can succeed later.

    `detail` is for the caller; `reason` is for the operator and may name hosts and users.
    """

    def __init__(self, detail: str, retry_after: int = 1, reason: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.reason = reason or detail


class Misconfigured(Exception):
    """The program cannot run on what it was given. The text is the one line that the operator sees."""


def invalid(detail: str, attr: str | None = None, code: str = "invalid_input") -> Refused:
    """A 400 about one field, or about the whole body without `attr`."""
    return Refused(400, "validation_error", code, detail, attr)


def not_found(detail: str = "Not found.") -> Refused:
    """A 404 in the standard body."""
    return Refused(404, "invalid_request", "not_found", detail)
