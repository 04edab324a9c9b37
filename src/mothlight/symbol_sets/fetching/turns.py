"""Lets only some requests go to one host at a time."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

AT_ONCE = 2
"""Requests under way to one host."""


class HostTurns:
    """Whose turn it is, for all threads."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._under_way: Counter[str] = Counter()
        self._changed = threading.Condition()

    def has_room(self, url: str) -> bool:
        """Whether a request to the URL's host would not have to wait now."""
        return self._under_way[host_of(url)] < self._at_once

    @contextmanager
    def turn(self, url: str) -> Iterator[None]:
        """Wait until the URL's host has room for a request, which ends with the block."""
        host = host_of(url)
        with self._changed:
            self._changed.wait_for(lambda: self._under_way[host] < self._at_once)
            self._under_way[host] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[host] -= 1
                if not self._under_way[host]:
                    del self._under_way[host]
                self._changed.notify_all()


def host_of(url: str) -> str:
    """The host that a URL names, as far as it can be told."""
    try:
        return (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return ""
