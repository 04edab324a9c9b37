"""Bodies of requests that change issues (api.md 3.1). Fields that are left out stay as they are."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from mothlight.issues.change import SETTABLE_STATUSES, NewValues, Resolution
from mothlight.issues.split import Part
from mothlight.model.issue_states import RESOLVED
from mothlight.web.resolutions import ResolvedIn
from mothlight.web.values.fields import ENVIRONMENT, Choice, Environment, FreeText, Id, Literally, NotNull
from mothlight.web.values.questions import AssigneeFilter
from mothlight.web.values.validate import validate

NEXT = "next"
MOST_RELEASE_CHARACTERS = 200

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


RESOLVED_IN = {
    "description": "In which release it is resolved; without it, in the newest that the issue was seen in.",
    "anyOf": [
        {
            "type": "object",
            "required": ["release"],
            "properties": {"release": {"type": "string", "minLength": 1, "maxLength": MOST_RELEASE_CHARACTERS}},
        },
        {"const": NEXT, "description": "In what comes after that release."},
        {"type": "null"},
    ],
}


def _read_resolved_in(value: Any) -> ResolvedIn | None:
    if value is None:
        return None
    if value == NEXT:
        return ResolvedIn(is_next=True)
    release = value.get("release") if isinstance(value, dict) and value.keys() == {"release"} else None
    if not isinstance(release, str) or not 0 < len(release) <= MOST_RELEASE_CHARACTERS or "\x00" in release:
        detail = f'Expected "{NEXT}" or an object with a release of 1 to {MOST_RELEASE_CHARACTERS} characters.'
        raise PydanticCustomError("invalid_input", "{detail}", {"detail": detail})
    return ResolvedIn(release)


ReleaseOfResolution = Annotated[ResolvedIn | None, PlainValidator(_read_resolved_in), WithJsonSchema(RESOLVED_IN)]


class IssueChange(BaseModel):
    """Other values for one issue; the status everywhere, or in one environment only."""

    status: Annotated[Annotated[Literal["active", "resolved", "suppressed"], Choice] | None, NotNull()] = None
    name: FreeText | None = None
    description: FreeText | None = None
    environment: Environment | None = None
    resolved_in: ReleaseOfResolution = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_place(self.status, self.environment, self.resolved_in)
        return self

    def values(self, resolution: Resolution) -> NewValues:
        """What was sent."""
        given = self.model_dump(exclude_unset=True, include={"status", "name", "description"})
        return NewValues(**given, environment=self.environment, resolution=resolution)


class StatusPlace(BaseModel):
    """Where the status of a bulk change is set, and in what the issues are resolved."""

    status: str
    environment: Environment | None = None
    resolved_in: ReleaseOfResolution = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_place(self.status, self.environment, self.resolved_in)
        return self


def _check_place(status: str | None, environment: str | None, resolved_in: ResolvedIn | None) -> None:
    if environment is not None and status is None:
        raise _out_of_place("environment", "A status is needed beside it.")
    if resolved_in is not None and status != RESOLVED:
        raise _out_of_place("resolved_in", f'Only with the status "{RESOLVED}".')


def _out_of_place(name: str, detail: str) -> PydanticCustomError:
    return PydanticCustomError("invalid_input", "{detail}", {"detail": detail, "within": name})


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
    environment: Annotated[Any, WithJsonSchema(ENVIRONMENT)] = None
    resolved_in: Annotated[Any, WithJsonSchema(RESOLVED_IN)] = None

    def place(self) -> StatusPlace:
        """Where the status is set.

        Raises:
            Refused: that cannot be.
        """
        return validate(StatusPlace, self.model_dump(include={"status", "environment", "resolved_in"}))


class CohortLink(BaseModel):
    """The cohort to link."""

    cohort_id: Annotated[Any, Field(alias="cohortId"), WithJsonSchema({"type": "integer"})] = None
