"""Routes for working on issues: the lines of `routes.ROUTES` for api.md 3.1 to 3.3, 3.5, 3.8, 3.10 and the journal.

To add one: a handler in the file that its URL names, and a line here.
"""

from mothlight.issues.journal import KINDS
from mothlight.web.api.error_tracking import (
    changes,
    external_references,
    fingerprints,
    issues,
    issues_activity,
    issues_many,
    releases,
    source_links,
    stack_frames,
)
from mothlight.web.api.issue_bodies import CohortLink, IssueAssignment, IssueBulk, IssueChange, IssueMerge, IssueSplit
from mothlight.web.api.release_bodies import ReleaseBody
from mothlight.web.api.route import PAGE_PARAMETERS, READ, WRITE, ApiRoute, Parameter, Shapes, tracking_routes
from mothlight.web.api.shapes import (
    ExternalReferenceShape,
    FingerprintShape,
    IssueShape,
    OwnerShape,
    ReleaseShape,
    SplitShape,
    SuccessShape,
)
from mothlight.web.dry_run import DryRunShape

HISTORY = "activity_log:read"

ACTIVITY_PAGE = (
    Parameter("limit", "Lines in the answer.", {"type": "integer", "minimum": 1, "default": 10}),
    Parameter("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "default": 1}),
)
FINGERPRINT = Parameter("fingerprint", "A fingerprint, as events carry it.")
ISSUE_ID = Parameter("issue_id", "Only of this issue.", {"type": "string", "format": "uuid"})
DRY_RUN = Parameter(
    "dry_run", "`true`: tell what would change, and change nothing.", {"type": "boolean", "default": False}
)
CHANGE_FILTERS = (
    Parameter("issue", "Only about this issue.", {"type": "string", "format": "uuid"}),
    Parameter("kind", f"Only of these kinds, with commas between: {', '.join(KINDS)}."),
    Parameter("actor", "Only by this one: `pipeline`, `user`, or `user:7`."),
    Parameter("date_from", "Not before this moment; ISO 8601, or relative, like `-7d`."),
    Parameter("date_to", "Not after this moment."),
)
LINK_PARAMETERS = tuple(
    Parameter(name, meaning)
    for name, meaning in (
        ("owner", "Whose repository it is."),
        ("repository", "Its name."),
        ("code_sample", "Lines of code."),
        ("file_name", "The file that they are in."),
    )
)

_issue_change = Shapes(body=IssueChange, answer=IssueShape, errors=(400,))
_history = Shapes(answer=issues_activity.ActivityPage, parameters=ACTIVITY_PAGE)
_release_change = Shapes(body=ReleaseBody, errors=(400,))
_link = Shapes(answer=source_links.SourceLinkShape, parameters=LINK_PARAMETERS)

TRIAGE_ROUTES: tuple[ApiRoute, ...] = (
    *tracking_routes(
        "GET", "issues", READ, issues.list_issues, Shapes(answer=IssueShape, paged=True, parameters=PAGE_PARAMETERS)
    ),
    *tracking_routes(
        "POST",
        "issues/bulk",
        WRITE,
        issues_many.change_many,
        Shapes(body=IssueBulk, answer=SuccessShape | DryRunShape, parameters=(DRY_RUN,), errors=(400,)),
    ),
    *tracking_routes("GET", "issues/activity", HISTORY, issues_activity.project_activity, _history),
    *tracking_routes(
        "GET",
        "issues/{id}",
        READ,
        issues.get_issue,
        Shapes(answer=IssueShape, parameters=(FINGERPRINT,), others=((308, OwnerShape),)),
    ),
    *tracking_routes("PATCH", "issues/{id}", WRITE, issues.patch_issue, _issue_change),
    *tracking_routes("PUT", "issues/{id}", WRITE, issues.patch_issue, _issue_change),
    *tracking_routes("GET", "issues/{id}/activity", HISTORY, issues_activity.issue_activity, _history),
    *tracking_routes(
        "PATCH",
        "issues/{id}/assign",
        WRITE,
        issues.assign,
        Shapes(body=IssueAssignment, answer=SuccessShape, errors=(400,)),
    ),
    *tracking_routes(
        "PUT",
        "issues/{id}/cohort",
        WRITE,
        issues.link_cohort,
        Shapes(body=CohortLink, answer=SuccessShape, errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "issues/{id}/merge",
        WRITE,
        issues_many.merge_issues,
        Shapes(body=IssueMerge, answer=SuccessShape | DryRunShape, parameters=(DRY_RUN,), errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "issues/{id}/split",
        WRITE,
        issues_many.split_issue,
        Shapes(body=IssueSplit, answer=SplitShape | DryRunShape, parameters=(DRY_RUN,), errors=(400,)),
    ),
    *tracking_routes(
        "GET",
        "changes",
        READ,
        changes.list_changes,
        Shapes(answer=changes.ChangeShape, paged=True, parameters=(*PAGE_PARAMETERS, *CHANGE_FILTERS), errors=(400,)),
    ),
    *tracking_routes("GET", "changes/{id}", READ, changes.get_change, Shapes(answer=changes.ChangeShape)),
    *tracking_routes(
        "POST",
        "changes/{id}/undo",
        WRITE,
        changes.undo_change,
        Shapes(
            body=changes.Undo,
            answer=changes.UndoneShape | DryRunShape,
            parameters=(DRY_RUN,),
            errors=(400,),
            others=((409, changes.ConflictShape),),
        ),
    ),
    *tracking_routes(
        "GET",
        "fingerprints",
        READ,
        fingerprints.list_fingerprints,
        Shapes(answer=FingerprintShape, paged=True, parameters=(*PAGE_PARAMETERS, ISSUE_ID), errors=(400,)),
    ),
    *tracking_routes(
        "GET",
        "fingerprints/resolve",
        READ,
        fingerprints.resolve,
        Shapes(answer=FingerprintShape, parameters=(FINGERPRINT,), errors=(400,)),
    ),
    *tracking_routes(
        "GET",
        "fingerprints/{id}",
        READ,
        fingerprints.get_fingerprint,
        Shapes(answer=FingerprintShape, errors=(400,)),
    ),
    *tracking_routes(
        "GET",
        "releases",
        READ,
        releases.list_releases,
        Shapes(answer=ReleaseShape, paged=True, parameters=PAGE_PARAMETERS),
    ),
    *tracking_routes(
        "POST",
        "releases",
        WRITE,
        releases.add_release,
        Shapes(body=ReleaseBody, answer=ReleaseShape, status=201, errors=(400,)),
    ),
    *tracking_routes("GET", "releases/hash/{hash_id}", READ, releases.get_release_by_hash, Shapes(answer=ReleaseShape)),
    *tracking_routes("GET", "releases/{id}", READ, releases.get_release, Shapes(answer=ReleaseShape)),
    *tracking_routes("PATCH", "releases/{id}", WRITE, releases.patch_release, _release_change),
    *tracking_routes("PUT", "releases/{id}", WRITE, releases.patch_release, _release_change),
    *tracking_routes("DELETE", "releases/{id}", WRITE, releases.remove_release, Shapes()),
    *tracking_routes(
        "GET",
        "stack_frames",
        READ,
        stack_frames.list_frames,
        Shapes(answer=stack_frames.FrameShape, paged=True, parameters=PAGE_PARAMETERS),
    ),
    *tracking_routes(
        "POST",
        "stack_frames/batch_get",
        READ,
        stack_frames.get_frames,
        Shapes(body=stack_frames.FramesWanted, answer=stack_frames.FrameList, errors=(400,)),
    ),
    *tracking_routes("GET", "stack_frames/{id}", READ, stack_frames.get_frame, Shapes(answer=stack_frames.FrameShape)),
    *tracking_routes(
        "GET",
        "external_references",
        READ,
        external_references.list_references,
        Shapes(answer=ExternalReferenceShape, paged=True, parameters=PAGE_PARAMETERS),
    ),
    *tracking_routes(
        "POST",
        "external_references",
        WRITE,
        external_references.add_reference,
        Shapes(body=external_references.NewReference, answer=ExternalReferenceShape, status=201, errors=(400,)),
    ),
    *tracking_routes(
        "GET",
        "external_references/{id}",
        READ,
        external_references.get_reference,
        Shapes(answer=ExternalReferenceShape, errors=(400,)),
    ),
    *tracking_routes("GET", "git-provider-file-links/resolve_github", READ, source_links.resolve, _link),
    *tracking_routes("GET", "git-provider-file-links/resolve_gitlab", READ, source_links.resolve, _link),
)
