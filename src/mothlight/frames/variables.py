"""Masking of local variables, again after the SDK has done it: older ones leak (pipeline 3.7)."""

import re
from typing import Any

import msgspec

from mothlight.frames.secrets import REDACTED, TOO_LONG, cut_credentials, has_sensitive_word, looks_like_secret

MOST_LEVELS = 12
MOST_CHARACTERS = 2048
MOST_VALUES = 10_000
"""Values masked in one frame; what comes behind them is taken out as too long."""

_FIELD_NAME = re.compile(r"[\w.-]+")
_decode = msgspec.json.Decoder().decode


def mask_variables(value: Any) -> Any:
    """A frame's `code_variables`, any decoded JSON, with secrets replaced by placeholders."""
    return _Mask().value(value, 0)


def mask_list(exceptions: Any) -> Any:
    """A whole `$exception_list`, of any shape, with the local variables of its frames masked; a copy."""
    return [_mask_exception(each) for each in exceptions] if isinstance(exceptions, list) else exceptions


class _Mask:
    """One frame's masking; counts what it has looked at."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def value(self, value: Any, level: int) -> Any:
        self._left -= 1
        if self._left < 0:
            return TOO_LONG
        if isinstance(value, str):
            return self._text(value, level)
        if not isinstance(value, dict | list):
            return value
        if level >= MOST_LEVELS:
            return TOO_LONG
        return self._object(value, level + 1) if isinstance(value, dict) else [self.value(v, level + 1) for v in value]

    def _text(self, text: str, level: int) -> str:
        if len(text) > MOST_CHARACTERS:
            return TOO_LONG
        decoded = _read_container(text)
        if decoded is not None:
            masked = self.value(decoded, level)
            return text if masked == decoded else _as_text(masked)
        if has_sensitive_word(text) or looks_like_secret(text):
            return REDACTED
        return cut_credentials(text)

    def _object(self, sent: dict[str, Any], level: int) -> dict[str, Any]:
        masked: dict[str, Any] = {}
        placeholders = _Placeholders(sent)
        for key, value in sent.items():
            name, kept = self._entry(key, value, level)
            masked[placeholders.next() if name is None or name in masked else name] = kept
        return masked

    def _entry(self, key: str, value: Any, level: int) -> tuple[str | None, Any]:
        """The key, None if it must not be shown, and the masked value."""
        if len(key) > MOST_CHARACTERS:
            return None, TOO_LONG
        shows_secret = looks_like_secret(key)
        if has_sensitive_word(key):
            return (key if _FIELD_NAME.fullmatch(key) and not shows_secret else None), REDACTED
        return (None if shows_secret else cut_credentials(key)), self.value(value, level)


class _Placeholders:
    """Names for keys that are not shown: none that the object has already."""

    def __init__(self, taken: dict[str, Any]) -> None:
        self._taken = taken
        self._number = -1

    def next(self) -> str:
        while True:
            self._number += 1
            name = f"$$_posthog_redacted_key_{self._number}_$$"
            if name not in self._taken:
                return name


def _read_container(text: str) -> Any:
    """What the text encodes, if it is the JSON of an object or array, else None."""
    if text.strip()[:1] not in ("{", "["):
        return None
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _mask_exception(sent: Any) -> Any:
    trace = sent.get("stacktrace") if isinstance(sent, dict) else None
    if not isinstance(trace, dict) or not isinstance(trace.get("frames"), list):
        return sent
    return {**sent, "stacktrace": {**trace, "frames": [_mask_frame(frame) for frame in trace["frames"]]}}


def _mask_frame(frame: Any) -> Any:
    if not isinstance(frame, dict) or "code_variables" not in frame:
        return frame
    return {**frame, "code_variables": mask_variables(frame["code_variables"])}
