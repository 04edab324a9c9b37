"""How records stand in a segment file.

A file is `MAGIC`, then records: length of the payload, CRC-32 over sequence number and payload, sequence number
(little endian, 4 + 4 + 8 bytes), payload. A record of length 0 carries nothing: it is written to try the disk.
Whatever follows the last whole record was never answered for and is ignored.
"""

import mmap
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MAGIC = b"MOTHJNL1"
"""Name and format of the framing. Another framing gets another number."""

_HEADER = struct.Struct("<IIQ")
_SEQUENCE = struct.Struct("<Q")
HEADER_SIZE = _HEADER.size


class Record(NamedTuple):
    """One whole record. `payload` is only valid until the next record is asked for."""

    sequence: int
    offset: int
    size: int
    payload: memoryview


def frame(sequence: int, head: bytes, body: bytes) -> list[bytes]:
    """The buffers of a record whose payload is `head` followed by `body`."""
    checksum = zlib.crc32(body, zlib.crc32(head, zlib.crc32(_SEQUENCE.pack(sequence))))
    return [_HEADER.pack(len(head) + len(body), checksum, sequence), head, body]


def scan(path: Path) -> Iterator[Record]:
    """The whole records of a file, in order; stops at the first that is not whole.

    Raises ValueError for a file that is no segment of a known format. A file shorter than `MAGIC` holds no record.
    """
    if path.stat().st_size < len(MAGIC):
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        if mapped[: len(MAGIC)] != MAGIC:
            raise ValueError(f"{path} is not a journal segment that this version can read")
        with memoryview(mapped) as view:
            yield from _records(view)


def whole_record(data: bytes) -> memoryview | None:
    """The payload of the bytes of one record, or None when they are not whole."""
    with memoryview(data) as view:
        record = _record_at(view, 0)
    return None if record is None else memoryview(data)[HEADER_SIZE : record.size]


def _records(view: memoryview) -> Iterator[Record]:
    offset = len(MAGIC)
    while (record := _record_at(view, offset)) is not None:
        with record.payload:
            yield record
        offset += record.size


def _record_at(view: memoryview, offset: int) -> Record | None:
    if offset + HEADER_SIZE > len(view):
        return None
    length, checksum, sequence = _HEADER.unpack_from(view, offset)
    end = offset + HEADER_SIZE + length
    if end > len(view):
        return None
    payload = view[offset + HEADER_SIZE : end]
    if zlib.crc32(payload, zlib.crc32(_SEQUENCE.pack(sequence))) != checksum:
        payload.release()
        return None
    return Record(sequence, offset, end - offset, payload)
