"""Checks fields against a model and tells the first error, in declaration order, in the words of api.md 1.5."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mothlight.model.errors import Refused, invalid

Model = TypeVar("Model", bound=BaseModel)
Message = Callable[[Any, Mapping[str, Any]], str]
"""Tells an error, from what was sent and the validator's context."""


def validate(model: type[Model], fields: Mapping[str, Any]) -> Model:
    """The fields as the model has them; unknown ones are ignored.

    Raises:
        Refused: the first error.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as problem:
        raise _refusal(problem.errors(include_url=False)[0]) from None


def _refusal(error: ErrorDetails) -> Refused:
    context = error.get("ctx", {})
    attr = "__".join(str(part) for part in error["loc"]) + context.get("within", "")
    code, detail = _tell(error, context)
    return invalid(detail, attr, code)


def _tell(error: ErrorDetails, context: Mapping[str, Any]) -> tuple[str, str]:
    if error["type"] == "missing":
        return "required", "This field is required."
    if error["input"] is None:
        return "null", "This field may not be null."
    if error["type"] in MESSAGES:
        code, message = MESSAGES[error["type"]]
        return code, message(error["input"], context)
    # An error of `fields` or of a filter: its code and text are the wire's.
    return error["type"], error["msg"]


def _kind(value: Any) -> str:
    return type(value).__name__


def _bounded(words: str, bound: str) -> Message:
    return lambda _value, context: f"Ensure this value is {words} than or equal to {context[bound]}."


def _expected_object(value: Any, _context: Mapping[str, Any]) -> str:
    return f"Invalid data. Expected a dictionary, but got {_kind(value)}."


MESSAGES: dict[str, tuple[str, Message]] = {
    "literal_error": ("invalid_choice", lambda value, _context: f'"{value}" is not a valid choice.'),
    "less_than_equal": ("max_value", _bounded("less", "le")),
    "greater_than_equal": ("min_value", _bounded("greater", "ge")),
    "string_too_short": ("blank", lambda _value, _context: "This field may not be blank."),
    "string_too_long": (
        "max_length",
        lambda _value, context: f"Ensure this field has no more than {context['max_length']} characters.",
    ),
    "list_type": ("not_a_list", lambda value, _context: f'Expected a list of items but got type "{_kind(value)}".'),
    "too_short": ("empty", lambda _value, _context: "This list may not be empty."),
    "model_type": ("invalid_input", _expected_object),
    "dict_type": ("invalid_input", _expected_object),
}
"""Error type of the validator -> code and text on the wire. To add one: its type as `pydantic_core` names it."""
