"""What a format makes of symbol data: something that answers."""

from typing import Protocol

from mothlight.symbols.formats.detect import Detected
from mothlight.symbols.look_ups import Examined, Places, Question, Reason


class BadContent(Exception):
    """Symbol data whose content does not parse; the text is for people."""

    def __init__(self, detail: str, reason: Reason = Reason.CONTENT) -> None:
        super().__init__(detail)
        self.reason = reason


class Prepared(Protocol):
    """Symbol data that is ready to answer."""

    weight: int
    """About how many bytes of memory it takes."""

    def examine(self, data: Detected) -> Examined:
        """What the data that it was made of says about itself."""

    def look_up(self, question: Question) -> Places:
        """The places, outermost first. A question that is meant for another format has none."""
