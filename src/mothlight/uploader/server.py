"""The calls of the API that an upload needs (ingest.md 18). May be used by several threads."""

import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from mothlight.uploader.failures import UploadFailed

TRIES = 3
PAUSE_SECONDS = 0.5
"""Before the second attempt; twice as long before each further one."""
CONNECTIONS = 16
TIMEOUT = urllib3.Timeout(connect=10, read=120)
NOT_FOUND = 404
_SHOWN = 300

T = TypeVar("T")


class Target(NamedTuple):
    """Where to upload to, and as whom."""

    host: str
    key: str
    project: str
    verify: bool = True
    """Whether certificates are checked."""


class Wanted(msgspec.Struct, frozen=True):
    """A chunk that is about to be uploaded."""

    chunk_id: str
    content_hash: str
    release_id: str | None = None


class Form(msgspec.Struct, frozen=True):
    """A form that takes one file."""

    url: str
    fields: dict[str, str]


class Slot(msgspec.Struct, frozen=True):
    """Where a chunk's file goes."""

    symbol_set_id: str
    presigned_url: Form


class _Slots(msgspec.Struct):
    id_map: dict[str, Slot]


class _Release(msgspec.Struct):
    id: str


class _Problem(msgspec.Struct):
    detail: str = ""
    code: str = ""


class Server:
    """One project of a server."""

    def __init__(self, target: Target, sleep: Callable[[float], None] = time.sleep) -> None:
        self._target = target
        self._sleep = sleep
        self._base = f"{target.host.rstrip('/')}/api/projects/{quote(target.project, safe='')}/error_tracking"
        self._pool = _pool(target)

    def find_release(self, hash_id: str) -> str | None:
        """The id of the release with that hash, or None."""
        answer = self._call("GET", f"/releases/hash/{quote(hash_id, safe='')}/", missing_is_fine=True)
        return None if answer is None else _read(answer, _Release).id

    def add_release(self, hash_id: str, project: str, version: str, metadata: Mapping[str, Any]) -> str:
        """Make a release; gives its id. Raises `UploadFailed`, where the hash is taken too."""
        body = {"hash_id": hash_id, "project": project, "version": version, "metadata": metadata or None}
        return _read(self._call("POST", "/releases/", body), _Release).id

    def start(self, wanted: Sequence[Wanted], *, force: bool, skip: bool) -> dict[str, Slot]:
        """Ask which chunks are needed; those that the server has already are absent."""
        body = {"symbol_sets": wanted, "force": force, "skip_on_conflict": skip}
        return _read(self._call("POST", "/symbol_sets/bulk_start_upload/", body), _Slots).id_map

    def send(self, slot: Slot, content: bytes) -> None:
        """Upload a chunk's file."""
        form = slot.presigned_url
        fields: dict[str, Any] = {**form.fields, "file": ("file", content, "application/octet-stream")}
        body, kind = urllib3.encode_multipart_formdata(fields)
        self._ask("POST", form.url, body, {"Content-Type": kind})

    def finish(self, content_hashes: Mapping[str, str]) -> None:
        """Say that the files are there. `content_hashes`: by the id of the symbol set."""
        self._call("POST", "/symbol_sets/bulk_finish_upload/", {"content_hashes": content_hashes})

    def _call(self, method: str, path: str, body: object = None, *, missing_is_fine: bool = False) -> bytes | None:
        headers = {"Authorization": f"Bearer {self._target.key}", "Content-Type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        return self._ask(method, self._base + path, content, headers, missing_is_fine=missing_is_fine)

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        missing_is_fine: bool = False,
    ) -> bytes | None:
        """The body of a good answer; None for a 404 that is fine. Tries again where that can help."""
        pause = PAUSE_SECONDS
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._pool.request(
                    method, url, body=body, headers={"User-Agent": "posthog-cli", **headers}, retries=False
                )
            except HTTPError as problem:
                failure = UploadFailed(f"{self._place(url)} cannot be reached: {_words(problem)}")
            else:
                if answer.status < 300:
                    return answer.data
                if answer.status == NOT_FOUND and missing_is_fine:
                    return None
                failure = self._refusal(url, answer.status, answer.data)
                if answer.status < 500 and answer.status != 429:
                    raise failure
            if attempt < TRIES:
                self._sleep(pause)
                pause *= 2
        raise failure

    def _refusal(self, url: str, status: int, body: bytes) -> UploadFailed:
        try:
            problem = msgspec.json.decode(body, type=_Problem)
        except msgspec.DecodeError:
            problem = _Problem(body[:_SHOWN].decode("utf-8", "replace"))
        return UploadFailed(f"{self._place(url)} answered {status}: {problem.detail or 'no reason'}", problem.code)

    def _place(self, url: str) -> str:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}"


def _pool(target: Target) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": CONNECTIONS, "timeout": TIMEOUT}
    if not target.verify:
        options["cert_reqs"] = "CERT_NONE"
    parts = urlsplit(target.host)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy, **options)
    return urllib3.PoolManager(**options)


def _read(answer: bytes | None, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(answer or b"", type=type_)
    except msgspec.DecodeError as problem:
        raise UploadFailed(f"the server answered something else than expected: {problem}") from problem


def _words(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"[:_SHOWN]
