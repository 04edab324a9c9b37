"""Origins of browsers that may report to a project: where its pages come from.

An entry is an origin as browsers name it, `https://shop.example.com`; `https://*.example.com` means every host below.
No entries mean every origin. What comes without an origin, from servers and apps, is not asked.
"""

import re
from collections.abc import Iterable

from mothlight.model.errors import invalid

MOST = 100
_ENTRY = re.compile(r"(https?|[a-z][a-z0-9+.-]{1,30})://(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,250}[a-z0-9_])?(:[0-9]{1,5})?")
_DEFAULT_PORTS = re.compile(r"^(http://.*):80$|^(https://.*):443$")


def read_origins(entries: Iterable[str]) -> list[str]:
    """Entries as they are kept: each once, in lower case, without a slash at the end. Empty ones are left out.

    Raises:
        Refused: one is no origin, or there are too many.
    """
    origins = list(dict.fromkeys(_read(entry) for entry in entries if entry.strip()))
    if len(origins) > MOST:
        raise invalid(f"At most {MOST} origins can be allowed.", "allowed_origins")
    return origins


def is_allowed(origin: str, entries: Iterable[str]) -> bool:
    """Whether a page of this origin may report."""
    allowed = tuple(entries)
    return not allowed or any(_matches(origin.lower(), entry) for entry in allowed)


def _read(text: str) -> str:
    entry = text.strip().lower().rstrip("/")
    if not _ENTRY.fullmatch(entry):
        raise invalid(
            f"{text.strip()!r} is not an origin. One looks like https://shop.example.com or https://*.example.com.",
            "allowed_origins",
        )
    default = _DEFAULT_PORTS.match(entry)
    return (default.group(1) or default.group(2)) if default else entry


def _matches(origin: str, entry: str) -> bool:
    scheme, star, domain = entry.partition("://*.")
    if not star:
        return origin == entry
    return origin.startswith(f"{scheme}://") and origin.endswith(f".{domain}")
