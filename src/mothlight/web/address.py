"""The address that clients see, for absolute links: the setting, else what the request says (surface.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import Request

HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


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

    def _trusts(self, request: Request) -> bool:
        try:
            peer = ip_address(request.client.host) if request.client else None
        except ValueError:
            return False
        return peer is not None and any(peer in network for network in self.trusted_proxies)


def _first(header: str | None) -> str:
    """The value that the proxy nearest to the client wrote."""
    return (header or "").split(",")[0].strip()


def _listening(request: Request) -> str:
    host, port = request.scope.get("server") or ("localhost", None)
    return f"{host}:{port}" if port else str(host)
