"""One accepted request as the journal keeps it: all that is needed to process it again with an equal result."""

import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

FORMAT = 1
"""First byte of an encoded entry. A new shape gets a new number; readers keep knowing the old ones."""

_PREFIX = struct.Struct("<BI")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came, and who it belongs to."""

    id: UUID
    """Made at receipt; events without a uuid of their own get theirs from it."""
    received_at: datetime
    """Aware, in UTC."""
    project_id: int = 0
    path: str
    query: str = ""
    """The query string as it came, without `?`."""
    content_type: str = ""
    content_encoding: str = ""
    headers: dict[str, str] = {}
    """The headers beyond those two that decoding looks at (ingest 8), by lower-case name."""
    events: int = 0
    """Usable events in the body."""
    bad: int = 0
    """Events in the body that were dropped at receipt."""
    body: bytes = b""


class EntryFacts(msgspec.Struct, frozen=True):
    """What can be told of an encoded entry without touching its body."""

    events: int
    received_at: datetime
    writer: str


class _Meta(msgspec.Struct, array_like=True):
    """Everything but the body. Fields may be added at the end, with a default, within one `FORMAT`."""

    id: bytes
    received_at: int
    project_id: int
    path: str
    query: str
    content_type: str
    content_encoding: str
    headers: dict[str, str]
    events: int
    bad: int
    writer: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Meta)


def encode_head(entry: JournalEntry, writer: str) -> bytes:
    """The bytes that stand before the body: format, length of the description, description.

    `writer` names whoever writes the entry (`journal.interface.Position`).
    """
    meta = _encoder.encode(
        _Meta(
            entry.id.bytes,
            (entry.received_at - _EPOCH) // _MICROSECOND,
            entry.project_id,
            entry.path,
            entry.query,
            entry.content_type,
            entry.content_encoding,
            entry.headers,
            entry.events,
            entry.bad,
            writer,
        )
    )
    return _PREFIX.pack(FORMAT, len(meta)) + meta


def decode_entry(data: bytes | memoryview) -> JournalEntry:
    """The entry of encoded bytes. Raises ValueError when they are not one."""
    view = memoryview(data)
    meta, start = _read_meta(view)
    return JournalEntry(
        id=UUID(bytes=meta.id),
        received_at=_moment(meta.received_at),
        project_id=meta.project_id,
        path=meta.path,
        query=meta.query,
        content_type=meta.content_type,
        content_encoding=meta.content_encoding,
        headers=meta.headers,
        events=meta.events,
        bad=meta.bad,
        body=bytes(view[start:]),
    )


def read_facts(data: bytes | memoryview) -> EntryFacts:
    """The facts of encoded bytes. Raises ValueError when they are not an entry."""
    meta, _ = _read_meta(memoryview(data))
    return EntryFacts(meta.events, _moment(meta.received_at), meta.writer)


def _read_meta(view: memoryview) -> tuple[_Meta, int]:
    if len(view) < _PREFIX.size:
        raise ValueError("a journal entry is shorter than its prefix")
    version, length = _PREFIX.unpack_from(view)
    if version != FORMAT:
        raise ValueError(f"journal entries of format {version} are unknown; this version writes {FORMAT}")
    start = _PREFIX.size + length
    try:
        return _decoder.decode(view[_PREFIX.size : start]), start
    except msgspec.DecodeError as error:
        raise ValueError(f"the description of a journal entry is broken: {error}") from error


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
