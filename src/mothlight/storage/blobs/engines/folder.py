"""Blobs as files of one folder, which nodes may share. This server answers the links itself."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

from mothlight.kit.clock import Clock
from mothlight.model.errors import Unavailable
from mothlight.storage.blobs.interface import UploadForm
from mothlight.storage.blobs.links import DOWNLOAD, DOWNLOAD_PATH, UPLOAD, UPLOAD_PATH, Links

LINKS_FILE = "link-key"
SECRET_BYTES = 32
UNFINISHED = ".part"
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}")


class FolderBlobs:
    """One file for each blob. A file appears under its name once all of it is on disk."""

    def __init__(self, root: Path, clock: Clock) -> None:
        """Open the folder, made where it is missing.

        Raises:
            OSError: it cannot be made or written.
        """
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root = root
        self._clock = clock
        self.links = Links(_secret(root / LINKS_FILE))

    def write(self, key: str, content: IO[bytes]) -> None:
        """Store the content, all or nothing."""
        path = self._path(key)
        with _translated():
            path.parent.mkdir(exist_ok=True, mode=0o700)
            part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
            try:
                with part.open("xb") as file:
                    shutil.copyfileobj(content, file, 1 << 20)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)

    def read(self, key: str) -> bytes | None:
        """The content; None when there is no such blob."""
        with _translated():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def size(self, key: str) -> int | None:
        """Bytes of the content; None when there is no such blob."""
        with _translated():
            try:
                return self._path(key).stat().st_size
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        """Remove the blob, if there is one."""
        with _translated():
            self._path(key).unlink(missing_ok=True)

    def keys_before(self, moment: datetime) -> Iterator[str]:
        """Keys of the blobs that were written before the moment; what was never finished and is as old goes."""
        with _translated():
            for path in self._root.glob("*/*"):
                if not _is_older(path, moment):
                    continue
                if path.name.endswith(UNFINISHED):
                    path.unlink(missing_ok=True)
                else:
                    yield f"{path.parent.name}/{path.name}"

    def upload_form(self, key: str, address: str, seconds: int, most_bytes: int) -> UploadForm:
        """A form that this server takes."""
        return UploadForm(address + UPLOAD_PATH, self.links.sign(UPLOAD, key, self._until(seconds), most_bytes))

    def download_url(self, key: str, address: str, seconds: int) -> str:
        """A link that this server answers."""
        return f"{address}{DOWNLOAD_PATH}?{urlencode(self.links.sign(DOWNLOAD, key, self._until(seconds)))}"

    def file(self, key: str) -> Path | None:
        """The file of a blob, to be sent as it is; None when there is no such blob."""
        path = self._path(key)
        return path if path.is_file() else None

    def _until(self, seconds: int) -> datetime:
        return self._clock() + timedelta(seconds=seconds)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"no key of a blob: {key!r}")
        return self._root / key


def _secret(path: Path) -> bytes:
    """What links are signed with; whoever shares the folder shares it."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    if not path.exists():
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
        try:
            # Of two nodes that start at once the first one's stays.
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_bytes()


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise Unavailable("Files of symbol sets cannot be stored or read now.", reason=f"blobs: {problem}") from problem
