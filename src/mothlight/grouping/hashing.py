"""What all versions of the fingerprint share: the order of the pieces and the record of them (pipeline 4.3, 4.7)."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from mothlight.model.stack import ExceptionEntry, Fingerprint, Frame


class Piece(NamedTuple):
    """One text that is hashed, and what the record calls it."""

    text: str
    name: str


class Algorithm(Protocol):
    """What a version's file offers."""

    def select(self, frames: list[Frame]) -> list[Frame]:
        """The frames of one stack that count."""

    def pieces(self, frame: Frame) -> Iterable[Piece]:
        """What of a frame is hashed."""

    def message(self, text: str) -> str:
        """The message of an exception without a stack, as it is hashed."""


class Part(NamedTuple):
    """An exception or one of its frames, with what of it is hashed."""

    exception: ExceptionEntry
    frame: Frame | None
    """None: the exception itself."""
    pieces: list[Piece]


def parts(algorithm: Algorithm, exceptions: Sequence[tuple[ExceptionEntry, list[Frame] | None]]) -> Iterable[Part]:
    """What is hashed, in the given order of exceptions, each with its frames, or None where it has no stack trace."""
    for entry, frames in exceptions:
        own = [Piece(entry.type, "Exception Type")]
        if frames is None:
            own.append(Piece(algorithm.message(entry.value), "Exception Message"))
        yield Part(entry, None, own)
        for frame in algorithm.select(frames or []):
            yield Part(entry, frame, list(algorithm.pieces(frame)))


def fingerprint(
    version: str, algorithm: Algorithm, exceptions: Sequence[tuple[ExceptionEntry, list[Frame] | None]]
) -> Fingerprint:
    """SHA-512 over the parts of the exceptions."""
    digest = hashlib.sha512()
    record: list[dict[str, Any]] = []
    for part in parts(algorithm, exceptions):
        names = _hash_pieces(digest, part.pieces)
        if part.frame is None:
            record.append({"type": "exception", "id": None, "pieces": names})
        else:
            record.append({"type": "frame", "raw_id": part.frame.get("raw_id", ""), "pieces": names})
    return Fingerprint(digest.hexdigest(), version, record)


def name_pieces(frame: Frame, position: Iterable[Piece] = ()) -> Iterable[Piece]:
    """The function's name; where it is not known, what was sent instead, `position` behind it, and the language."""
    if "resolved_name" in frame:
        yield Piece(frame["resolved_name"], "Resolved function name")
        return
    yield Piece(frame.get("mangled_name", ""), "Mangled function name")
    yield from position
    yield Piece(frame.get("lang", ""), "Language")


def _hash_pieces(digest: Any, pieces: Iterable[Piece]) -> list[str]:
    names = []
    for text, name in pieces:
        digest.update(text.encode("utf-8", "replace"))
        names.append(name)
    return names
