"""From bytes to JSON text (ingest 3)."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import brotli
import pytest
import zstandard

from mothlight.model.errors import Refused, Unavailable
from mothlight.web.intake.body import query_fields, read_encoded, read_text
from mothlight.web.intake.limits import MEBIBYTE, Budget, InFlight

TEXT = json.dumps({"event": "$exception", "q": "a+b/c ü?>" * 20}).encode()
FORM = "application/x-www-form-urlencoded"


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


def form(data: bytes, encode: Callable[[bytes], str] = quote_plus) -> bytes:
    return b"data=" + encode(data).encode()


def text_of(body: bytes, query: str = "", content_type: str = "", content_encoding: str = "", limit: int = MEBIBYTE):
    return read_text(body, query_fields(query), content_type, content_encoding, Budget(limit))


@pytest.mark.parametrize(
    ("body", "query", "content_type", "content_encoding"),
    [
        pytest.param(TEXT, "", "application/json", "", id="plain"),
        pytest.param(TEXT, "", FORM, "", id="plain JSON labelled as a form"),
        pytest.param(TEXT, "compression=gzip-js", "text/plain", "gzip", id="plain JSON labelled as gzip"),
        pytest.param(b"\xef\xbb\xbf" + TEXT, "", "", "", id="byte order mark"),
        pytest.param(gzip.compress(TEXT), "", "text/plain", "", id="browser: gzip called text/plain"),
        pytest.param(gzip.compress(TEXT), "compression=gzip-js", "", "", id="old browser"),
        pytest.param(gzip.compress(TEXT), "compression=gzip", "application/json", "gzip", id="go: labelled twice"),
        pytest.param(gzip.compress(TEXT), "compression=base64", "", "", id="gzip labelled as base64"),
        pytest.param(gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]), "", "", "", id="gzip of two members"),
        pytest.param(gzip.compress(TEXT) + b"\0\0\0", "", "", "", id="gzip with padding after it"),
        pytest.param(b64(TEXT), "", "", "", id="base64 without label"),
        pytest.param(b64(TEXT).rstrip(b"="), "compression=base64", "", "", id="base64 without padding"),
        pytest.param(base64.urlsafe_b64encode(TEXT), "", "", "", id="base64 of the URL-safe alphabet"),
        pytest.param(b64(gzip.compress(TEXT)), "compression=b64", "", "", id="base64 of gzip"),
        pytest.param(gzip.compress(b64(TEXT)), "", "", "gzip", id="gzip of base64"),
        pytest.param(form(b64(TEXT)), "compression=base64", FORM, "", id="browser beacon: form of base64"),
        pytest.param(b"data=" + b64(TEXT), "", FORM, "", id="form of base64 with bare plus signs"),
        pytest.param(form(b64(gzip.compress(TEXT))), "", FORM, "", id="form of base64 of gzip"),
        pytest.param(form(TEXT), "", FORM, "", id="form of JSON"),
        pytest.param(form(TEXT, quote), "", FORM + "; charset=UTF-8", "", id="form of JSON, spaces as %20"),
        pytest.param(form(b64(TEXT)) + b"&compression=base64&x=1", "", FORM, "", id="form with compression field"),
        pytest.param(b"x=1&" + form(b64(TEXT)), "", FORM, "", id="form with data in second place"),
        pytest.param(form(TEXT), "", "text/plain", "", id="form called text/plain"),
        pytest.param(b"", "data=" + quote_plus(TEXT), "", "", id="GET"),
        pytest.param(b"", "data=" + quote_plus(b64(TEXT)), "", "", id="GET with base64"),
        pytest.param(b"", "data=" + b64(TEXT).decode(), "", "", id="GET with base64, plus signs bare"),
        pytest.param(zlib.compress(TEXT), "", "", "deflate", id="deflate"),
        pytest.param(brotli.compress(TEXT), "", "", "br", id="brotli"),
        pytest.param(zstandard.compress(TEXT), "", "", "zstd", id="zstd"),
        pytest.param(zstandard.compress(TEXT), "", "", "", id="zstd without label"),
    ],
)
def test_every_encoding_gives_the_text(body, query, content_type, content_encoding):
    assert text_of(body, query, content_type, content_encoding).strip() == TEXT


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"", ""),
        (b"   ", ""),
        (b"", "data="),
        (gzip.compress(TEXT)[:-9], ""),
        (b"\x1f\x8b\x08 no gzip at all", ""),
        (b"****", "compression=base64"),
        (b"N4Ig*", "compression=lz64"),
        (b"\x78\x9c no zlib", ""),
        (b"\x28\xb5\x2f\xfd no zstd", ""),
    ],
)
def test_broken_or_missing_bytes_are_refused(body, query):
    with pytest.raises(Refused) as refusal:
        text_of(body, query)

    assert refusal.value.status == 400


def test_bytes_that_are_no_utf8_are_replaced():
    assert text_of(b'{"a":"\xff\xed\xa0\x80"}').decode() == '{"a":"\ufffd\ufffd\ufffd\ufffd"}'


BOMB = b'{"a":"' + b"0" * (3 * MEBIBYTE) + b'"}'


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(BOMB), ""),
        (zlib.compress(BOMB), ""),
        (brotli.compress(BOMB, quality=3), "br"),
        (zstandard.compress(BOMB), ""),
        (b64(BOMB), ""),
        (form(BOMB), ""),
    ],
)
def test_decoding_stops_at_the_limit(body, encoding):
    budget = Budget(MEBIBYTE)

    with pytest.raises(Refused) as refusal:
        read_text(body, {}, "", encoding, budget)
    assert refusal.value.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_decompression_never_gives_much_more_than_the_limit(encoding):
    compress = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}
    in_flight = InFlight(10 * MEBIBYTE)

    with pytest.raises(Refused):
        read_encoded(compress[encoding](BOMB), encoding, Budget(MEBIBYTE, in_flight))
    assert in_flight.held <= MEBIBYTE


def test_all_layers_count_together():
    padded = TEXT + b" " * 400_000
    layered = b64(gzip.compress(b64(padded)))
    innermost, gunzipped = len(padded), len(b64(padded))

    with pytest.raises(Refused) as refusal:
        text_of(layered, limit=innermost + gunzipped)
    assert refusal.value.status == 413
    assert text_of(layered, limit=innermost + gunzipped + len(gzip.compress(b64(padded)))).strip() == TEXT


def test_all_requests_together_hold_no_more_than_the_bound():
    in_flight = InFlight(MEBIBYTE)
    first = Budget(MEBIBYTE, in_flight)
    read_text(gzip.compress(b"[" + b" " * 700_000), {}, "", "", first)

    with pytest.raises(Unavailable):
        read_text(gzip.compress(b"[" + b" " * 700_000), {}, "", "", Budget(MEBIBYTE, in_flight))
    first.release()
    assert in_flight.held < MEBIBYTE


@pytest.mark.parametrize(
    ("compress", "encoding"),
    [
        (bytes, ""),
        (bytes, "identity"),
        (gzip.compress, "gzip"),
        (gzip.compress, "GZIP "),
        (zlib.compress, "deflate"),
        (brotli.compress, "br"),
        (zstandard.compress, "zstd"),
    ],
)
def test_the_encodings_of_v1(compress, encoding):
    assert read_encoded(compress(TEXT), encoding, Budget()) == TEXT


def test_v1_refuses_an_unknown_encoding():
    with pytest.raises(Refused) as refusal:
        read_encoded(TEXT, "lzma", Budget())

    assert (refusal.value.status, refusal.value.code) == (415, "unsupported_encoding")


def test_v1_believes_the_label():
    with pytest.raises(Refused) as refusal:
        read_encoded(TEXT, "gzip", Budget())

    assert (refusal.value.status, refusal.value.code) == (400, "request_decoding_error")


@pytest.mark.parametrize("query", ["a=%zz&b", "&".join("x=1" for _ in range(200)), "=&=;"])
def test_odd_queries_are_no_error(query):
    assert isinstance(query_fields(query), dict)


def test_the_members_of_a_gzip_body_are_bounded():
    empty = gzip.compress(b"", mtime=0)

    assert read_text(empty * 98 + gzip.compress(TEXT), {}, "", "", Budget()) == TEXT
    with pytest.raises(Refused) as refusal:
        read_text(empty * 50_000, {}, "", "", Budget())
    assert refusal.value.status == 400
