"""Compresses answers, with the best that the browser knows."""

import gzip
import re

import brotli  # type: ignore[import-untyped]  # ships no types

SMALLEST = 600
"""Bytes from which it is worth it."""
_REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")


def best_encoding(accepted: str) -> str | None:
    """`br`, `gzip` or none, from an `Accept-Encoding` header."""
    offered = {part.split(";")[0].strip().lower() for part in accepted.split(",") if not _REFUSED.search(part)}
    return next((encoding for encoding in ("br", "gzip") if encoding in offered), None)


def compress(content: bytes, encoding: str, *, once: bool = False) -> bytes:
    """The content in an encoding. `once`: it is kept, so that it may take long."""
    if encoding == "br":
        compressed: bytes = brotli.compress(content, quality=10 if once else 5)
        return compressed
    return gzip.compress(content, compresslevel=9 if once else 6, mtime=0)
