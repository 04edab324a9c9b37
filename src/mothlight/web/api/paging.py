"""Lists in pages: `limit`, `offset`, and an envelope with absolute links (api.md 1.6)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

DEFAULT_LIMIT = 100
LARGEST = 2**31 - 1
"""What both databases take; nothing has more rows."""
DIGITS = re.compile(r"\s*\+?([0-9]+)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    limit: int
    offset: int


def read_page(query: Mapping[str, str], *, at_most: int = LARGEST) -> Page:
    """The page asked for; a zero, negative or non-numeric value counts as absent."""
    limit = read_positive(query.get("limit"))
    return Page(min(limit or DEFAULT_LIMIT, at_most), read_positive(query.get("offset")) or 0)


def read_positive(text: str | None) -> int | None:
    """A whole number above zero; None for anything else."""
    found = DIGITS.fullmatch(text or "")
    digits = found.group(1).lstrip("0") if found else ""
    return min(int(digits[:11]), LARGEST) if digits else None


def envelope(
    page: Page, count: int, results: Sequence[Any], address: str, query: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """The answer of a list. `address` is the absolute URL without its query, `query` all parameters as sent."""
    link = _linker(address, query, page.limit)
    return {
        "count": count,
        "next": link(page.offset + page.limit) if page.offset + page.limit < count else None,
        "previous": link(max(0, page.offset - page.limit)) if page.offset else None,
        "results": results,
    }


def _linker(address: str, query: Sequence[tuple[str, str]], limit: int) -> Callable[[int], str]:
    others = [pair for pair in query if pair[0] not in ("limit", "offset")]

    def link(offset: int) -> str:
        paging = [("limit", str(limit)), *([("offset", str(offset))] if offset else [])]
        return f"{address}?{urlencode(sorted([*others, *paging], key=lambda pair: pair[0]))}"

    return link
