"""What scripts say in their comments (pipeline 9.5)."""

import base64

import pytest

from mothlight.symbols.scripts import BadDataUrl, find_chunk_id, find_map_url, read_data_url
from tests.support.symbols import GOLDEN

MAP = b'{"version":3,"names":["\xc3\xbc"]}'
BASE64 = base64.b64encode(MAP).decode()


@pytest.mark.parametrize(
    ("script", "chunk_id"),
    [
        ("f()\n//# chunkId=abc", "abc"),
        ("f()\r\n  //@ chunkId=abc  \r\n", "abc"),
        ("//# chunkId=old\n//# chunkId=new\n\n", "new"),
        ("//# chunkId=abc" + "\n//" * 31, "abc"),
        ("//# chunkId=abc" + "\n//" * 32, None),
        ("f() //# chunkId=abc", None),
        ("//# chunkId=", None),
        ("", None),
    ],
)
def test_the_chunk_id_stands_in_a_line_of_its_own_near_the_end(script, chunk_id):
    assert find_chunk_id(script) == chunk_id


@pytest.mark.parametrize(
    ("script", "url"),
    [
        ("f()\n//# sourceMappingURL=a.js.map", "a.js.map"),
        ("//# sourceMappingURL=a\n//# sourceMappingURL=b\nf()\n", "b"),
        ("//# sourceMappingURL=/maps/a.map \r\n", "/maps/a.map"),
        ("f() //# sourceMappingURL=a.js.map", None),
        ("//# sourceMappingURL=", None),
        ("", None),
    ],
)
def test_the_last_comment_names_the_map(script, url):
    assert find_map_url(script) == url


def test_the_built_files_name_theirs():
    web = GOLDEN / "web"

    assert (
        find_chunk_id((web / "injected" / "coupon-DcprTADS.js").read_text()) == "a4bd5ba4-7963-5807-a633-2e7466127c84"
    )
    assert find_map_url((web / "plain" / "coupon-Db_YrTbv.js").read_text()) == "coupon-Db_YrTbv.js.map"


@pytest.mark.parametrize(
    "url",
    [
        f"data:application/json;base64,{BASE64}",
        f"data:application/json;charset=utf-8;base64,{BASE64}",
        f"data:application/json;charset=UTF-8;base64,{BASE64.replace('=', '%3D')}",
        "data:application/json,%7B%22version%22%3A3%2C%22names%22%3A%5B%22%C3%BC%22%5D%7D",
    ],
)
def test_a_map_may_stand_in_its_address(url):
    assert read_data_url(url, 1_000) == MAP


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("data:application/json;base64", "no comma"),
        (f"data:text/plain;base64,{BASE64}", "of type text/plain"),
        (f"data:;base64,{BASE64}", "of type text/plain"),
        (f"data:application/json;charset=latin1;base64,{BASE64}", "charset=latin1 is not supported"),
        (f"data:application/json;gzip,{BASE64}", "gzip is not supported"),
        ("data:application/json;base64,a$b", "is no base64"),
        ("data:application/json;base64," + "A" * 2_000, "larger than 1000 bytes"),
    ],
)
def test_other_addresses_hold_none(url, why):
    with pytest.raises(BadDataUrl, match=why):
        read_data_url(url, 1_000)
