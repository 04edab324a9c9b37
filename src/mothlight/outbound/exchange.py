"""Requests and their answers, over urllib3."""

import socket
from collections.abc import Mapping

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as HttpTimeout

from mothlight.outbound.client import Answer, HttpClient
from mothlight.outbound.connections import dialed_pool
from mothlight.outbound.deadline import Deadline
from mothlight.outbound.failures import NetworkFailure, OutboundFailure, RedirectFailure, TimedOut, TooLarge
from mothlight.outbound.urls import Url, join_url, read_url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD = frozenset({307, 308})
_READ_AT_ONCE = 65536
_SHOWN = 200


def ask(client: HttpClient, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """As `HttpClient.request`: one exchange after the other until one leads no further."""
    target = read_url(url)
    origin = target.origin
    with Deadline(client.bounds.seconds, client.monotonic) as deadline:
        for _ in range(client.bounds.redirects + 1):
            sent = headers if target.origin == origin else {}
            answer = _Exchange(client, method, target, deadline).run(sent, body)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            target = join_url(target, _as_text(location))
            if answer.status not in _SAME_METHOD and method != "HEAD":
                method, body = "GET", None
    raise RedirectFailure(f"more than {client.bounds.redirects} redirects", str(read_url(url))[:_SHOWN])


class _Exchange:
    """One request and its answer. The body of a redirect is not read."""

    def __init__(self, client: HttpClient, method: str, url: Url, deadline: Deadline) -> None:
        self._client = client
        self._method = method
        self._url = url
        self._deadline = deadline

    def run(self, headers: Mapping[str, str], body: bytes | None) -> Answer:
        url, shown = self._url, str(self._url)[:_SHOWN]
        pool = dialed_pool(url.scheme, url.host.strip("[]"), url.port, self._dial, self._client.tls)
        sent = {"User-Agent": self._client.agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate", **headers}
        try:
            response = pool.urlopen(
                self._method,
                url.target,
                body=body,
                headers=sent,
                retries=False,
                redirect=False,
                timeout=Timeout(connect=self._client.bounds.connect_seconds, read=self._deadline.left()),
                preload_content=False,
                decode_content=False,
            )
            return Answer(str(url), response.status, response.headers, self._read(response))
        except OutboundFailure as problem:
            raise type(problem)(problem.reason, shown) from problem
        except (HTTPError, OSError) as problem:
            if self._deadline.passed or isinstance(problem, TimeoutError | HttpTimeout):
                raise TimedOut("no whole answer in time", shown) from problem
            raise NetworkFailure(_words(problem), shown) from problem
        finally:
            pool.close()

    def _dial(self) -> socket.socket:
        seconds = min(self._client.bounds.connect_seconds, self._deadline.left())
        connection = self._client.guard.connect(self._url.host, self._url.port, seconds)
        self._deadline.watch(connection)
        connection.settimeout(self._deadline.left())
        return connection

    def _read(self, response: BaseHTTPResponse) -> bytes:
        if response.status in _REDIRECTS and "location" in response.headers:
            response.close()
            return b""
        most = self._client.bounds.body_bytes
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.read(_READ_AT_ONCE, decode_content=True):
                size += len(part)
                if size > most:
                    raise TooLarge(f"the response exceeded the {most} byte limit")
                parts.append(part)
        finally:
            response.close()
        if self._deadline.passed:  # a cut connection can look like the end of a body without a length
            raise TimedOut("no whole answer in time")
        return b"".join(parts)


def _as_text(location: str) -> str:
    """Headers are read as Latin-1; what is not ASCII in an address is UTF-8."""
    return location.encode("latin-1", "replace").decode("utf-8", "replace").strip()


def _words(problem: Exception) -> str:
    cause = problem.args[-1] if problem.args and isinstance(problem.args[-1], Exception) else problem
    return f"{type(cause).__name__}: {cause}"[:_SHOWN]
