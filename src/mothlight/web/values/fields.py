"""Types of fields in request bodies: which spellings are taken, what they become, and how each error is told.

The texts are those of api.md 1.5. A type here is an ordinary annotation with a validator in front, so the models of
`shapes` read like the contract's tables and the OpenAPI document is made from them.
"""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from mothlight.filters.operators import ALIASES, OPERATORS
from mothlight.filters.parse import MOST_FILTERS, SUPPORTED_TYPES, read_filters
from mothlight.filters.property_filter import PropertyFilter
from mothlight.model.errors import Refused
from mothlight.model.issue_states import MOST_CHARACTERS, UNNAMED, read_environment_name

WHOLE_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,30})(?:\.0*)?\s*")
TRUE_TEXTS = frozenset({"t", "y", "yes", "true", "on", "1"})
FALSE_TEXTS = frozenset({"f", "n", "no", "false", "off", "0"})


def _problem(detail: str, code: str = "invalid_input") -> PydanticCustomError:
    return PydanticCustomError(code, "{detail}", {"detail": detail})


def read_integer(value: Any) -> int:
    """A JSON number without fraction, or its text."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        found = WHOLE_NUMBER.fullmatch(str(value))
        if found is not None:
            return int(found.group(1))
    raise _problem("A valid integer is required.")


def read_boolean(value: Any) -> bool:
    """A JSON boolean, 1, 0, or one of the usual words in any case."""
    if isinstance(value, str | int | float):
        word = str(value).strip().lower()
        if word in TRUE_TEXTS or value == 1:
            return True
        if word in FALSE_TEXTS or value == 0:
            return False
    raise _problem("Must be a valid boolean.")


def read_uuid(value: Any) -> UUID:
    """A UUID's text in any standard spelling."""
    try:
        return UUID(value.strip())
    except (ValueError, AttributeError):
        raise _problem("Must be a valid UUID.") from None


def read_text(value: Any) -> str:
    """A text, or a number's text, without blanks around it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _problem("Not a valid string.")
    text = str(value).strip()
    if "\x00" in text:
        raise _problem("Null characters are not allowed.", "null_characters_not_allowed")
    return text


def read_literally(value: Any) -> str:
    """A text as it is, blanks and all: a fingerprint."""
    if not isinstance(value, str):
        raise _problem("Not a valid string.")
    return value


def read_choice(value: Any) -> Any:
    """A text without blanks around it, anything else as it is."""
    return value.strip() if isinstance(value, str) else value


def read_texts(value: Any) -> tuple[str, ...]:
    """One text or a non-empty list of texts, taken literally: fingerprints may begin with a blank."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise _problem("Expected a string or a non-empty list of strings.")
    return tuple(texts)


def read_environment(value: Any) -> str:
    """The name of an environment, taken literally; the empty one stands for events that name none."""
    if not isinstance(value, str):
        raise _problem("Not a valid string.")
    if not value:
        raise _problem("This field may not be blank.", "blank")
    if len(value) > MOST_CHARACTERS:
        raise _problem(f"Ensure this field has no more than {MOST_CHARACTERS} characters.", "max_length")
    if "\x00" in value:
        raise _problem("Null characters are not allowed.", "null_characters_not_allowed")
    return read_environment_name(value)


def read_environment_list(value: Any) -> tuple[str, ...]:
    """One environment or a non-empty list of them."""
    return tuple(dict.fromkeys(read_environment(text) for text in read_texts(value)))


def read_filter_list(value: Any) -> tuple[PropertyFilter, ...]:
    """Property filters (api.md 6.1)."""
    _check_filters(value)
    return read_filters(value)


def check_filter_list(value: Any) -> list[dict[str, Any]]:
    """Property filters as they were sent, to be kept."""
    _check_filters(value)
    checked: list[dict[str, Any]] = value
    return checked


def _check_filters(value: Any) -> None:
    if value is None:
        raise _problem("This field may not be null.", "null")
    try:
        read_filters(value, "")
    except Refused as problem:
        # The name of the field itself is known to `validate` only; `within` says where below it.
        context = {"detail": problem.detail, "within": problem.attr or ""}
        raise PydanticCustomError(problem.code, "{detail}", context) from None


class NotNull:
    """Marks a field that may be left out, which its type says by None, but may not be sent as null."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse null before anything else."""
        return core_schema.no_info_before_validator_function(_refuse_null, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The type without its null."""
        described = handler(schema)
        kinds = [kind for kind in described.pop("anyOf", []) if kind != {"type": "null"}]
        return {**described, **kinds[0]} if len(kinds) == 1 else {**described, "anyOf": kinds}


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise _problem("This field may not be null.", "null")
    return value


FILTER_LIST: JsonSchemaValue = {
    "type": "array",
    "maxItems": MOST_FILTERS,
    "items": {
        "type": "object",
        "required": ["key"],
        "properties": {
            "key": {"type": "string", "minLength": 1},
            "value": {"description": "A text, a number, a boolean or a list of these."},
            "operator": {"type": ["string", "null"], "enum": [*OPERATORS, *ALIASES, "", None], "default": "exact"},
            "type": {"type": "string", "enum": sorted(SUPPORTED_TYPES), "default": "event"},
        },
    },
}

ENVIRONMENT: JsonSchemaValue = {
    "type": "string",
    "minLength": 1,
    "maxLength": MOST_CHARACTERS,
    "description": f"An environment; `{UNNAMED}` is that of events that name none.",
}

Integer = BeforeValidator(read_integer)
"""Behind the bounds of an `int`: what stands last in an annotation is asked first."""
Choice = BeforeValidator(read_choice)
"""Behind a `Literal`."""

Flag = Annotated[bool, BeforeValidator(read_boolean)]
Id = Annotated[UUID, BeforeValidator(read_uuid)]
FreeText = Annotated[str, BeforeValidator(read_text)]
"""May be blank."""
Literally = Annotated[str, BeforeValidator(read_literally)]
Text = Annotated[str, StringConstraints(min_length=1), BeforeValidator(read_text)]
Text200 = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(read_text)]
Text500 = Annotated[str, StringConstraints(min_length=1, max_length=500), BeforeValidator(read_text)]
Text1000 = Annotated[str, StringConstraints(min_length=1, max_length=1000), BeforeValidator(read_text)]
Texts = Annotated[
    tuple[str, ...],
    PlainValidator(read_texts),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Environment = Annotated[str, PlainValidator(read_environment), WithJsonSchema(ENVIRONMENT)]
Environments = Annotated[
    tuple[str, ...],
    PlainValidator(read_environment_list),
    WithJsonSchema({"anyOf": [ENVIRONMENT, {"type": "array", "items": ENVIRONMENT, "minItems": 1}]}),
]
Filters = Annotated[tuple[PropertyFilter, ...], PlainValidator(read_filter_list), WithJsonSchema(FILTER_LIST)]
FiltersAsSent = Annotated[list[dict[str, Any]], PlainValidator(check_filter_list), WithJsonSchema(FILTER_LIST)]
