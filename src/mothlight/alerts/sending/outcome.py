"""What became of an attempt to send."""

import msgspec


class Failed(Exception):
    """Nobody took the message; the text says why, and holds no secret."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final
        """Another attempt would end alike."""


class Message(msgspec.Struct, frozen=True):
    """What is sent, in both forms."""

    delivery_id: str
    message_id: str
    title: str
    text: str
    body: bytes
    """JSON, for a webhook."""
