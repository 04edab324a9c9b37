"""How much two stacks have in common: shared frames of the team's own code, and the frame nearest the throw."""

from collections.abc import Iterable, Sequence

import msgspec

from mothlight.model.stack import Frame
from mothlight.queries.verbosity import first_filled


class CodePlace(msgspec.Struct, frozen=True, order=True):
    """Where a frame is in the code, whatever the line: lines move from release to release."""

    source: str
    function: str


class Outline(msgspec.Struct, frozen=True):
    """What of a stack is compared."""

    places: frozenset[CodePlace]
    """Of the team's own code; of all code in a stack that has none of it."""
    top: CodePlace | None
    """The last of them, nearest the throw."""


def outline(traces: Sequence[Sequence[Frame] | None]) -> Outline:
    """The outline of a stack, given its frames by exception."""
    frames = [frame for trace in traces for frame in trace or ()]
    own = [frame for frame in frames if frame.get("in_app") is True] or frames
    places = [place for frame in own if (place := _place(frame))]
    return Outline(frozenset(places), places[-1] if places else None)


def shared(one: Iterable[Outline], other: Iterable[Outline]) -> tuple[int, int]:
    """The places that the two most alike of the outlines share, and how many these have together."""
    pairs = [(len(left.places & right.places), len(left.places | right.places)) for left in one for right in other]
    return max(pairs, key=lambda pair: (pair[0] / max(1, pair[1]), pair[0]), default=(0, 0))


def _place(frame: Frame) -> CodePlace | None:
    source = first_filled(frame, ("source", "module"))
    function = first_filled(frame, ("resolved_name", "mangled_name"))
    if not isinstance(source, str) and not isinstance(function, str):
        return None
    return CodePlace(source if isinstance(source, str) else "", function if isinstance(function, str) else "")
