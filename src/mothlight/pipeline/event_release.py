"""What an event's properties say about its release, and what a release says on its events (pipeline 9.8)."""

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import msgspec

from mothlight.frames.decode import decode
from mothlight.pipeline.states import EventRelease
from mothlight.storage.metadata.repositories.releases import Release

FACTS = ("$release_id", "$app_namespace", "$app_version", "$app_build", "$release", "release")
"""The properties that say which release it is."""

MOST_TEXT_CHARACTERS = 200

NO_RELEASE = EventRelease("", [], {})

Facts = tuple[bytes | None, ...]
"""The JSON texts of the properties of `FACTS`, in that order."""


class Wanted(msgspec.Struct, frozen=True):
    """What to look for, in this order; each may be missing."""

    release_id: UUID | None
    hash_id: str | None
    text: str | None
    """A version that the event names, where no release is found."""


def read_wanted(facts: Facts) -> Wanted:
    """What an event's properties ask for."""
    decoded = dict(zip(FACTS, (None if fact is None else decode(msgspec.Raw(fact)) for fact in facts), strict=True))
    release_id = _read_uuid(decoded["$release_id"])
    return Wanted(
        release_id=release_id,
        # A valid id that names no release does not fall back to the mobile form.
        hash_id=None if release_id is not None else _mobile_hash(facts, decoded["$app_namespace"]),
        text=next((text for text in (decoded["$release"], decoded["release"]) if _is_version_text(text)), None),
    )


def mobile_hash(namespace: str, version: str | None, build: str | None) -> str | None:
    """The hash of a mobile application's release: namespace and packed version; None without version and build."""
    parts = [part for part in (version, build) if part is not None]
    return hashlib.sha512((namespace + "+".join(parts)).encode()).hexdigest() if parts else None


def describe_release(release: Release) -> EventRelease:
    """What is known of a release, as events say it."""
    version, _, build = release.version.partition("+")
    filled = {"$app_namespace": release.project, "$app_version": version, **({"$app_build": build} if build else {})}
    told = {
        "version": release.version,
        "project": release.project,
        "timestamp": release.created_at.isoformat().replace("+00:00", "Z"),
    }
    if release.metadata is not None:
        told["metadata"] = _without_credentials(release.metadata)
    return EventRelease(
        text=msgspec.json.encode(told).decode(),
        names=list(dict.fromkeys(_names(str(release.id), told))),
        filled={name: msgspec.Raw(msgspec.json.encode(value)) for name, value in filled.items()},
        version=release.version,
    )


def describe_text(version: str) -> EventRelease:
    """A version that nobody told us more about."""
    return EventRelease(msgspec.json.encode({"version": version}).decode(), [version], {}, version)


def sent_names(releases: object) -> list[str]:
    """The names in `$exception_releases`, an object of releases by id; anything else has none (api 2.1)."""
    if not isinstance(releases, dict):
        return []
    return list(dict.fromkeys(name for key, release in releases.items() for name in _names(key, release)))


def clean_remote_url(url: str) -> str:
    """The address of a repository without credentials, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        # Not an address at all, so nothing in it can be told to be harmless.
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _names(identifier: str, release: Any) -> Iterator[str]:
    """All texts by which a release can be asked for: id, version and commit."""
    yield identifier
    for path in (("version",), ("metadata", "git", "commit_id")):
        found = release
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str):
            yield found


def _without_credentials(metadata: Any) -> Any:
    git = metadata.get("git") if isinstance(metadata, dict) else None
    if not isinstance(git, dict) or not isinstance(git.get("remote_url"), str):
        return metadata
    return {**metadata, "git": {**git, "remote_url": clean_remote_url(git["remote_url"])}}


def _mobile_hash(facts: Facts, namespace: object) -> str | None:
    if not isinstance(namespace, str):
        return None
    return mobile_hash(
        namespace, *(_text_or_number(facts[FACTS.index(name)]) for name in ("$app_version", "$app_build"))
    )


def _text_or_number(fact: bytes | None) -> str | None:
    """A text, or a number as it was written; None for anything else."""
    value = None if fact is None else decode(msgspec.Raw(fact))
    if isinstance(value, str):
        return value
    return fact.decode() if fact is not None and type(value) in (int, float) else None


def _read_uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_version_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MOST_TEXT_CHARACTERS
