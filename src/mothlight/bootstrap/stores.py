"""Opens the stores: the one file that knows which engine stands behind which interface."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mothlight.kit.clock import system_clock
from mothlight.model.errors import Misconfigured, Unavailable
from mothlight.settings import Settings
from mothlight.storage.blobs.interface import Blobs
from mothlight.storage.events.interface import EventStore

if TYPE_CHECKING:
    import sqlalchemy as sa

EMBEDDED = "chdb://"
FILES = "file://"

OpenEvents = Callable[[], EventStore]
"""Gives an event store whose schema is up to date. Raises `Misconfigured`."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The two stores of a server."""

    database: "sa.Engine"
    events: EventStore
    blobs: Blobs

    def close(self) -> None:
        """Let go of both."""
        self.events.close()
        self.database.dispose()


def open_stores(settings: Settings, open_events: OpenEvents | None = None) -> Stores:
    """Open both stores and bring their schemas up to date. `open_events`: another way to the event store.

    Raises:
        Misconfigured: one cannot be reached or used.
    """
    # Loaded late: the event store may be opened meanwhile.
    from mothlight.storage.metadata.migrate import open_migrated

    try:
        database = open_migrated(settings.database_url)
    except Unavailable as problem:
        raise Misconfigured(problem.reason) from problem
    try:
        blobs = open_blobs(settings)
        events = open_migrated_events(settings) if open_events is None else open_events()
    except BaseException:
        database.dispose()
        raise
    return Stores(database, events, blobs)


def open_migrated_events(settings: Settings) -> EventStore:
    """Open the event store and bring its schema up to date.

    Raises:
        Misconfigured: it cannot be reached or used.
    """
    try:
        events = open_event_store(settings)
        try:
            events.migrate()
        except BaseException:
            events.close()
            raise
    except Unavailable as problem:
        raise Misconfigured(problem.reason) from problem
    return events


def open_event_store(settings: Settings) -> EventStore:
    """The event store that the settings name.

    Raises:
        Misconfigured: the address cannot be used.
    """
    # Loaded late: only one of them is needed.
    from mothlight.storage.events.engines.embedded import open_embedded
    from mothlight.storage.events.engines.server import open_server

    try:
        if settings.events_url.startswith(EMBEDDED):
            return open_embedded(Path(settings.events_url.removeprefix(EMBEDDED)))
        return open_server(settings.events_url)
    except (ValueError, OSError) as problem:
        raise Misconfigured(f"MOTHLIGHT_EVENTS_URL cannot be used: {problem}") from problem


def open_blobs(settings: Settings) -> Blobs:
    """The store of symbol sets' files that the settings name.

    Raises:
        Misconfigured: the address cannot be used.
    """
    from mothlight.storage.blobs.engines.folder import FolderBlobs

    try:
        if settings.blobs_url.startswith(FILES):
            return FolderBlobs(Path(unquote(settings.blobs_url.removeprefix(FILES))), system_clock)
        from mothlight.storage.blobs.engines.s3 import S3Blobs

        return S3Blobs(settings.blobs_url)
    except (ValueError, OSError) as problem:
        raise Misconfigured(f"MOTHLIGHT_BLOBS_URL cannot be used: {problem}") from problem
