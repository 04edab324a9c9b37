"""Uploads symbol data in batches: what the server has already is left out, so an upload that broke off goes on."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.server import Server, Slot, Wanted

BATCH = 50
AT_ONCE = 10
MOST_BYTES = 100 * 1024 * 1024
"""Of one file, as the server takes it."""
_OTHER_RELEASE = "release_id_mismatch"


class Upload(NamedTuple):
    """Symbol data that is to be uploaded."""

    chunk_id: str
    name: str
    """For people."""
    make: Callable[[], bytes]
    """Gives the data in its container. Raises `UploadFailed`."""
    release_id: str | None = None


class Rules(NamedTuple):
    """How to upload."""

    force: bool = False
    """Put other content in the place of what the server has."""
    skip: bool = False
    """Leave what the server has."""
    batch: int = BATCH
    at_once: int = AT_ONCE
    without_release: bool = True
    """Where a chunk belongs to another release, upload it without one."""
    dry_run: bool = False


class Done(NamedTuple):
    """What became of one upload."""

    upload: Upload
    size: int
    was_sent: bool
    """False: the server has it already, or it was a dry run."""


Tell = Callable[[Done], None]


class _Packed(NamedTuple):
    upload: Upload
    content: bytes
    content_hash: str


def upload_all(server: Server | None, uploads: Iterable[Upload], rules: Rules, tell: Tell) -> None:
    """Upload everything; `tell` hears of each, from this thread. Without a server nothing is sent (a dry run).

    Raises:
        UploadFailed: one could not be uploaded; those before it are finished.
    """
    waiting = iter(_distinct(uploads))
    with ThreadPoolExecutor(rules.at_once, thread_name_prefix="upload") as threads:
        while batch := list(islice(waiting, rules.batch)):
            packed = list(threads.map(_pack, batch))
            if server is None or rules.dry_run:
                sent: set[str] = set()
            else:
                sent = _upload(server, packed, rules, threads)
            for each in packed:
                tell(Done(each.upload, len(each.content), each.upload.chunk_id in sent))


def _upload(server: Server, packed: Sequence[_Packed], rules: Rules, threads: ThreadPoolExecutor) -> set[str]:
    """Upload one batch; gives the ids of chunks whose files were sent."""
    slots = _start(server, packed, rules)
    needed = [(slots[each.upload.chunk_id], each) for each in packed if each.upload.chunk_id in slots]

    def send(slot: Slot, each: _Packed) -> None:
        try:
            server.send(slot, each.content)
        except UploadFailed as problem:
            raise UploadFailed(f"{each.upload.name} could not be uploaded: {problem}", problem.code) from problem

    for future in [threads.submit(send, slot, each) for slot, each in needed]:
        future.result()
    if needed:
        server.finish({slot.symbol_set_id: each.content_hash for slot, each in needed})
    return {each.upload.chunk_id for _, each in needed}


def _start(server: Server, packed: Sequence[_Packed], rules: Rules) -> dict[str, Slot]:
    wanted = [Wanted(each.upload.chunk_id, each.content_hash, each.upload.release_id) for each in packed]
    try:
        return server.start(wanted, force=rules.force, skip=rules.skip)
    except UploadFailed as problem:
        if problem.code != _OTHER_RELEASE or not rules.without_release:
            raise
    unbound = [Wanted(each.chunk_id, each.content_hash) for each in wanted]
    return server.start(unbound, force=rules.force, skip=rules.skip)


def _pack(upload: Upload) -> _Packed:
    content = upload.make()
    if len(content) > MOST_BYTES:
        raise UploadFailed(f"{upload.name} has {len(content) >> 20} MiB compressed; 100 are the most that is taken")
    return _Packed(upload, content, hashlib.sha512(content).hexdigest())


def _distinct(uploads: Iterable[Upload]) -> Iterable[Upload]:
    """One upload for each id: copies of a script have the same one."""
    seen: set[str] = set()
    for upload in uploads:
        if upload.chunk_id not in seen:
            seen.add(upload.chunk_id)
            yield upload
