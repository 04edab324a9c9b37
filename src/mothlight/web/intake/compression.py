"""Decompression that stops when the budget is spent, one function for each format.

Zlib-ng takes apart what zlib does, in two thirds of its time: on the way of an event that is a step one can see.

To add one: a function here, its name in `DECOMPRESSORS`, and its first bytes in `body.py` if it has any.
"""

import io
from collections.abc import Callable, Iterator
from typing import cast

import brotli  # type: ignore[import-untyped]  # the package ships no types
import zstandard
from zlib_ng import zlib_ng

from mothlight.web.intake.limits import Budget
from mothlight.web.intake.refusals import undecodable

_CHUNK = 256 * 1024
_ZSTD_WINDOW = 8 * 1024 * 1024
"""What RFC 8878 asks every decoder to support, and no sender may go beyond in HTTP (RFC 9659)."""

_GZIP = 16 + zlib_ng.MAX_WBITS
_ZLIB = zlib_ng.MAX_WBITS
_NO_ZLIB = cast("type[Exception]", zlib_ng.error)  # its types call it an instance

_MOST_MEMBERS = 100
"""Each member costs a copy of all that follows it, and the smallest has 20 bytes. Clients send one."""

GZIP_MAGIC = b"\x1f\x8b\x08"


def gunzip(data: bytes, budget: Budget) -> bytes:
    """Gzip, also of several members one after the other; what follows the last is ignored."""
    return _collect(_gzip_members(data), budget)


def inflate(data: bytes, budget: Budget) -> bytes:
    """Deflate in its zlib wrapping."""
    return _collect(_inflated(zlib_ng.decompressobj(_ZLIB), data), budget)


def unbrotli(data: bytes, budget: Budget) -> bytes:
    """Brotli."""
    return _collect(_brotli_chunks(data), budget)


def unzstd(data: bytes, budget: Budget) -> bytes:
    """Zstandard, also of several frames."""
    return _collect(_zstd_chunks(data), budget)


DECOMPRESSORS: dict[str, Callable[[bytes, Budget], bytes]] = {
    "gzip": gunzip,
    "deflate": inflate,
    "br": unbrotli,
    "zstd": unzstd,
}
"""By the name in `Content-Encoding`. Each raises a `Refused` 400 for broken data and 413 past the budget."""


def _collect(chunks: Iterator[bytes], budget: Budget) -> bytes:
    collected: list[bytes] = []
    try:
        for chunk in chunks:
            budget.decode(len(chunk))
            collected.append(chunk)
    except (_NO_ZLIB, brotli.error, zstandard.ZstdError, EOFError) as error:
        raise undecodable("The body cannot be decompressed.") from error
    return collected[0] if len(collected) == 1 else b"".join(collected)


def _gzip_members(data: bytes) -> Iterator[bytes]:
    for _ in range(_MOST_MEMBERS):
        member = zlib_ng.decompressobj(_GZIP)
        yield from _inflated(member, data)
        data = member.unused_data
        if not data.startswith(GZIP_MAGIC):
            return
    raise undecodable("The body has too many gzip members.")


def _inflated(stream: "zlib_ng._Decompress", data: bytes) -> Iterator[bytes]:
    while not stream.eof:
        chunk = stream.decompress(data, _CHUNK)
        data = stream.unconsumed_tail
        if not chunk and not data and not stream.eof:
            raise EOFError("the stream ends early")
        yield chunk


def _brotli_chunks(data: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    chunk = stream.process(data, output_buffer_limit=_CHUNK)
    while not stream.is_finished():
        if not chunk and stream.can_accept_more_data():
            raise EOFError("the stream ends early")
        yield chunk
        chunk = stream.process(b"", output_buffer_limit=_CHUNK)
    yield chunk


def _zstd_chunks(data: bytes) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    # A cut stream gives what is whole of it; the text that comes of it is then no JSON.
    with decompressor.stream_reader(io.BytesIO(data), read_across_frames=True) as reader:
        while chunk := reader.read(_CHUNK):
            yield chunk
