"""Finds out which release a build is, and its id on the server (ingest.md 18)."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.server import Server

GIT_SECONDS = 10
_TAKEN = "already in use"


class ReleaseName(NamedTuple):
    """How people name a release; what is missing is taken from git, where there is one."""

    name: str | None = None
    version: str | None = None
    build: str | None = None


class Git(NamedTuple):
    """The checkout that a build is made of."""

    commit_id: str
    branch: str
    remote_url: str

    @property
    def repo_name(self) -> str:
        """The last part of the remote's address."""
        return re.split(r"[/:]", self.remote_url.rstrip("/"))[-1].removesuffix(".git")


def read_release(text: str) -> ReleaseName:
    """Read `NAME@VERSION`. Raises `UploadFailed`."""
    name, _, version = text.rpartition("@")
    if not name or not version:
        raise UploadFailed(f"a release is given as NAME@VERSION, not {text!r}")
    return ReleaseName(name, version)


def resolve_release(server: Server, wanted: ReleaseName, folder: Path) -> str | None:
    """The id of the release, which is made if it is new; None where neither options nor git name one."""
    git = read_git(folder)
    name = wanted.name or (git.repo_name if git else None)
    version = wanted.version or (git.commit_id if git else None)
    if not name or not version:
        return None
    hash_id = hashlib.sha512(name.encode() + version.encode()).hexdigest()
    return server.find_release(hash_id) or _add(server, hash_id, name, version, _metadata(git, wanted.build))


def mobile_version(wanted: ReleaseName) -> ReleaseName:
    """The same for applications of telephones, whose build is a part of their version (pipeline.md 9.8)."""
    parts = [part for part in (wanted.version, wanted.build) if part]
    return wanted._replace(version="+".join(parts) or None)


def read_git(folder: Path) -> Git | None:
    """The checkout that the folder is in; None without one, or without git."""
    commit_id = _git(folder, "rev-parse", "HEAD")
    if not commit_id:
        return None
    branch = _git(folder, "rev-parse", "--abbrev-ref", "HEAD")
    return Git(commit_id, branch, _public(_git(folder, "config", "--get", "remote.origin.url")))


def _add(server: Server, hash_id: str, name: str, version: str, metadata: dict[str, Any]) -> str:
    try:
        return server.add_release(hash_id, name, version, metadata)
    except UploadFailed as problem:
        if _TAKEN not in str(problem):
            raise
        found = server.find_release(hash_id)  # another build was first
        if found is None:
            raise
        return found


def _metadata(git: Git | None, build: str | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if git is not None:
        told = {**git._asdict(), "repo_name": git.repo_name}
        metadata["git"] = {name: value for name, value in told.items() if value}
    if build:
        metadata["build"] = build
    return metadata


def _git(folder: Path, *arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments of ours
            [program, "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _public(remote_url: str) -> str:
    """The address without what people may have put into it to get in."""
    parts = urlsplit(remote_url)
    if not parts.scheme or "@" not in parts.netloc:
        return remote_url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
