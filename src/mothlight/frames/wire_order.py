"""Which SDKs send exceptions or frames in another order than the canonical one (pipeline 2.4, 4.6).

Canonical is: outermost exception first, root cause last; entry point first, crash site last.

To add one: a line in `SDKS` with what its releases had backwards, and since which version they have not.
"""

import re
from functools import lru_cache
from typing import NamedTuple

NONE = "none"
FRAMES = "frames"
EXCEPTIONS = "exceptions"


class Sdk(NamedTuple):
    """What an SDK sends backwards, and the version that first sent the canonical order; None: no version does."""

    backwards: str
    canonical_since: str | None


SDKS: dict[str, Sdk] = {
    "posthog-android": Sdk(FRAMES, "3.56.0"),
    "posthog-server": Sdk(FRAMES, "2.9.0"),
    "posthog-java": Sdk(FRAMES, None),
    "posthog-flutter": Sdk(FRAMES, "5.33.0"),
    "posthog-elixir": Sdk(FRAMES, "2.13.0"),
    "posthog-php": Sdk(FRAMES, "4.11.0"),
    "posthog-go": Sdk(FRAMES, "1.20.0"),
    "posthog-rs": Sdk(FRAMES, "0.19.0"),
    "posthog-dotnet": Sdk(FRAMES, None),
    "posthog-python": Sdk(EXCEPTIONS, "7.31.0"),
}


class WireOrder(NamedTuple):
    """What to do to an event's list. Both fields are `none`, `frames` or `exceptions`."""

    reversal: str
    """What must be reversed to get the canonical order."""
    legacy: str
    """What must be reversed in the canonical order to get the one that the legacy fingerprints are computed over."""


def wire_order(lib: object, lib_version: object) -> WireOrder:
    """What `$lib` and `$lib_version` say about the order; values that are no text count as absent."""
    return _wire_order(lib if isinstance(lib, str) else "", lib_version if isinstance(lib_version, str) else "")


def reversal(lib: object, lib_version: object) -> str:
    """What must be reversed: `none`, `frames` or `exceptions`."""
    return wire_order(lib, lib_version).reversal


@lru_cache(maxsize=1024)
def _wire_order(lib: str, lib_version: str) -> WireOrder:
    sdk = SDKS.get(lib)
    if sdk is None:
        return WireOrder(NONE, NONE)
    return WireOrder(NONE if _is_canonical(sdk, lib_version) else sdk.backwards, sdk.backwards)


def _is_canonical(sdk: Sdk, lib_version: str) -> bool:
    if sdk.canonical_since is None:
        return False
    sent, since = _read_version(lib_version), _read_version(sdk.canonical_since)
    return sent is not None and since is not None and sent >= since


# --- versions ---

_Identifier = tuple[int, int, str]
_Version = tuple[tuple[int, ...], tuple[int, tuple[_Identifier, ...]]]

_NUMBER = r"(0|[1-9][0-9]{0,17})"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_PLAIN_NUMBER = re.compile(r"[0-9]{1,18}")
_COMPONENTS = 3
_RELEASE = (1, ())


def _read_version(text: str) -> _Version | None:
    """Something to compare versions by, or None when the text is no version."""
    text = text.strip()
    text = text[1:] if text[:1] in ("v", "V") else text
    semver = _SEMVER.fullmatch(text)
    if semver is None:
        return _read_loose_version(text)
    before = semver.group(4)
    numbers = tuple(int(semver.group(index)) for index in (1, 2, 3))
    # A pre-release orders below its release: 0 before 1.
    return numbers, (_RELEASE if before is None else (0, tuple(map(_identifier, before.split(".")))))


def _read_loose_version(text: str) -> _Version | None:
    components = re.split(r"[-+]", text, maxsplit=1)[0].split(".")
    if len(components) > _COMPONENTS or not all(map(_PLAIN_NUMBER.fullmatch, components)):
        return None
    padded = components + ["0"] * (_COMPONENTS - len(components))
    return tuple(map(int, padded)), _RELEASE


def _identifier(text: str) -> _Identifier:
    """One part of a pre-release: numbers order by value and below texts."""
    return (0, int(text), "") if text.isascii() and text.isdigit() and len(text) <= 18 else (1, 0, text)
