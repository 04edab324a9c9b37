"""Reads a URL once, so that what is checked and what is asked cannot differ."""

import re
from typing import NamedTuple
from urllib.parse import urljoin

import idna
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from mothlight.outbound.failures import InvalidUrl

MOST_CHARACTERS = 8192
DEFAULT_PORTS = {"http": 80, "https": 443}

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_SHOWN = 300


class Url(NamedTuple):
    """A URL that may be asked, taken apart."""

    scheme: str
    host: str
    """As a name of letters, digits and hyphens, or an address; one of version 6 in brackets."""
    port: int
    target: str
    """Path and query, encoded."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What requests share that may share secrets."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.target}"


def read_url(text: str) -> Url:
    """Take apart a URL of http or https.

    Raises:
        InvalidUrl: it is none, or has user information in it.
    """
    if len(text) > MOST_CHARACTERS:
        raise InvalidUrl(f"longer than {MOST_CHARACTERS} characters", text[:_SHOWN] + "…")
    if _FORBIDDEN.search(text):
        raise InvalidUrl("has characters that may not be in a URL", repr(text[:_SHOWN]))
    scheme, separator, rest = text.partition("://")
    if scheme.lower() not in DEFAULT_PORTS or not separator:
        raise InvalidUrl("neither http nor https", text[:_SHOWN])
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise InvalidUrl("has user information", f"{scheme.lower()}://…@{authority.rpartition('@')[2][:_SHOWN]}")
    try:
        # The name first: what looks like a digit, a dot or a letter becomes one.
        parts = parse_url(f"{scheme}://{_in_ascii(authority)}{rest[len(authority) :]}")
    except (LocationParseError, UnicodeError) as problem:
        raise InvalidUrl("no URL", text[:_SHOWN]) from problem
    if not parts.host or parts.scheme is None or parts.auth is not None or "%" in parts.host:
        raise InvalidUrl("names no host", text[:_SHOWN])
    port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    return Url(parts.scheme, parts.host.removesuffix("."), port, parts.request_uri)


def join_url(base: Url, location: str) -> Url:
    """The URL that a `Location` means. Raises `InvalidUrl`."""
    try:
        return read_url(urljoin(str(base), location))
    except ValueError as problem:
        raise InvalidUrl("no URL", repr(location[:_SHOWN])) from problem


def _in_ascii(authority: str) -> str:
    if authority.isascii():
        return authority
    host, colon, port = authority.partition(":")
    return idna.encode(host, uts46=True).decode("ascii") + colon + port
