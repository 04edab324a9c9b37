"""Shapes of the answers that are not figures about issues.

`msgspec` writes moments in UTC as api.md 1.7 says.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from mothlight.model.access import Member, Organization, Project, Role, User
from mothlight.queries.questions import Assignee
from mothlight.recommendations.life_cycle import Recommendation
from mothlight.storage.metadata.repositories.fingerprints import ListedFingerprint
from mothlight.storage.metadata.repositories.issues import StoredIssue
from mothlight.storage.metadata.repositories.releases import Release
from mothlight.storage.metadata.repositories.spike_events import ListedSpike

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class SpikingIssueShape(msgspec.Struct, frozen=True):
    """The issue of a spike in short."""

    id: UUID
    name: str | None
    description: str | None


class SpikeEventShape(msgspec.Struct, frozen=True):
    """A spike (api.md 3.7)."""

    id: UUID
    issue: SpikingIssueShape
    detected_at: Moment
    computed_baseline: float
    current_bucket_value: int

    @classmethod
    def of(cls, spike: ListedSpike) -> "SpikeEventShape":
        """From a row as it is read."""
        return cls(
            id=spike.id,
            issue=SpikingIssueShape(spike.issue_id, spike.name, spike.description),
            detected_at=spike.detected_at,
            computed_baseline=spike.computed_baseline,
            current_bucket_value=spike.current_bucket_value,
        )


class RecommendationShape(msgspec.Struct, frozen=True):
    """A recommendation (api.md 2.4)."""

    id: UUID
    type: str
    meta: dict[str, Any]
    completed: bool
    status: Literal["ready", "computing"]
    computed_at: Moment | None
    dismissed_at: Moment | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, found: Recommendation) -> "RecommendationShape":
        """From a row as it is read."""
        row = found.row
        return cls(
            id=row.id,
            type=row.type,
            meta=found.meta,
            completed=found.completed,
            status=row.status,
            computed_at=row.computed_at,
            dismissed_at=row.dismissed_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class ProjectShape(msgspec.Struct, frozen=True):
    """A project (api.md 6.6)."""

    id: int
    name: str
    organization: UUID
    api_token: str
    test_account_filters: list[dict[str, Any]]
    created_at: Moment

    @classmethod
    def of(cls, project: Project) -> "ProjectShape":
        """From the directory's."""
        return cls(
            id=project.id,
            name=project.name,
            organization=project.organization_id,
            api_token=project.api_token,
            test_account_filters=project.test_account_filters,
            created_at=project.created_at,
        )


class OrganizationShape(msgspec.Struct, frozen=True):
    """An organization in short."""

    id: UUID
    name: str

    @classmethod
    def of(cls, organization: Organization) -> "OrganizationShape":
        """From the directory's."""
        return cls(organization.id, organization.name)


class PersonalShape(msgspec.Struct, frozen=True):
    """The user whom a key belongs to (api.md 1.4)."""

    id: int
    email: str
    first_name: str
    organization: OrganizationShape | None


class UserShape(msgspec.Struct, frozen=True):
    """A user in short."""

    id: int
    email: str
    first_name: str

    @classmethod
    def of(cls, user: User) -> "UserShape":
        """From the directory's."""
        return cls(user.id, user.email, user.first_name)


class MemberShape(msgspec.Struct, frozen=True):
    """A member of an organization."""

    id: UUID
    user: UserShape
    role: Literal["admin", "member"]

    @classmethod
    def of(cls, member: Member) -> "MemberShape":
        """From the directory's."""
        return cls(member.id, UserShape.of(member.user), member.role)


class RoleShape(msgspec.Struct, frozen=True):
    """A group that issues can be assigned to."""

    id: UUID
    name: str

    @classmethod
    def of(cls, role: Role) -> "RoleShape":
        """From the directory's."""
        return cls(role.id, role.name)


class PersonShape(msgspec.Struct, frozen=True):
    """A person (api.md 2.1)."""

    id: UUID
    distinct_ids: list[str]
    properties: dict[str, Any]
    created_at: Moment


class IntegrationShape(msgspec.Struct, frozen=True):
    """Where a ticket lies, in short."""

    id: int
    kind: str
    display_name: str


class ExternalReferenceShape(msgspec.Struct, frozen=True):
    """A ticket about an issue (api.md 3.8)."""

    id: UUID
    integration: IntegrationShape
    external_url: str


class ResolvedShape(msgspec.Struct, frozen=True):
    """Since when an issue is resolved, and in which release."""

    at: Moment | None
    release: str | None
    next: bool
    """Whether only what comes after that release reopens it."""


class SeenAgainShape(msgspec.Struct, frozen=True):
    """Events that came since then and did not reopen it, because they are from before, or from an old release."""

    count: int
    last_seen: Moment


class EnvironmentShape(msgspec.Struct, frozen=True):
    """Where an issue stands in an environment. Figures are null while the event store is away."""

    name: str
    """`unnamed`: that of events that name none."""
    status: str
    first_seen: Moment | None
    last_seen: Moment | None
    occurrences: int | None
    resolved: ResolvedShape | None = None
    seen_again: SeenAgainShape | None = None


class IssueShape(msgspec.Struct, frozen=True):
    """An issue (api.md 3.1). There are no integrations and no cohorts yet, so it has none."""

    id: UUID
    status: str
    name: str | None
    description: str | None
    first_seen: Moment | None
    assignee: Assignee | None
    external_issues: list[ExternalReferenceShape] = []
    cohort: None = None
    environments: list[EnvironmentShape] = []

    @classmethod
    def of(cls, issue: StoredIssue, first_seen: datetime | None, environments: list[EnvironmentShape]) -> "IssueShape":
        """From the row, its fingerprints' first sighting, and where it was seen."""
        assignee = None if issue.assignee is None else msgspec.convert(issue.assignee.to_json(), Assignee)
        return cls(
            issue.id,
            issue.status,
            issue.name,
            issue.description,
            first_seen,
            assignee,
            environments=environments,
        )


class OwnerShape(msgspec.Struct, frozen=True):
    """The issue that owns a fingerprint."""

    issue_id: UUID


class SuccessShape(msgspec.Struct, frozen=True):
    """Whether something was done."""

    success: bool = True


class SplitShape(msgspec.Struct, frozen=True):
    """The issues that a split made, in the order of the request."""

    success: bool
    new_issue_ids: list[UUID]


class FingerprintShape(msgspec.Struct, frozen=True):
    """A fingerprint (api.md 3.2)."""

    id: UUID
    fingerprint: str
    issue_id: UUID
    created_at: Moment
    first_seen: Moment | None

    @classmethod
    def of(cls, fingerprint: ListedFingerprint) -> "FingerprintShape":
        """From the row."""
        return cls(
            id=fingerprint.id,
            fingerprint=fingerprint.fingerprint,
            issue_id=fingerprint.issue_id,
            created_at=fingerprint.created_at,
            first_seen=fingerprint.first_seen,
        )


class ReleaseShape(msgspec.Struct, frozen=True):
    """A release (api.md 3.3)."""

    id: UUID
    hash_id: str
    team_id: int
    created_at: Moment
    metadata: dict[str, Any] | None
    version: str
    project: str

    @classmethod
    def of(cls, release: Release, project_id: int) -> "ReleaseShape":
        """From the row."""
        return cls(
            id=release.id,
            hash_id=release.hash_id,
            team_id=project_id,
            created_at=release.created_at,
            metadata=release.metadata,
            version=release.version,
            project=release.project,
        )
