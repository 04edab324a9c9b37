"""Semantic versions as ranges: what each semver operator accepts, as bounds of (major, minor, patch)."""

import re

import msgspec

Version = tuple[int, int, int]

VERSION_PATTERN = r"^\s*v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:\.\d+)*(?:[-+][0-9A-Za-z.+-]*)?\s*$"
"""One to three numbers; further ones and a pre-release or build suffix are ignored. Means the same in `re` and RE2."""

_VERSION = re.compile(VERSION_PATTERN)
_WILDCARD = re.compile(r"^\s*v?(?:(\d{1,18})(?:\.(\d{1,18}))?)?\.?[*xX](?:\.[*xX])*\s*$")


class Bound(msgspec.Struct, frozen=True):
    """One comparison that a version must pass."""

    comparison: str
    """`=`, `<>`, `<`, `<=`, `>` or `>=`."""
    version: Version


def read_version(text: str) -> Version | None:
    """The numbers of a version, missing ones 0; None when the text is none."""
    parts = _parts(text)
    return None if parts is None else _filled(parts)


def tilde_bounds(text: str) -> list[Bound] | None:
    """`~1.2.3`: at least that, and the same minor version."""
    parts = _parts(text.lstrip().removeprefix("~"))
    return None if parts is None else _range(_filled(parts), _next(parts[:2]))


def caret_bounds(text: str) -> list[Bound] | None:
    """`^1.2.3`: at least that, up to a change of the leftmost number that is not 0."""
    parts = _parts(text.lstrip().removeprefix("^"))
    if parts is None:
        return None
    leading = next((place for place, number in enumerate(parts) if number), len(parts) - 1)
    return _range(_filled(parts), _next(parts[: leading + 1]))


def wildcard_bounds(text: str) -> list[Bound] | None:
    """`1.2.*`: any version that starts so; a plain version means itself."""
    found = _WILDCARD.match(text)
    if found is None:
        version = read_version(text)
        return None if version is None else [Bound("=", version)]
    parts = [int(part) for part in found.groups() if part is not None]
    return _range(_filled(parts), _next(parts)) if parts else [Bound(">=", (0, 0, 0))]


def _parts(text: str) -> list[int] | None:
    found = _VERSION.match(text)
    return None if found is None else [int(part) for part in found.groups() if part is not None]


def _range(low: Version, high: Version) -> list[Bound]:
    return [Bound(">=", low), Bound("<", high)]


def _next(parts: list[int]) -> Version:
    return _filled([*parts[:-1], parts[-1] + 1])


def _filled(parts: list[int]) -> Version:
    major, minor, patch = [*parts, 0, 0, 0][:3]
    return major, minor, patch
