"""What the comments at the end of a script say (pipeline 9.5)."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

_CHUNK_COMMENTS = ("//# chunkId=", "//@ chunkId=")
_MAP_COMMENT = "//# sourceMappingURL="
_LAST_LINES = 32
_JSON = "application/json"
_UTF8 = ("utf-8", "utf8")


class BadDataUrl(ValueError):
    """A `data:` address that holds no source map; the text says why."""


def find_chunk_id(script: str) -> str | None:
    """The chunk id that a build tool wrote into one of the last lines."""
    for line in reversed(script.rstrip().split("\n")[-_LAST_LINES:]):
        text = line.strip()
        for comment in _CHUNK_COMMENTS:
            if text.startswith(comment):
                return text.removeprefix(comment).strip() or None
    return None


def find_map_url(script: str) -> str | None:
    """What the last `sourceMappingURL` comment names: an address, a path or a `data:` address."""
    start = script.rfind("\n" + _MAP_COMMENT) + 1
    if start == 0 and not script.startswith(_MAP_COMMENT):
        return None
    end = script.find("\n", start)
    line = script[start:] if end < 0 else script[start:end]
    return line.removeprefix(_MAP_COMMENT).strip() or None


def read_data_url(url: str, most_bytes: int) -> bytes:
    """The source map inside a `data:` address, as UTF-8. Raises `BadDataUrl`."""
    head, comma, data = url.removeprefix("data:").partition(",")
    if not comma:
        raise BadDataUrl("It has no comma before its data")
    mime, *parameters = (part.strip().lower() for part in head.split(";"))
    if not mime.startswith(_JSON):
        raise BadDataUrl(f"It is of type {mime[:100] or 'text/plain'}, not {_JSON}")
    if len(data) // 4 * 3 > most_bytes:
        raise BadDataUrl(f"It is larger than {most_bytes} bytes")
    is_base64 = False
    for parameter in parameters:
        if parameter == "base64":
            is_base64 = True
        elif not parameter.startswith("charset=") or parameter.removeprefix("charset=") not in _UTF8:
            raise BadDataUrl(f"{parameter[:100]} is not supported")
    return _decode_base64(data) if is_base64 else unquote_to_bytes(data)


def _decode_base64(data: str) -> bytes:
    try:
        return base64.b64decode(unquote_to_bytes(data), validate=True)
    except binascii.Error as error:
        raise BadDataUrl(f"It is no base64: {error}") from error
