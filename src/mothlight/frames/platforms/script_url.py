"""Addresses of scripts as JavaScript frames name them (pipeline 1.4, 9.2)."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

ANONYMOUS = "<anonymous>"

_EXTENSIONS = ("webkit-masked-url://", "chrome-extension://", "moz-extension://")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORBIDDEN_IN_HOST = frozenset(' <>^|%"{}\\`')
_KEPT_IN_PATH = "/:@!$&'()*+,;=~%[]|^\\"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?{}`"
_POSITIONS = 2
_REMEMBERED = 4_096


class ScriptUrl(NamedTuple):
    """A script's address without the position that some browsers add."""

    text: str
    path: str


@lru_cache(maxsize=_REMEMBERED)
def read_script_url(filename: str | None) -> ScriptUrl | None:
    """The cleaned URL, or None if the frame names no script that http could fetch."""
    if filename is None or not filename.startswith(("http://", "https://")):
        return None
    try:
        return _read(_without_position(filename))
    except ValueError:
        return None


def is_of_extension(filename: str | None) -> bool:
    """Whether the script belongs to a browser extension, or hides behind Safari's mask for them."""
    return filename is not None and filename.startswith(_EXTENSIONS)


def _without_position(url: str) -> str:
    before, slash, last = url.rpartition("/")
    parts = last.split(":")
    return before + slash + ":".join(parts[: max(1, len(parts) - _POSITIONS)])


def _read(url: str) -> ScriptUrl | None:
    parts = urlsplit(url)
    host = parts.hostname
    if not host or not _FORBIDDEN_IN_HOST.isdisjoint(host):
        return None
    host = f"[{host}]" if ":" in host else host
    user = parts.netloc.rpartition("@")[0]
    # The port property raises ValueError for what is no port.
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    path = quote(parts.path, safe=_KEPT_IN_PATH) or "/"
    query = f"?{quote(parts.query, safe=_KEPT_IN_QUERY)}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=_KEPT_IN_QUERY)}" if parts.fragment else ""
    return ScriptUrl(f"{parts.scheme}://{user and user + '@'}{host}{port}{path}{query}{fragment}", path)
