"""The first version: in-app frames, and everything as it is."""

from collections.abc import Iterable

from mothlight.grouping.hashing import Piece, name_pieces
from mothlight.model.stack import Frame


def select(frames: list[Frame]) -> list[Frame]:
    """The application's frames, only the resolved ones if any frame is; without one of its own, the entry point."""
    own = [frame for frame in frames if frame.get("in_app") is True]
    if not own:
        return frames[:1]
    if any(frame.get("resolved") is True for frame in frames):
        return [frame for frame in own if frame.get("resolved") is True]
    return own


def pieces(frame: Frame) -> Iterable[Piece]:
    """Source, module and name; without a name also the position."""
    if "source" in frame:
        yield Piece(frame["source"], "Source file name")
    if "module" in frame:
        yield Piece(frame["module"], "Module name")
    yield from name_pieces(frame, _position(frame))


def message(text: str) -> str:
    """The message as it is."""
    return text


def _position(frame: Frame) -> Iterable[Piece]:
    if "line" in frame:
        yield Piece(str(frame["line"]), "Line number")
    if "column" in frame:
        yield Piece(str(frame["column"]), "Column number")
