"""Building unified frames (pipeline 3.2)."""

from typing import Any, NamedTuple

from mothlight.frames.context import Context
from mothlight.model.stack import Frame, RawFrame


class Resolved(NamedTuple):
    """A unified frame and the source lines that belong to its raw id."""

    frame: Frame
    context: Context | None = None


def unified_frame(raw: RawFrame, raw_id: str, lang: str, *, resolved: bool, in_app: bool, **more: Any) -> Frame:
    """The frame of a raw one: `more` are fields of pipeline 3.2, left out where None.

    `mangled_name` is the raw frame's function unless given.
    """
    frame: Frame = {"raw_id": raw_id, "mangled_name": raw.get("function", "")}
    frame.update((name, value) for name, value in more.items() if value is not None)
    frame.update(in_app=in_app, lang=lang, resolved=resolved, synthetic=raw["synthetic"])
    frame.setdefault("suspicious", False)
    return frame
