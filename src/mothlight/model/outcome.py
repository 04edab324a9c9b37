"""What became of an event. Nothing vanishes: every drop has a reason, and every reason is counted in `/_stats`."""

from enum import StrEnum


class DropReason(StrEnum):
    """Why an accepted event never becomes queryable. The value is the key in `/_stats`."""

    NOT_EXCEPTION = "not_exception"
    """Another kind of event; what it tells about persons was used."""
    DUPLICATE = "duplicate"
    """The project has an event with this uuid already."""
    UNPROCESSABLE = "unprocessable"
    """The exception list is missing, empty or malformed; stored with an error note, belongs to no issue."""
    SUPPRESSED_ISSUE = "suppressed_issue"
    SUPPRESSED_BY_RULE = "suppressed_by_rule"
    """A suppression rule matches it."""
    ISSUE_RATE_LIMIT = "issue_rate_limit"
    """More events of one issue than the project wants; counted on the issue."""
    PROJECT_RATE_LIMIT = "project_rate_limit"
    """More events than the project wants; counted on their issues."""
    QUARANTINED = "quarantined"
    """The event store refused the row; it is kept aside with the reason."""
    PROJECT_DELETED = "project_deleted"
