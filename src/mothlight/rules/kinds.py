"""The kinds of rules, and what each of them sees of an event (pipeline 6.3).

To add one: a line in KINDS, its columns in the table `rules`, its bodies in `web.values.rules`.
"""

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """One kind of rules."""

    name: str
    needs_condition: bool = False
    """Whether a rule without a single condition is refused; elsewhere it matches everything."""
    sees_fingerprint: bool = True
    sees_issue_id: bool = False
    sees_issue: bool = False
    """Name, description and status of the issue."""


GROUPING = Kind("grouping", needs_condition=True, sees_fingerprint=False)
SUPPRESSION = Kind("suppression")
ASSIGNMENT = Kind("assignment", sees_issue_id=True, sees_issue=True)
BYPASS = Kind("bypass", needs_condition=True, sees_issue_id=True)
SEVERITY = Kind("severity", sees_issue_id=True, sees_issue=True)

KINDS = {kind.name: kind for kind in (ASSIGNMENT, GROUPING, SUPPRESSION, BYPASS, SEVERITY)}
