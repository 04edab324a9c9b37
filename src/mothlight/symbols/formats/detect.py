"""What symbol data is: its bytes say it, never a name or a label (pipeline 9.4)."""

from typing import NamedTuple

from mothlight.symbols.container import Bad, DataType, is_container, split_script, unpack
from mothlight.symbols.look_ups import Kind

_KINDS = {
    DataType.SCRIPT_AND_MAP: Kind.SCRIPT_MAP,
    DataType.HERMES_MAP: Kind.HERMES_MAP,
    DataType.MAPPING: Kind.MAPPING,
    DataType.APPLE_DSYM: Kind.DEBUG_FILE,
    DataType.ELF: Kind.DEBUG_FILE,
}

_DEBUG_FILES = (
    b"PK\x03\x04",  # zip
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",  # Mach-O of 64 bits
    b"\xce\xfa\xed\xfe",  # Mach-O of 32 bits
    b"\xca\xfe\xba\xbe",  # several Mach-O in one
    b"\xca\xfe\xba\xbf",
    b"MZ",  # PE
)
"""How debug files begin. Clients of old uploaded them without a container."""


class Detected(NamedTuple):
    """Symbol data without its container."""

    kind: Kind
    content: bytes
    """The source map, the mapping, the debug file or its bundle."""
    script: bytes = b""
    """The minified script that a source map belongs to."""


def detect(data: bytes, most_bytes: int) -> Detected:
    """The kind and the content. Raises `Bad`."""
    if data.startswith(_DEBUG_FILES):
        return Detected(Kind.DEBUG_FILE, data)
    if not is_container(data):
        raise Bad("the data is no symbol data")
    packed = unpack(data, most_bytes)
    kind = _KINDS[packed.type]
    if kind is Kind.SCRIPT_MAP:
        parts = split_script(packed.payload)
        return Detected(kind, parts.map, parts.script)
    return Detected(kind, packed.payload)
