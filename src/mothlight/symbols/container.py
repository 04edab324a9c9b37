"""The form in which symbol data is stored and uploaded (pipeline 9.4): a short header, then the payload."""

import struct
from enum import IntEnum
from typing import NamedTuple

import zstandard

MAGIC = b"posthog_error_tracking"

_HEADER = struct.Struct("<22sII")
_LENGTH = struct.Struct("<Q")
_FIRST_WITH_COMPRESSION = 2
_VERSIONS = (1, _FIRST_WITH_COMPRESSION)
_PLAIN, _ZSTD = 0, 1
_LEVEL = 3
_CHUNK_BYTES = 1 << 10
"""Decompressed at once: so little, because a bomb makes 32,000 bytes of one."""


class DataType(IntEnum):
    """What the header says about the payload."""

    SCRIPT_AND_MAP = 2
    HERMES_MAP = 3
    MAPPING = 4
    APPLE_DSYM = 5
    ELF = 6


class Bad(Exception):
    """The data is damaged, or larger than it may be; the text is for people."""


class Packed(NamedTuple):
    """What a container holds."""

    type: DataType
    payload: bytes


class ScriptAndMap(NamedTuple):
    """A minified script and its source map."""

    script: bytes
    map: bytes


def pack(type: DataType, payload: bytes) -> bytes:
    """A container of the current version, compressed."""
    header = _HEADER.pack(MAGIC, _FIRST_WITH_COMPRESSION, type)
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True)
    return header + bytes([_ZSTD]) + compressor.compress(payload)


def pack_script(script: bytes, map_: bytes) -> bytes:
    """A container with a minified script and its source map, both UTF-8."""
    payload = b"".join([_LENGTH.pack(len(script)), script, _LENGTH.pack(len(map_)), map_])
    return pack(DataType.SCRIPT_AND_MAP, payload)


def is_container(data: bytes) -> bool:
    """Whether the data begins as a container does."""
    return data.startswith(MAGIC)


def unpack(data: bytes, most_bytes: int) -> Packed:
    """The type and the payload, which has at most `most_bytes`. Raises `Bad`."""
    if len(data) < _HEADER.size:
        raise Bad("the data ends within its header")
    magic, version, type_ = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise Bad("the data is no symbol data")
    if version not in _VERSIONS:
        raise Bad(f"version {version} of symbol data is not known")
    if type_ not in list(DataType):
        raise Bad(f"type {type_} of symbol data is not known")
    rest = memoryview(data)[_HEADER.size :]
    if version < _FIRST_WITH_COMPRESSION:
        return Packed(DataType(type_), _plain(rest, most_bytes))
    if not rest:
        raise Bad("the data ends within its header")
    if rest[0] not in (_PLAIN, _ZSTD):
        raise Bad(f"compression {rest[0]} of symbol data is not known")
    read = _decompress if rest[0] == _ZSTD else _plain
    return Packed(DataType(type_), read(rest[1:], most_bytes))


def split_script(payload: bytes) -> ScriptAndMap:
    """The parts of a payload of type 2. Raises `Bad`."""
    script, rest = _take(memoryview(payload), "script")
    map_, rest = _take(rest, "source map")
    if rest:
        raise Bad(f"{len(rest)} bytes follow the source map")
    return ScriptAndMap(script, map_)


def too_large(most_bytes: int) -> Bad:
    """The data would take more than `most_bytes` once decompressed."""
    return Bad(f"the data is larger than {most_bytes >> 20} MiB when decompressed")


def _take(rest: memoryview, what: str) -> tuple[bytes, memoryview]:
    if len(rest) < _LENGTH.size:
        raise Bad(f"the data ends before the length of the {what}")
    (length,) = _LENGTH.unpack_from(rest)
    rest = rest[_LENGTH.size :]
    if length > len(rest):
        raise Bad(f"the data ends within the {what}: {length} bytes announced, {len(rest)} there")
    return bytes(rest[:length]), rest[length:]


def _plain(rest: memoryview, most_bytes: int) -> bytes:
    if len(rest) > most_bytes:
        raise too_large(most_bytes)
    return bytes(rest)


def _decompress(rest: memoryview, most_bytes: int) -> bytes:
    """All frames of the stream, one after the other."""
    parts: list[bytes] = []
    room, at = most_bytes, 0
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    try:
        while at < len(rest):
            chunk = bytes(rest[at : at + _CHUNK_BYTES])
            part = decompressor.decompress(chunk)
            at += len(chunk) - len(decompressor.unused_data)
            room -= len(part)
            if room < 0:
                raise too_large(most_bytes)
            parts.append(part)
            if decompressor.eof and at < len(rest):
                decompressor = zstandard.ZstdDecompressor().decompressobj()
    except zstandard.ZstdError as error:
        raise Bad(f"the compressed data is damaged: {error}") from error
    if not decompressor.eof:
        raise Bad("the compressed data is cut off")
    return b"".join(parts)
