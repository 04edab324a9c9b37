"""Which of two releases is the later one: by semantic version where both have one, else by their first sighting."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

import msgspec

Order = Literal["earlier", "same", "later", "unknown"]

_VERSION = re.compile(
    r"(?:(?P<name>.+)@)?[vV]?(?P<numbers>\d{1,18}(?:\.\d{1,18}){1,3})(?:-(?P<before>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.+-]*)?"
)
"""Two to four numbers. A single number may as well be a commit, so it is none."""


class Version(msgspec.Struct, frozen=True):
    """A semantic version, and the name of a package that stood before it."""

    name: str
    numbers: tuple[int, ...]
    before: tuple[tuple[int, int, str], ...]
    """What it is a preparation of, by the parts of its suffix; empty for a whole release."""

    @property
    def rank(self) -> tuple[tuple[int, ...], bool, tuple[tuple[int, int, str], ...]]:
        """By which versions of one name are in order."""
        return self.numbers, not self.before, self.before


class Comparison(msgspec.Struct, frozen=True):
    """Where a release stands beside another, and by what that is known."""

    order: Order
    by_version: bool


def read_version(text: str) -> Version | None:
    """The version that a text is; None when it is none."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        return None
    numbers = [int(number) for number in found["numbers"].split(".")]
    before = tuple(_part(part) for part in (found["before"] or "").split(".") if part)
    return Version(found["name"] or "", tuple([*numbers, 0, 0][:4]), before)


def compare(release: str, other: str, first_seen: Mapping[str, datetime]) -> Comparison:
    """Where a release stands beside another one. A release that nobody has seen yet is later than one that was seen."""
    if release == other:
        return Comparison("same", by_version=True)
    one, two = read_version(release), read_version(other)
    if one is not None and two is not None and one.name == two.name and one.rank != two.rank:
        return Comparison("later" if one.rank > two.rank else "earlier", by_version=True)
    return Comparison(_by_first_seen(first_seen.get(release), first_seen.get(other)), by_version=False)


def newest(releases: Collection[str], first_seen: Mapping[str, datetime]) -> str | None:
    """The latest of some releases."""
    found: str | None = None
    for release in sorted(releases):
        if found is None or compare(release, found, first_seen).order == "later":
            found = release
    return found


def _by_first_seen(one: datetime | None, two: datetime | None) -> Order:
    if one is None or two is None:
        return "unknown" if one is two else "later" if one is None else "earlier"
    return "same" if one == two else "later" if one > two else "earlier"


def _part(text: str) -> tuple[int, int, str]:
    """Numbers come before texts, and among themselves by their value."""
    return (0, int(text), "") if text.isdecimal() else (1, 0, text)
