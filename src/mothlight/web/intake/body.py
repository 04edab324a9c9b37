"""From the bytes of a request to the text of its JSON (ingest 3).

Labels lie: the browser's usual request is gzip called `text/plain`. So the bytes are looked at first, and a label
only decides where the bytes leave a choice.
"""

import base64
import binascii
import re
from urllib.parse import parse_qs, unquote_to_bytes

import msgspec

from mothlight.model.errors import Refused
from mothlight.web.intake.compression import DECOMPRESSORS, GZIP_MAGIC, gunzip, inflate, unzstd
from mothlight.web.intake.limits import Budget
from mothlight.web.intake.lz_string import decompress_base64
from mothlight.web.intake.refusals import empty_body, undecodable, unsupported_encoding

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZLIB_STARTS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_JSON_STARTS = (b"{", b"[")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_LAYERS = 4
"""A form of base64 of gzip has three; what has more is no client."""

_FORM = "application/x-www-form-urlencoded"
_BASE64_NAMES = ("base64", "b64")
_LZ_NAMES = ("lz64", "lz-string")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class Labels(msgspec.Struct):
    """What a request says about its body."""

    content_type: str
    content_encoding: str
    compression: str


def query_fields(query: str) -> dict[str, str]:
    """The first value of each field of a query string; none when it is not one."""
    if not query:
        return {}
    try:
        fields = parse_qs(query, keep_blank_values=True, errors="replace", max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def read_text(body: bytes, query: dict[str, str], content_type: str, content_encoding: str, budget: Budget) -> bytes:
    """The JSON text of a request to a v0 path, as valid UTF-8 without byte order mark.

    Raises a `Refused` 400 when the bytes are broken or there are none, 413 past the budget.
    """
    labels = Labels(content_type, content_encoding.strip().lower(), query.get("compression", "").lower())
    payload = body or query.get("data", "").encode()
    for _ in range(_MOST_LAYERS):
        peeled = _peel(payload, labels, budget)
        if peeled is None:
            break
        payload = peeled
    return valid_utf8(payload)


def read_encoded(body: bytes, content_encoding: str, budget: Budget) -> bytes:
    """The text of a request to a v1 path, where only `Content-Encoding` counts.

    Raises a `Refused` 400, 413 and, for an unknown encoding, 415.
    """
    encoding = content_encoding.strip().lower()
    if not encoding or encoding == "identity":
        return valid_utf8(body)
    decompress = DECOMPRESSORS.get(encoding)
    if decompress is None:
        raise unsupported_encoding()
    if not body:
        raise empty_body()
    return valid_utf8(decompress(body, budget))


def valid_utf8(payload: bytes) -> bytes:
    """The text itself, each invalid sequence replaced by U+FFFD. Raises a `Refused` 400 when there is none."""
    text = payload.removeprefix(_BYTE_ORDER_MARK)
    if not text or text.isspace():
        raise empty_body()
    if text.isascii():
        return text
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode(errors="replace").encode()
    return text


def _peel(payload: bytes, labels: Labels, budget: Budget) -> bytes | None:
    """The payload without its outermost encoding; None when it has none."""
    if payload.startswith(_JSON_STARTS):
        return None
    if payload.startswith(GZIP_MAGIC):
        return gunzip(payload, budget)
    if payload.startswith(_ZSTD_MAGIC):
        return unzstd(payload, budget)
    if payload.startswith(_ZLIB_STARTS):
        return inflate(payload, budget)
    return _peel_text(payload.strip(), labels, budget)


def _peel_text(payload: bytes, labels: Labels, budget: Budget) -> bytes | None:
    if not payload or payload.startswith(_JSON_STARTS):
        return None
    form = _form_data(payload, labels)
    if form is not None:
        budget.decode(len(form))
        return form
    if labels.compression in _LZ_NAMES:
        labels.compression = ""
        return decompress_base64(payload.replace(b" ", b"+"), budget)
    if labels.compression in _BASE64_NAMES or _looks_like_base64(payload):
        labels.compression = ""
        return _unbase64(payload, budget)
    return _decompress_as_labelled(payload, labels, budget)


def _form_data(payload: bytes, labels: Labels) -> bytes | None:
    """The field `data` of a form; None when the payload is no form that has it."""
    if not payload.startswith(b"data=") and not labels.content_type.lower().startswith(_FORM):
        return None
    fields = dict(field.partition(b"=")[::2] for field in payload.split(b"&", 20))
    if b"data" not in fields:
        return None
    if b"compression" in fields:
        labels.compression = fields[b"compression"].decode("latin-1").lower()
    return unquote_to_bytes(fields[b"data"].replace(b"+", b" "))


def _looks_like_base64(payload: bytes) -> bool:
    # A plus sign that went through a form or a query came out as a space.
    return len(payload) % 4 == 0 and _BASE64.fullmatch(payload.replace(b" ", b"+")) is not None


def _unbase64(payload: bytes, budget: Budget) -> bytes:
    letters = payload.replace(b" ", b"+").translate(_URL_SAFE, b"\r\n\t")
    try:
        decoded = base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except binascii.Error as error:
        raise undecodable("The body is not base64.") from error
    budget.decode(len(decoded))
    return decoded


def _decompress_as_labelled(payload: bytes, labels: Labels, budget: Budget) -> bytes | None:
    """Try an encoding that cannot be seen in the bytes. A label that turns out wrong is no reason to refuse."""
    decompress = DECOMPRESSORS.get(labels.content_encoding)
    if decompress is None:
        return None
    labels.content_encoding = ""
    try:
        return decompress(payload, budget)
    except Refused as refusal:
        if refusal.status == 413:
            raise
        return None
