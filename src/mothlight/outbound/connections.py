"""Connections of urllib3 that are made by a function of ours: no name is looked up behind its back."""

import socket
import ssl
from collections.abc import Callable
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

Dial = Callable[[], socket.socket]


class _DialedConnection(HTTPConnection):
    def __init__(self, *arguments: Any, dial: Dial, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._dial = dial

    def _new_conn(self) -> socket.socket:
        return self._dial()


class _DialedTlsConnection(HTTPSConnection):
    def __init__(self, *arguments: Any, dial: Dial, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._dial = dial

    def _new_conn(self) -> socket.socket:
        return self._dial()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _DialedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _DialedTlsConnection


def dialed_pool(scheme: str, host: str, port: int, dial: Dial, tls: ssl.SSLContext) -> HTTPConnectionPool:
    """A pool for one request, over the connection that `dial` makes.

    `host`: what a certificate must be for, and what stands in the header.
    """
    if scheme == "https":
        return _TlsPool(host, port, maxsize=1, ssl_context=tls, dial=dial)
    return _Pool(host, port, maxsize=1, dial=dial)
