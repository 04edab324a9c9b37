"""Puts together what fetches source maps of scripts that events name."""

import time
from collections.abc import Sequence

from mothlight import __version__
from mothlight.bootstrap.stores import Stores
from mothlight.kit.clock import system_clock
from mothlight.kit.ids import MakeId
from mothlight.outbound.client import Bounds, HttpClient
from mothlight.outbound.guard import Allowed, Guard
from mothlight.pipeline.stages.await_maps import AwaitMaps
from mothlight.symbol_sets.fetching.fetch_map import Examiner, FetchMap
from mothlight.symbol_sets.fetching.fetches import Fetches
from mothlight.symbol_sets.fetching.keep import Fetched
from mothlight.symbol_sets.fetching.script_map import MOST_BYTES, ScriptMaps
from mothlight.symbol_sets.fetching.turns import HostTurns
from mothlight.symbol_sets.find import SymbolSets


def open_fetches(stores: Stores, reader: Examiner, allow: Sequence[Allowed], make_id: MakeId) -> Fetches:
    """The fetches of a server. `allow`: hosts and networks that may be fetched from although they are private."""
    client = HttpClient(
        Guard(allow), time.monotonic, bounds=Bounds(body_bytes=MOST_BYTES), agent=f"mothlight/{__version__}"
    )
    turns = HostTurns()
    maps = ScriptMaps(client, SymbolSets(stores.database, stores.blobs, system_clock), turns)
    fetched = Fetched(stores.database, stores.blobs, make_id)
    return Fetches(FetchMap(maps, reader, fetched, system_clock), turns, time.monotonic)


def await_maps(stores: Stores, fetches: Fetches) -> AwaitMaps:
    """The stage of the pipeline that asks for them."""
    sets = SymbolSets(stores.database, stores.blobs, system_clock)
    return AwaitMaps(stores.events, sets, fetches, system_clock, time.monotonic)
