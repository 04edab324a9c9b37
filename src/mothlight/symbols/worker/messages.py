"""What the server and a reading process say to each other: one message each way at a time, MessagePack in frames."""

import msgspec

from mothlight.symbols.look_ups import Examined, Kind, Places, Question, Unreadable


class LookUp(msgspec.Struct, frozen=True, tag=True):
    """Answer questions from data that is ready."""

    key: str
    kinds: list[Kind]
    questions: list[Question]


class Load(msgspec.Struct, frozen=True, tag=True):
    """Make the data that follows as the next message ready under this key."""

    key: str


class Examine(msgspec.Struct, frozen=True, tag=True):
    """Say what the data that follows as the next message is."""


class Forget(msgspec.Struct, frozen=True, tag=True):
    """Let go of what is ready under this key."""

    key: str


Request = LookUp | Load | Examine | Forget


class Answers(msgspec.Struct, frozen=True, tag=True):
    """The places of each question."""

    places: list[Places]


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing is ready under this key: it was never loaded, or had to make room."""


class Done(msgspec.Struct, frozen=True, tag=True):
    """The request was carried out."""


class Description(msgspec.Struct, frozen=True, tag=True):
    """What examined data is."""

    examined: Examined


class Problem(msgspec.Struct, frozen=True, tag=True):
    """The data cannot be used."""

    problem: Unreadable


Reply = Answers | Absent | Done | Description | Problem

encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
