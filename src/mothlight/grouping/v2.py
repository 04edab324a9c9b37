"""The second version: all frames, and nothing that differs from build to build or from value to value."""

from collections.abc import Iterable

from mothlight.grouping import normalise
from mothlight.grouping.hashing import Piece, name_pieces
from mothlight.model.stack import Frame


def select(frames: list[Frame]) -> list[Frame]:
    """All."""
    return frames


def pieces(frame: Frame) -> Iterable[Piece]:
    """Source, module and name."""
    if "source" in frame:
        yield Piece(normalise.source(frame["source"]), "Source file name")
    if "module" in frame:
        yield Piece(normalise.module(frame["module"]), "Module name")
    yield from name_pieces(frame)


def message(text: str) -> str:
    """The message without values."""
    return normalise.cut(normalise.mask_values(text))
