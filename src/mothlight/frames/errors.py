"""Why an exception event cannot be processed (pipeline 1.5)."""

from uuid import UUID


class Unprocessable(Exception):
    """An event whose exceptions cannot be read: it is stored with an error note and belongs to no issue."""

    def note(self, event_uuid: UUID) -> str:
        """The text for `$cymbal_errors`."""
        return f"Invalid properties on event {event_uuid}, serde error: {self}"


class EmptyList(Unprocessable):
    """`$exception_list` is `[]`."""

    def note(self, event_uuid: UUID) -> str:
        """The text for `$cymbal_errors`."""
        return f"Empty exception list on event {event_uuid}"


class TooDeep(Unprocessable):
    """Something inside `$exception_list` is nested too deep."""

    def __init__(self) -> None:
        super().__init__("Recursion limit exceeded")
