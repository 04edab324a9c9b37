"""Bodies of requests that change issues (api.md 3.1). Fields that are left out stay as they are."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from mothlight.issues.change import SETTABLE_STATUSES, NewValues
from mothlight.issues.split import Part
from mothlight.web.values.fields import Choice, FreeText, Id, Literally, NotNull
from mothlight.web.values.questions import AssigneeFilter

ASSIGNEE = {
    "anyOf": [
        {
            "type": "object",
            "required": ["id", "type"],
            "properties": {"id": {"type": ["integer", "string"]}, "type": {"enum": ["user", "role"]}},
        },
        {"type": "null"},
    ]
}


class IssueChange(BaseModel):
    """Other values for one issue."""

    status: Annotated[Annotated[Literal["active", "resolved", "suppressed"], Choice] | None, NotNull()] = None
    name: FreeText | None = None
    description: FreeText | None = None

    def values(self) -> NewValues:
        """What was sent."""
        return NewValues(**self.model_dump(exclude_unset=True))


class IssueMerge(BaseModel):
    """The issues that the one in the path takes in."""

    ids: Annotated[list[Id], Field(min_length=1)]


class SplitPart(BaseModel):
    """A fingerprint that becomes an issue of its own."""

    fingerprint: Literally
    name: FreeText | None = None
    description: FreeText | None = None


class IssueSplit(BaseModel):
    """The fingerprints that leave the issue in the path."""

    fingerprints: list[SplitPart] = []

    def parts(self) -> list[Part]:
        """As they are split."""
        return [Part(part.fingerprint, part.name, part.description) for part in self.fingerprints]


class IssueAssignment(BaseModel):
    """Who is to look after an issue; null: nobody."""

    assignee: AssigneeFilter | None = None


class IssueBulk(BaseModel):
    """One action on several issues."""

    ids: list[Id] = []
    action: Annotated[Any, WithJsonSchema({"type": "string", "enum": ["set_status", "assign"]})] = None
    status: Annotated[Any, WithJsonSchema({"type": "string", "enum": list(SETTABLE_STATUSES)})] = None
    assignee: Annotated[Any, WithJsonSchema(ASSIGNEE)] = None


class CohortLink(BaseModel):
    """The cohort to link."""

    cohort_id: Annotated[Any, Field(alias="cohortId"), WithJsonSchema({"type": "integer"})] = None
