"""Exceptions of Flutter on the web (pipeline 10.9)."""

import pytest

from mothlight.symbols.container import pack_script
from mothlight.symbols.exceptions import TypeName, resolve_type
from mothlight.symbols.failures import Failure, FailureCode
from mothlight.symbols.look_ups import Reference
from tests.support.source_maps import source_map
from tests.support.symbols import CHUNK_ID, read, symbol_data

FRAME = {"platform": "web:javascript", "filename": "https://a.b/main.dart.js", "function": "f", "lineno": 1, "colno": 1}
FRAMES = [FRAME, {**FRAME, "chunk_id": "c"}]
REFERENCE = Reference(CHUNK_ID, "c")
NAMES = {"names": ["main", "PaymentError", "CartError"]}


def data(table):
    extension = {} if table is None else {"x_org_dartlang_dart2js": table}
    return symbol_data(pack_script(b"", source_map([[(0, 0, 0, 0)]], sources=["a.dart"], **NAMES, **extension)))


TABLE = {"minified_names": {"global": "a3,1,b4,2,c5,99,d6,x,e7"}}


@pytest.mark.parametrize(
    ("sent", "table", "expected"),
    [
        ("minified:a3", TABLE, "PaymentError"),
        ("minified:b4", TABLE, "CartError"),
        ("minified:c5", TABLE, "minified:c5"),  # beyond the names
        ("minified:d6", TABLE, "minified:d6"),  # no number
        ("minified:e7", TABLE, "minified:e7"),  # no number at all
        ("minified:zz", TABLE, "minified:zz"),
        ("a3", TABLE, "a3"),
        ("minified:a3", None, "minified:a3"),
        ("minified:a3", {}, "minified:a3"),
        ("minified:a3", {"minified_names": {"global": 5}}, "minified:a3"),
        ("minified:a3", 5, "minified:a3"),
    ],
)
def test_minified_types_get_their_name_back(symbol_reader, sent, table, expected):
    trace = read(*FRAMES).traces[0]

    resolved = resolve_type(TypeName(sent, "m"), trace, {REFERENCE: data(table)}, symbol_reader)

    assert resolved == (expected, "m")


@pytest.mark.parametrize(
    "found", [{}, {REFERENCE: Failure(FailureCode.NETWORK_ERROR, "away")}, {REFERENCE: symbol_data(b"junk")}]
)
def test_without_a_map_the_name_stays(symbol_reader, found):
    trace = read(*FRAMES).traces[0]

    assert resolve_type(TypeName("minified:a3", None), trace, found, symbol_reader) == ("minified:a3", None)
    assert (
        resolve_type(TypeName("minified:a3", None), read(FRAME).traces[0], found, symbol_reader).type == "minified:a3"
    )
