"""What the server and the sending process say to each other: one message each way at a time, MessagePack in frames."""

import msgspec


class Start(msgspec.Struct, frozen=True):
    """What the process is told at its start."""

    allow: list[str]
    """Host names and networks."""
    ports: list[int]


class Examine(msgspec.Struct, frozen=True, tag=True):
    """Say which service an address is of."""

    address: str


class Send(msgspec.Struct, frozen=True, tag=True):
    """Send this there."""

    address: str
    title: str
    text: str


Request = Examine | Send


class Service(msgspec.Struct, frozen=True, tag=True):
    """The address is one of this service."""

    name: str


class Sent(msgspec.Struct, frozen=True, tag=True):
    """The service took it."""


class Problem(msgspec.Struct, frozen=True, tag=True):
    """It did not work; the reason holds no secret."""

    reason: str
    is_final: bool = False


Reply = Service | Sent | Problem

encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
