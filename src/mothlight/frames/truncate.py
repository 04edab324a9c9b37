"""Limits on the length of texts (pipeline 2.3)."""

VALUE_BYTES = 10_000
TYPE_BYTES = 255
NAME_BYTES = 255
"""Of `$issue_name` and `$issue_description`, as echoed on the event."""
CONTEXT_LINE_CHARACTERS = 300

_SUFFIX = "..."
_LINE_SUFFIX = "...✂️"
_MOST_BYTES_OF_A_CHARACTER = 4


def truncate(text: str, most_bytes: int) -> str:
    """The text, or its beginning and `...`, in at most `most_bytes` bytes of UTF-8."""
    if len(text) * _MOST_BYTES_OF_A_CHARACTER <= most_bytes:
        return text
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= most_bytes:
        return text
    return encoded[: most_bytes - len(_SUFFIX)].decode("utf-8", "ignore") + _SUFFIX


def truncate_line(line: str) -> str:
    """A source line, or its first 300 characters and `...✂️`."""
    return line if len(line) <= CONTEXT_LINE_CHARACTERS else line[:CONTEXT_LINE_CHARACTERS] + _LINE_SUFFIX
