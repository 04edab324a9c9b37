"""Connections of urllib3 that are made by a function of ours: no name is looked up behind its back."""

import http.client
import socket
import ssl
from collections.abc import Callable
from io import BufferedReader
from typing import Any, cast

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

Dial = Callable[[], socket.socket]

MOST_HEAD_BYTES = 64 * 1024
"""Of the status line and headers of one answer. The standard library counts lines, and others raise its bound."""


class _Head:
    """What an answer's head is read from: no more than `MOST_HEAD_BYTES`."""

    def __init__(self, whole: BufferedReader) -> None:
        self._whole = whole
        self._left = MOST_HEAD_BYTES

    def readline(self, most: int) -> bytes:
        line = self._whole.readline(most)
        self._left -= len(line)
        if self._left < 0:
            raise http.client.HTTPException(f"more than {MOST_HEAD_BYTES} bytes of headers")
        return line

    def close(self) -> None:
        self._whole.close()


class _Response(http.client.HTTPResponse):
    def begin(self) -> None:
        whole = self.fp
        head = cast("BufferedReader", _Head(whole))
        self.fp = head
        try:
            super().begin()
        finally:
            if self.fp is head:
                self.fp = whole


class _DialedConnection(HTTPConnection):
    response_class = _Response

    def __init__(self, *arguments: Any, dial: Dial, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._dial = dial

    def _new_conn(self) -> socket.socket:
        return self._dial()


class _DialedTlsConnection(HTTPSConnection):
    response_class = _Response

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
