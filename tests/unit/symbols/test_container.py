"""The form of stored symbol data (pipeline 9.4)."""

import struct

import pytest
import zstandard

from mothlight.symbols.container import Bad, DataType, is_container, pack, pack_script, split_script, unpack
from tests.support.symbols import GOLDEN

MOST = 1 << 20
MAGIC = b"posthog_error_tracking"
MAP = b'{"version":3}'
BUILT = {
    "747228ad-3010-5b2d-a578-fb98da6eca3e": "index-C_e0tDNE.js",
    "a4bd5ba4-7963-5807-a633-2e7466127c84": "coupon-DcprTADS.js",
}


def container(version=2, type_=4, rest=b"\0text"):
    return MAGIC + struct.pack("<II", version, type_) + rest


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.parametrize("version", ["v1-plain", "v2-zstd"])
def test_both_versions_hold_the_built_files(name, version):
    folder = GOLDEN / "web"

    packed = unpack((folder / "symbol-sets" / f"{name}.{version}.bin").read_bytes(), MOST)

    assert packed.type is DataType.SCRIPT_AND_MAP
    assert split_script(packed.payload).script == (folder / "injected" / BUILT[name]).read_bytes()


@pytest.mark.parametrize("type_", list(DataType))
def test_what_was_packed_is_unpacked(type_):
    assert unpack(pack(type_, b"payload"), MOST) == (type_, b"payload")


def test_a_packed_script_comes_back_with_its_map():
    data = pack_script("f('ü')".encode(), MAP)

    assert is_container(data)
    assert split_script(unpack(data, MOST).payload) == ("f('ü')".encode(), MAP)


def test_the_compressed_payload_may_have_several_frames():
    frames = b"".join(zstandard.compress(part) for part in (b"a" * 3_000_000, b"", b"b"))

    assert unpack(container(rest=b"\1" + frames), 4_000_000).payload == b"a" * 3_000_000 + b"b"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "ends within its header"),
        (MAGIC, "ends within its header"),
        (b"x" * 40, "is no symbol data"),
        (container(version=3), "version 3"),
        (container(type_=1), "type 1"),
        (container(type_=7), "type 7"),
        (container(rest=b""), "ends within its header"),
        (container(rest=b"\2text"), "compression 2"),
        (container(rest=b"\1text"), "is damaged"),
        (container(rest=b"\1" + zstandard.compress(b"text")[:-1]), "is cut off"),
        (container(rest=b"\1" + zstandard.compress(b"text") + b"more"), "is damaged"),
        (container(rest=b"\1" + zstandard.compress(bytes(MOST + 1))), "larger than 1 MiB"),
        (container(version=1, rest=bytes(MOST + 1)), "larger than 1 MiB"),
        (container(rest=b"\1" + zstandard.compress(bytes(MOST)) * 2), "larger than 1 MiB"),
    ],
)
def test_damage_is_said_in_words(data, why):
    with pytest.raises(Bad, match=why):
        unpack(data, MOST)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "before the length of the script"),
        (struct.pack("<Q", 5) + b"abc", "within the script: 5 bytes announced, 3 there"),
        (struct.pack("<Q", 2**64 - 1) + b"abc", "within the script"),
        (struct.pack("<Q", 1) + b"abc", "before the length of the source map"),
        (struct.pack("<QBQ", 1, 65, 9), "within the source map"),
        (b"\1\0\0\0\0\0\0\0A\0\0\0\0\0\0\0\0B", "1 bytes follow"),
    ],
)
def test_a_script_and_its_map_fill_the_payload_exactly(payload, why):
    with pytest.raises(Bad, match=why):
        split_script(payload)
