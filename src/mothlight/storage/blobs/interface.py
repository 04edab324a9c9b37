"""What a store of blobs can do. Keys are `folder/name` of letters, digits, `-` and `_`."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

import msgspec

from mothlight.storage.blobs.links import Links


class UploadForm(msgspec.Struct, frozen=True):
    """Where and how one blob is uploaded: a form with these fields, and the content as its last part, `file`."""

    url: str
    fields: dict[str, str]


class Blobs(Protocol):
    """A store of blobs; may be used by several threads. Each method raises `Unavailable` when the store is away."""

    def write(self, key: str, content: IO[bytes]) -> None:
        """Store the content from its present position on, all or nothing; replaces what the key had."""

    def read(self, key: str) -> bytes | None:
        """The content; None when there is no such blob."""

    def size(self, key: str) -> int | None:
        """Bytes of the content; None when there is no such blob."""

    def delete(self, key: str) -> None:
        """Remove the blob, if there is one."""

    def keys_before(self, moment: datetime) -> Iterator[str]:
        """Keys of the blobs that were written before the moment."""

    def upload_form(self, key: str, address: str, seconds: int, most_bytes: int) -> UploadForm:
        """A form by which whoever holds it may write this blob for so long. `address` is where clients reach us."""

    def download_url(self, key: str, address: str, seconds: int) -> str:
        """A link by which whoever holds it may read this blob for so long."""


class ServedBlobs(Protocol):
    """A store whose links lead to this server."""

    links: Links

    def write(self, key: str, content: IO[bytes]) -> None:
        """Store the content from its present position on, all or nothing."""

    def file(self, key: str) -> Path | None:
        """The file of a blob; None when there is no such blob."""
