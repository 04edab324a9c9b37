"""How much one piece of symbol data may take."""

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """Bounds on the reading of symbol data (design 9)."""

    decoded_bytes: int = 512 << 20
    """After decompression, all parts together."""
    archive_entries: int = 10_000
    source_bytes: int = 16 << 20
    """Of one source file in a bundle."""
    context_lines: int = 15
    """Lines of source code on each side of a frame's line (pipeline 3.5)."""
    address_space_bytes: int = 3 << 30
    """Of a reading process."""
