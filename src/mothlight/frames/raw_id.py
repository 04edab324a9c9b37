"""The identity of a raw frame (pipeline 3.3)."""

import hashlib
from collections.abc import Iterable

from mothlight.model.stack import RawFrame


def be32(number: int | None) -> bytes:
    """Four bytes, most significant first; 0 when absent."""
    return (number or 0).to_bytes(4, "big")


def be64(number: int | None) -> bytes:
    """Eight bytes, most significant first; 0 when absent."""
    return (number or 0).to_bytes(8, "big")


def raw_id(pieces: Iterable[str | bytes | None], part: int = 0) -> str:
    """`<sha512 of the pieces, absent ones left out>/<part>`; part counts the frames that one raw frame became."""
    joined = b"".join(piece.encode("utf-8", "replace") if isinstance(piece, str) else piece or b"" for piece in pieces)
    return f"{hashlib.sha512(joined).hexdigest()}/{part}"


def source_pieces(raw: RawFrame, *between: str | bytes | None) -> list[str | bytes | None]:
    """The pieces shared by platforms that send source lines, with `between` after the line number."""
    head = [raw.get("context_line"), raw.get("filename"), raw.get("function"), be32(raw.get("lineno"))]
    return [*head, *between, *raw.get("pre_context", ()), *raw.get("post_context", ())]
