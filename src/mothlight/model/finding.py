"""What a check of an installation saw."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw. `advice` says what to do, where something is to be done."""

    check: str
    state: State
    text: str
    advice: str = ""
