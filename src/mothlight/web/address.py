"""The address that clients see, for absolute links: the setting, else what the request says (surface.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Where this server is reached from outside."""

    configured: str | None = None
    """`MOTHLIGHT_PUBLIC_URL`; may hold a path."""
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()
    """Peers whose `X-Forwarded-Proto` and `X-Forwarded-Host` are believed."""

    def of(self, request: Request) -> str:
        """Scheme and host without a slash at the end: `https://errors.example.com`."""
        if self.configured:
            return self.configured.rstrip("/")
        scheme = request.scope.get("scheme", "http")
        host = request.headers.get("host", "")
        if self._trusts(request):
            scheme = _first(request.headers.get("x-forwarded-proto")) or scheme
            host = _first(request.headers.get("x-forwarded-host")) or host
        scheme = scheme if scheme in ("http", "https") else "http"
        return f"{scheme}://{host if HOST.fullmatch(host) else _listening(request)}"

    def prefix(self, request: Request) -> str:
        """The path below which everything is, for clients; mostly nothing."""
        return urlsplit(self.of(request)).path

    def is_origin(self, request: Request, origin: str) -> bool:
        """Whether an `Origin` header names this server. Without the setting only the host is known for sure."""
        ours, theirs = _origin(self.of(request)), _origin(origin)
        if ours is None or theirs is None:
            return False
        return ours == theirs if self.configured else ours[1:] == theirs[1:]

    def client_of(self, request: Request) -> str:
        """The address of who asks: the peer, or whom trusted proxies name. Empty when it is not known."""
        peer = request.client.host if request.client else ""
        if not self._trusts(request):
            return peer
        named = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
        return next((address for address in reversed(named) if not self._is_trusted(address)), peer)

    def _trusts(self, request: Request) -> bool:
        return request.client is not None and self._is_trusted(request.client.host)

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.trusted_proxies)


def _origin(address: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; no port where it is the scheme's own. None for what is no such address."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host:
        return None
    return parts.scheme, host, None if port == DEFAULT_PORTS[parts.scheme] else port


def _first(header: str | None) -> str:
    """The value that the proxy nearest to the client wrote."""
    return (header or "").split(",")[0].strip()


def _listening(request: Request) -> str:
    host, port = request.scope.get("server") or ("localhost", None)
    return f"{host}:{port}" if port else str(host)
