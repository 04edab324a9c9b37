"""Everything that can be set: options of the command line and `MOTHLIGHT_…` variables, checked once at the start.

To add one: a field of `Settings`, a line in `read_settings`, a row in the table of settings for operators.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from mothlight.model.errors import Misconfigured

PREFIX = "MOTHLIGHT_"
Network = IPv4Network | IPv6Network
_HOST_NAME = re.compile(r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the program runs with. Built by `read_settings`; tests may build it themselves."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    database_url: str
    events_url: str
    public_url: str | None = None
    """Without a slash at its end. None: the address that a request came to."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose `X-Forwarded-*` headers count."""
    retention_days: int = 90
    """0 keeps all."""
    new_issue_budget: int = 10_000
    """New issues per 10 minutes and project; 0 is no bound."""
    api_rate_limit: bool = False
    """Whether the REST API bounds the requests of each key (api 1.8)."""
    blobs_url: str
    """Where files of symbol sets lie: `file:///folder` or `s3://bucket/prefix?endpoint=…`."""
    symbol_cache_mb: int = 100
    """Of prepared symbol data, in memory."""
    symbol_fetch: bool = True
    symbol_fetch_allow: tuple[str | Network, ...] = ()
    """Host names, with `*.` in front for all below, and networks that may be fetched from although they are private."""

    notify_allow: tuple[str | Network, ...] = ()
    """The same for messages of alerts."""

    @property
    def address(self) -> str:
        """Where people find the server: the public address if there is one, else the local one."""
        return self.public_url or self.local_address

    @property
    def local_address(self) -> str:
        """Where the server answers on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def read_settings(
    *,
    data_dir: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Read what the command line does not carry from the environment. An empty variable counts as absent.

    Raises:
        Misconfigured: a value cannot be used; the text names the variable.
    """
    if not 1 <= port <= 65535:
        raise Misconfigured(f"the port must be 1 to 65535, not {port}")
    directory = data_dir.expanduser().absolute()
    read = _Reader(environment)
    return Settings(
        data_dir=directory,
        host=host,
        port=port,
        database_url=read.url("DATABASE_URL", ("sqlite", "postgresql")) or _below(directory, "sqlite", "mothlight.db"),
        events_url=read.url("EVENTS_URL", ("chdb", "clickhouse", "clickhouses")) or _below(directory, "chdb", "events"),
        blobs_url=read.url("BLOBS_URL", ("file", "s3")) or _below(directory, "file", "blobs"),
        public_url=read.public_url("PUBLIC_URL"),
        trusted_proxies=read.networks("TRUSTED_PROXIES"),
        retention_days=read.count("RETENTION_DAYS", 90),
        new_issue_budget=read.count("NEW_ISSUE_BUDGET", 10_000),
        api_rate_limit=read.switch("API_RATE_LIMIT", default=False),
        symbol_cache_mb=read.count("SYMBOL_CACHE_MB", 100),
        symbol_fetch=read.switch("SYMBOL_FETCH", default=True),
        symbol_fetch_allow=read.hosts("SYMBOL_FETCH_ALLOW"),
        notify_allow=read.hosts("NOTIFY_ALLOW"),
    )


VARIABLES = (
    "DATABASE_URL",
    "EVENTS_URL",
    "BLOBS_URL",
    "PUBLIC_URL",
    "TRUSTED_PROXIES",
    "RETENTION_DAYS",
    "NEW_ISSUE_BUDGET",
    "API_RATE_LIMIT",
    "SYMBOL_CACHE_MB",
    "SYMBOL_FETCH",
    "SYMBOL_FETCH_ALLOW",
    "NOTIFY_ALLOW",
)
"""The variables that are no options of a command."""


def _below(directory: Path, scheme: str, name: str) -> str:
    path = str(directory / name)
    if "?" in path:
        raise Misconfigured(f"the data directory may not have a question mark in its path: {directory}")
    return f"{scheme}:///{path}"


class _Reader:
    """Reads one variable at a time; `name` comes without the prefix."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str) -> str | None:
        return self._environment.get(PREFIX + name, "").strip() or None

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        text = self.text(name)
        if text is None:
            return None
        # A URL may hold a password: it is not repeated in the message.
        scheme, separator, _ = text.partition("://")
        if not separator or scheme not in schemes:
            raise Misconfigured(f"{PREFIX}{name} must start with {' or '.join(f'{each}://' for each in schemes)}")
        if scheme == "sqlite" and (not text.startswith("sqlite:///") or ":memory:" in text or text == "sqlite:///"):
            raise Misconfigured(f"{PREFIX}{name} must name a file, like sqlite:////var/lib/mothlight/mothlight.db")
        return text

    def public_url(self, name: str) -> str | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            parts = urlsplit(text)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.query or parts.fragment or parts.username is not None or " " in text:
            raise Misconfigured(f"{PREFIX}{name} must be like https://errors.example.com, not {text!r}")
        return text.rstrip("/")

    def count(self, name: str, default: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 9:
            raise Misconfigured(f"{PREFIX}{name} must be a whole number from 0 on, not {text!r}")
        return int(text)

    def switch(self, name: str, *, default: bool) -> bool:
        text = self.text(name)
        if text is None:
            return default
        words = {
            "on": True,
            "true": True,
            "yes": True,
            "1": True,
            "off": False,
            "false": False,
            "no": False,
            "0": False,
        }
        if text.lower() not in words:
            raise Misconfigured(f"{PREFIX}{name} must be on or off, not {text!r}")
        return words[text.lower()]

    def networks(self, name: str) -> tuple[Network, ...]:
        return tuple(self._network(name, part) for part in self._parts(name))

    def hosts(self, name: str) -> tuple[str | Network, ...]:
        return tuple(self._host(name, part) for part in self._parts(name))

    def _parts(self, name: str) -> list[str]:
        return [part for part in re.split(r"[,\s]+", self.text(name) or "") if part]

    def _network(self, name: str, text: str) -> Network:
        try:
            return ip_network(text, strict=False)
        except ValueError:
            raise Misconfigured(
                f"{PREFIX}{name} must list addresses or ranges such as 10.0.0.0/8, not {text!r}"
            ) from None

    def _host(self, name: str, text: str) -> str | Network:
        try:
            return ip_network(text, strict=False)
        except ValueError:
            if not _HOST_NAME.fullmatch(text):
                raise Misconfigured(f"{PREFIX}{name} must list hosts or address ranges, not {text!r}") from None
            return text.lower().rstrip(".")
