"""Events whose new stack needs a source map from the web: they wait for it a little, and nobody else does."""

import os
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network

import msgspec
import pytest

from mothlight.journal.backlog import Backlog
from mothlight.journal.interface import Position
from mothlight.kit.ids import id_maker
from mothlight.model.tally import Tally
from mothlight.outbound.client import HttpClient
from mothlight.outbound.guard import Guard
from mothlight.pipeline.run import Pipeline
from mothlight.pipeline.stages.await_maps import MOST_AN_EVENT, WAITS_SECONDS, AwaitMaps
from mothlight.storage.metadata import tables
from mothlight.symbol_sets.fetching.fetch_map import FetchMap
from mothlight.symbol_sets.fetching.fetches import MOST_A_MINUTE, Fetches
from mothlight.symbol_sets.fetching.keep import Fetched
from mothlight.symbol_sets.fetching.script_map import ScriptMaps
from mothlight.symbol_sets.fetching.turns import HostTurns
from mothlight.symbol_sets.find import SymbolSets
from mothlight.worker.drain_journal import DrainJournal
from tests.functional.pipeline.conftest import Line
from tests.support.received import NOW, exception
from tests.support.source_maps import source_map
from tests.support.web_server import Page, WebServer, web_server

PATIENCE_SECONDS = 20
MAP = source_map(
    [[(0, 0, 4, 2, 0)]], sources=["src/cart.ts"], names=["addToCart"], sourcesContent=["\n\n\n\n  throw total\n"]
)
SCRIPT = Page(b"throw 1\n//# sourceMappingURL=data:application/json," + MAP.replace(b" ", b"%20"))


class Seconds:
    """A clock that goes on by itself, and further when a test wants it to."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Journal:
    """What is done of it."""

    def __init__(self) -> None:
        self.last = 0

    def done(self, position: Position) -> None:
        self.last = position.sequence


class Shop:
    """A pipeline that fetches from one web server, and drains a journal."""

    def __init__(self, line: Line, server: WebServer) -> None:
        self.line = line
        self.server = server
        self.seconds = Seconds()
        make_id = id_maker(line.clock, os.urandom)
        client = HttpClient(Guard((ip_network("127.0.0.0/8"),)), time.monotonic)
        sets = SymbolSets(line.engine, line.blobs, line.clock)
        turns = HostTurns()
        fetch = FetchMap(
            ScriptMaps(client, sets, turns), line.reader, Fetched(line.engine, line.blobs, make_id), line.clock
        )
        self.fetches = Fetches(fetch, turns, time.monotonic)
        self.pipeline = Pipeline(
            line.engine,
            line.store,
            line.mirror,
            blobs=line.blobs,
            reader=line.reader,
            clock=line.clock,
            make_id=make_id,
            await_maps=AwaitMaps(line.store, sets, self.fetches, line.clock, self.seconds),
        )
        self.tally = Tally()
        self.journal = Journal()
        self.backlog = Backlog(self.journal, lambda _: [], self.tally)
        self.drain = DrainJournal(self.backlog, self.pipeline, self.tally)
        self.sequence = 0
        self.held: list[threading.Event] = []

    def offer(self, *events) -> int:
        """Accept events as one entry; gives its number."""
        self.sequence += 1
        self.tally.accept(len(events))
        self.backlog.offer(Position(self.sequence, 1, 0, 100, len(events), NOW), list(events), 100)
        return self.sequence

    def event(self, *paths: str, function: str = "f", **more):
        """An exception with a frame in each script, the last one the innermost."""
        frames = [
            {
                "platform": "web:javascript",
                "filename": self.server.url + path,
                "function": function,
                "lineno": 1,
                "colno": 1,
                "in_app": True,
            }
            for path in paths
        ]
        return self.line.event({"$exception_list": [exception(stacktrace={"type": "raw", "frames": frames})]}, **more)

    def frames(self, event) -> list[dict]:
        """The frames of an event as they are stored; None while it is not."""
        sql = "SELECT stack FROM events WHERE project_id = {project:UInt32} AND uuid = {uuid:UUID}"
        rows = self.line.store.query(self.line.project, sql, {"uuid": event.uuid})
        assert len(rows) < 2
        if not rows:
            return []
        sql = "SELECT frames FROM stacks FINAL WHERE project_id = {project:UInt32} AND hash = {hash:String}"
        ((frames,),) = self.line.store.query(self.line.project, sql, {"hash": rows[0][0]})
        return msgspec.json.decode(frames)[0]

    def stored(self, event) -> bool:
        return str(event.uuid) in self.line.uuids()

    def wait_for(self, look) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not look():
            assert time.monotonic() < ends, self.tally.read()
            time.sleep(0.02)


@pytest.fixture
def shop(line) -> Iterator[Shop]:
    with web_server({"/app.js": SCRIPT}) as server:
        made = Shop(line, server)
        made.drain.start()
        yield made
        for goes_on in made.held:
            goes_on.set()
        made.drain.stop()
        made.fetches.close()


def slow(shop: Shop) -> threading.Event:
    """Have `/slow.js` answered only once the event is set."""
    goes_on = threading.Event()
    shop.server.pages["/slow.js"] = SCRIPT._replace(until=goes_on)
    shop.held.append(goes_on)
    return goes_on


def test_a_new_stack_waits_for_its_map_and_others_pass(shop: Shop):
    goes_on = slow(shop)
    waits, passes = shop.event("/slow.js"), shop.line.event()

    first = shop.offer(waits)
    shop.offer(passes)
    shop.wait_for(lambda: shop.tally.read().stored == 1)

    assert shop.stored(passes)
    assert not shop.stored(waits)
    assert shop.journal.last < first
    assert shop.tally.read().pending == 1
    goes_on.set()
    shop.wait_for(lambda: shop.stored(waits))
    (resolved,) = shop.frames(waits)
    assert (resolved["resolved"], resolved["source"], resolved["line"]) == (True, "src/cart.ts", 5)
    shop.wait_for(lambda: shop.journal.last == 2)
    assert (shop.tally.read().pending, shop.tally.read().stored) == (0, 2)


def test_of_one_entry_some_events_wait_and_others_pass(shop: Shop):
    goes_on = slow(shop)
    waits, passes = shop.event("/slow.js"), shop.line.event()

    shop.offer(passes, waits)
    shop.wait_for(lambda: shop.stored(passes))
    assert not shop.stored(waits)
    goes_on.set()
    shop.wait_for(lambda: shop.journal.last == 1)

    assert shop.stored(waits)
    assert len(shop.line.uuids()) == 2


def test_many_events_of_one_stack_wait_for_one_fetch(shop: Shop):
    goes_on = slow(shop)
    events = [shop.event("/slow.js") for _ in range(20)]

    for event in events[:10]:
        shop.offer(event)
    shop.offer(*events[10:])
    shop.wait_for(lambda: shop.server.asked)
    goes_on.set()
    shop.wait_for(lambda: shop.journal.last == 11)

    assert len(shop.line.uuids()) == 20
    assert shop.server.paths() == ["/slow.js"]
    assert shop.line.issue.name == "PayError"


def test_an_event_that_waited_long_enough_is_stored_as_it_is(shop: Shop):
    goes_on = slow(shop)
    event = shop.event("/slow.js")
    shop.offer(event)
    shop.wait_for(lambda: shop.server.asked)
    assert not shop.stored(event)

    shop.seconds.ahead = WAITS_SECONDS
    shop.wait_for(lambda: shop.stored(event))

    (frame_,) = shop.frames(event)
    assert frame_["source"] == "/slow.js"
    assert frame_["resolve_failure"] == f"Could not find sourcemap for source url: {shop.server.url}/slow.js"

    goes_on.set()
    shop.wait_for(lambda: shop.line.rows(tables.symbol_repairs))
    (repair,) = shop.line.rows(tables.symbol_repairs)
    assert (repair.ref, repair.status) == (f"{shop.server.url}/slow.js", "waiting")


@pytest.mark.parametrize(
    ("page", "failure"),
    [
        (Page(status=404), "HTTP error 404 while fetching: …/app.js"),
        (Page(b"throw 1"), "Could not find sourcemap for source url: …/app.js"),
        (
            Page(status=302, headers={"Location": "http://10.0.0.1/app.js"}),
            "Blocked source url: http://10.0.0.1/app.js may not be fetched from here",
        ),
    ],
)
def test_a_frame_says_why_there_is_no_map(shop: Shop, page: Page, failure: str):
    shop.server.pages["/app.js"] = page
    event = shop.event("/app.js")

    shop.offer(event)
    shop.wait_for(lambda: shop.stored(event))

    (frame_,) = shop.frames(event)
    assert frame_["resolve_failure"].replace(shop.server.url, "…") == failure
    assert frame_["resolved"] is failure.startswith("Could not find")


def test_a_stack_that_is_stored_does_not_wait(shop: Shop, line):
    slow(shop)
    before, after = shop.event("/slow.js"), shop.event("/slow.js")
    line.run(before)

    shop.offer(after)
    shop.wait_for(lambda: shop.stored(after))

    assert shop.server.paths() in ([], ["/slow.js"])
    assert shop.fetches.is_under_way(line.project, shop.server.url + "/slow.js")


def test_an_event_has_so_many_fetches_from_the_inside_out(shop: Shop):
    paths = [f"/{number}.js" for number in range(MOST_AN_EVENT + 2)]
    event = shop.event(*paths)

    shop.offer(event)
    shop.wait_for(lambda: shop.stored(event))

    asked = {path for path in shop.server.paths() if not path.endswith(".map")}
    assert asked == set(paths[-MOST_AN_EVENT:])


def test_events_of_a_project_that_had_its_share_pass(shop: Shop, line):
    for number in range(MOST_A_MINUTE):
        shop.fetches.want(line.project, f"{shop.server.url}/{number}.js")
    event = shop.event("/app.js")

    shop.offer(event)
    shop.wait_for(lambda: shop.stored(event))

    assert "/app.js" not in shop.server.paths()


def test_a_map_that_was_uploaded_is_not_fetched(shop: Shop, line):
    assert shop.server.paths() == []
    event = shop.event("/app.js")
    shop.offer(event)
    shop.wait_for(lambda: shop.stored(event))
    asked = len(shop.server.asked)

    other = shop.event("/app.js", function="g")
    shop.offer(other)
    shop.wait_for(lambda: shop.stored(other))

    assert len(shop.server.asked) == asked == 1
    assert shop.frames(other)[0]["source"] == "src/cart.ts"


def test_what_waits_is_stored_when_the_server_stops(shop: Shop):
    slow(shop)
    event = shop.event("/slow.js")
    shop.offer(event)
    shop.wait_for(lambda: shop.server.asked)

    assert shop.drain.stop()

    assert shop.stored(event)
    assert shop.journal.last == 1


def test_the_same_event_again_is_a_duplicate_also_while_the_first_waits(shop: Shop):
    goes_on = slow(shop)
    event = shop.event("/slow.js")
    shop.offer(event)
    shop.wait_for(lambda: shop.server.asked)

    shop.offer(event)
    shop.wait_for(lambda: shop.tally.read().dropped == {"duplicate": 1})
    goes_on.set()
    shop.wait_for(lambda: shop.journal.last == 2)

    assert shop.line.uuids() == [str(event.uuid)]
    assert shop.tally.read().dropped == {"duplicate": 1}


def test_an_event_that_waits_keeps_the_person_that_it_had(shop: Shop):
    goes_on = slow(shop)
    event = shop.event("/slow.js", distinct_id="anonymous")
    same = shop.line.event(distinct_id="anonymous")
    shop.offer(event, same)
    shop.wait_for(lambda: shop.stored(same))

    known = shop.line.event({"$set": {"name": "Ada"}}, name="$set", distinct_id="ada")
    identified = shop.line.event({"$anon_distinct_id": "anonymous"}, name="$identify", distinct_id="ada")
    shop.offer(known, identified)
    shop.wait_for(lambda: shop.tally.read().pending == 1)
    goes_on.set()
    shop.wait_for(lambda: shop.journal.last == 2)

    people = {each.uuid: each.person_id for each in shop.line.events()}
    assert people[str(event.uuid)] == people[str(same.uuid)]


def test_a_batch_that_fails_loses_nothing_of_what_waits(shop: Shop, line, monkeypatch):
    goes_on = slow(shop)
    waits, passes = shop.event("/slow.js"), line.event()
    store = type(line.store).insert_events
    failures = [ValueError("a defect"), ValueError("a defect")]

    def fail_first(self, rows):
        if failures:
            raise failures.pop()
        return store(self, rows)

    monkeypatch.setattr(type(line.store), "insert_events", fail_first)
    shop.offer(passes, waits)
    shop.wait_for(lambda: shop.journal.last == 1)
    goes_on.set()

    counted = shop.tally.read()
    assert counted.pending == 0
    assert counted.stored + sum(counted.dropped.values()) == 2
    assert len(line.uuids()) == counted.stored
