"""A script and its map, from a web server into the symbol sets of a project (pipeline 9.5)."""

import base64
import gzip
import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from mothlight.kit.ids import id_maker
from mothlight.outbound.client import Bounds, HttpClient
from mothlight.outbound.guard import Guard
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import symbol_sets as repository
from mothlight.storage.metadata.repositories.project_lifetime import project_versions
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet
from mothlight.symbol_sets.fetching.fetch_map import FetchMap
from mothlight.symbol_sets.fetching.keep import FORGET_AFTER, Fetched, forget_failures
from mothlight.symbol_sets.fetching.script_map import ScriptMaps
from mothlight.symbol_sets.fetching.turns import HostTurns
from mothlight.symbol_sets.find import SymbolSets
from mothlight.symbols.container import pack_script, split_script, unpack
from tests.support.blobs import TemporaryBlobs
from tests.support.metadata import add_project
from tests.support.received import NOW
from tests.support.source_maps import source_map
from tests.support.web_server import Page, WebServer, web_server

MAP = source_map([[(0, 0, 0, 0)]], sources=["src/cart.ts"], sourcesContent=["throw 1"])
SCRIPT = b"throw 1"


class Shop:
    """A project, and what is fetched for it from one web server."""

    def __init__(self, engine, reader, server: WebServer) -> None:
        self.engine = engine
        self.server = server
        self.now = NOW
        self.blobs = TemporaryBlobs(self.clock)
        self.project = add_project(engine)
        self.make_id = id_maker(self.clock, os.urandom)
        self.client = HttpClient(
            Guard((ip_network("127.0.0.1/32"),), resolve=lambda name: ["127.0.0.1"]),
            time.monotonic,
            bounds=Bounds(seconds=1),
        )
        sets = SymbolSets(engine, self.blobs, self.clock)
        self.fetched = Fetched(engine, self.blobs, self.make_id)
        self.fetch_map = FetchMap(ScriptMaps(self.client, sets, HostTurns()), reader, self.fetched, self.clock)

    def clock(self):
        return self.now

    def fetch(self, path="/app.js", origin=None) -> str:
        """Fetch a script; gives its address."""
        url = (origin or self.server.url) + path
        self.fetch_map(self.project, url)
        return url

    def set(self, ref: str) -> SymbolSet | None:
        with reading(self.engine) as connection:
            return repository.sets_by_ref(connection, self.project, [ref]).get(ref)

    def content(self, ref: str) -> tuple[bytes, bytes]:
        """The script and the map that are kept."""
        found = self.set(ref)
        assert found is not None
        assert found.is_complete
        kept = split_script(unpack(self.blobs.read(found.storage_key), 10**9).payload)
        return kept.script, kept.map

    def failure(self, ref: str) -> str:
        found = self.set(ref)
        assert found is not None
        assert found.storage_key is None
        assert found.last_used == self.now
        return found.failure_reason.replace(self.server.url, "…")

    def files(self) -> list[str]:
        return list(self.blobs.keys_before(datetime.max.replace(tzinfo=UTC)))

    def version(self) -> int:
        with reading(self.engine) as connection:
            return project_versions(connection, [self.project])[self.project].symbols

    def add(self, ref: str, **values) -> SymbolSet:
        empty = {"storage_key": None, "content_hash": None, "failure_reason": None, "release_id": None}
        new = SymbolSet(id=self.make_id(), ref=ref, created_at=self.now, last_used=self.now, **{**empty, **values})
        with writing(self.engine) as connection:
            repository.insert_set(connection, self.project, new)
        return new

    def upload(self, ref: str, content: bytes) -> SymbolSet:
        key = f"symbolsets/{self.make_id()}"
        self.blobs.write(key, io.BytesIO(content))
        return self.add(ref, storage_key=key, content_hash="00")


@pytest.fixture
def shop(engine, symbol_reader) -> Iterator[Shop]:
    with web_server({"/app.js.map": Page(MAP)}) as server:
        yield Shop(engine, symbol_reader, server)


DATA_URL = b"data:application/json;charset=utf-8;base64," + base64.b64encode(MAP)


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        (Page(SCRIPT, headers={"SourceMap": "app.js.map"}), ["GET /app.js", "GET /app.js.map"]),
        (Page(SCRIPT, headers={"X-SourceMap": "/app.js.map"}), ["GET /app.js", "GET /app.js.map"]),
        (Page(SCRIPT + b"\n//# sourceMappingURL=app.js.map"), ["GET /app.js", "GET /app.js.map"]),
        (
            Page(SCRIPT + b"\n//# sourceMappingURL=gone.map", headers={"SourceMap": "app.js.map"}),
            ["GET /app.js", "GET /app.js.map"],
        ),
        (Page(SCRIPT + b"\n//# sourceMappingURL=" + DATA_URL), ["GET /app.js"]),
        (Page(SCRIPT), ["GET /app.js", "HEAD /app.js.map", "GET /app.js.map"]),
        (
            Page(gzip.compress(SCRIPT), headers={"Content-Encoding": "gzip", "SourceMap": "app.js.map"}),
            ["GET /app.js", "GET /app.js.map"],
        ),
    ],
)
def test_a_map_is_found_fetched_and_kept_under_the_scripts_url(shop: Shop, script: Page, asked: list[str]):
    shop.server.pages["/app.js"] = script
    before = shop.version()

    url = shop.fetch()

    found = shop.set(url)
    assert [f"{each.method} {each.path}" for each in shop.server.asked] == asked
    assert shop.content(url)[1] == MAP
    assert shop.content(url)[0].startswith(SCRIPT)
    assert (found.failure_reason, found.release_id, found.last_used) == (None, None, NOW)
    assert shop.version() == before + 1


def test_a_map_is_looked_for_beside_where_the_script_was_asked_for(shop: Shop):
    shop.server.pages |= {
        "/v1/app.js?a=1": Page(status=302, headers={"Location": "/v2/app.js"}),
        "/v2/app.js": Page(SCRIPT),
        "/v1/app.js.map?a=1": Page(MAP),
    }

    assert shop.content(shop.fetch("/v1/app.js?a=1"))[1] == MAP


def test_a_map_that_a_script_names_lies_beside_where_it_came_from(shop: Shop):
    shop.server.pages |= {
        "/v1/app.js": Page(status=302, headers={"Location": "/v2/app.js"}),
        "/v2/app.js": Page(SCRIPT + b"\n//# sourceMappingURL=app.js.map"),
        "/v2/app.js.map": Page(MAP),
    }

    assert shop.content(shop.fetch("/v1/app.js"))[1] == MAP


@pytest.mark.parametrize(
    ("script", "others", "failure"),
    [
        (Page(status=404), {}, "HTTP error 404 while fetching: …/app.js"),
        (Page(SCRIPT, 500), {}, "HTTP error 500 while fetching: …/app.js"),
        (Page(SCRIPT), {"/app.js.map": Page(status=404)}, "Could not find sourcemap for source url: …/app.js"),
        (
            Page(SCRIPT + b"\n//# sourceMappingURL=gone.map"),
            {},
            "HTTP error 404 while fetching: …/gone.map",
        ),
        (
            Page(SCRIPT, headers={"SourceMap": "m\xe4p"}),
            {},
            "Could not parse source-map header from url …/app.js",
        ),
        (
            Page(SCRIPT + b"\n//# sourceMappingURL=data:text/plain,hi"),
            {},
            "Invalid data url found at …/app.js. It is of type text/plain, not application/json",
        ),
        (
            Page(SCRIPT + b"\n//# sourceMappingURL=http://127.0.0.2/app.js.map"),
            {},
            "Blocked source url: http://127.0.0.2/app.js.map may not be fetched from here",
        ),
        (
            Page(SCRIPT + b"\n//# sourceMappingURL=https://u@127.0.0.1/app.js.map"),
            {},
            "Invalid source url: https://…@127.0.0.1",
        ),
        (
            Page(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
            {},
            "Blocked source url: http://169.254.169.254/latest/meta-data/ may not be fetched from here",
        ),
        (
            Page(status=302, headers={"Location": "/app.js"}),
            {},
            "Redirect error while fetching: …/app.js: more than 10 redirects",
        ),
        (Page(SCRIPT, seconds=3), {}, "Request timed out while fetching: …/app.js"),
        (
            Page(b" " * 25_000_001),
            {},
            "Network error while fetching: Response from …/app.js exceeded the 25000000 byte limit",
        ),
    ],
)
def test_why_there_is_no_map_is_remembered(shop: Shop, script: Page, others: dict[str, Page], failure: str):
    shop.server.pages |= {"/app.js": script, **others}

    url = shop.fetch()

    assert shop.failure(url) == failure


def test_a_project_is_looked_at_from_its_first_failure_on(shop: Shop):
    assert shop.version() == 0
    shop.fetch("/a.js")
    assert shop.version() == 1
    shop.fetch("/b.js")
    assert shop.version() == 1


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        (b"<!doctype html>", "Invalid source map: "),
        (b"[]", "Invalid source map: "),
        (b"\xff\xfe", "Invalid source map: "),
    ],
)
def test_a_map_that_is_none_is_not_kept(shop: Shop, content: bytes, begins: str):
    shop.server.pages |= {"/app.js": Page(SCRIPT), "/app.js.map": Page(content)}

    url = shop.fetch()

    assert shop.failure(url).startswith(begins)


def test_a_name_that_leads_inside_is_blocked_without_telling_where(engine, symbol_reader):
    with web_server() as server:
        shop = Shop(engine, symbol_reader, server)
        shop.client.guard = Guard(resolve=lambda name: ["10.1.2.3"])

        url = shop.fetch(origin="http://intranet.example")

        assert shop.failure(url) == "Blocked source url: http://intranet.example/app.js may not be fetched from here"


# --- what is there already ---


def test_what_was_uploaded_for_the_scripts_chunk_is_taken_instead_of_a_map(shop: Shop):
    other = source_map([[(0, 0, 0, 0)]], sources=["uploaded.ts"])
    shop.upload("chunk-1", pack_script(SCRIPT, other))
    shop.server.pages["/app.js"] = Page(SCRIPT + b"\n//# chunkId=chunk-1\n//# sourceMappingURL=app.js.map")

    url = shop.fetch()

    assert shop.content(url)[1] == other
    assert shop.server.paths() == ["/app.js"]


def test_a_chunk_whose_file_is_missing_goes_and_the_map_is_fetched(shop: Shop):
    shop.add("chunk-1", storage_key="symbolsets/gone", content_hash="00")
    shop.server.pages["/app.js"] = Page(SCRIPT + b"\n//# chunkId=chunk-1\n//# sourceMappingURL=app.js.map")

    url = shop.fetch()

    assert shop.content(url)[1] == MAP
    assert shop.set("chunk-1") is None


@pytest.mark.parametrize("content_hash", [None, "00"])
@pytest.mark.parametrize("script", [Page(SCRIPT), Page(status=404)])
def test_what_came_of_it_is_not_written_over_an_upload(shop: Shop, content_hash: str | None, script: Page):
    shop.server.pages["/app.js"] = script
    url = shop.server.url + "/app.js"
    before = shop.add(url, storage_key="symbolsets/0", content_hash=content_hash)

    shop.fetch()

    assert shop.set(url) == before
    assert shop.files() == []


def test_a_map_takes_the_place_of_a_failure(shop: Shop):
    url = shop.fetch()
    first = shop.set(url)
    assert shop.failure(url) == "HTTP error 404 while fetching: …/app.js"

    shop.server.pages["/app.js"] = Page(SCRIPT)
    shop.fetch()

    assert shop.content(url)[1] == MAP
    assert shop.set(url).id == first.id
    assert shop.set(url).failure_reason is None


@pytest.mark.parametrize(
    ("later", "status", "is_written"),
    [(timedelta(hours=11), 404, False), (timedelta(hours=13), 404, True), (timedelta(minutes=1), 500, True)],
)
def test_the_same_failure_is_written_every_twelve_hours(shop: Shop, later: timedelta, status: int, is_written: bool):
    url = shop.fetch()
    shop.server.pages["/app.js"] = Page(status=status)
    shop.now += later

    shop.fetch()

    assert (shop.set(url).last_used == shop.now) is is_written


def test_failures_that_nobody_meets_again_are_forgotten(shop: Shop):
    url = shop.fetch()
    kept = shop.add("other", storage_key="symbolsets/0", content_hash="00")

    assert forget_failures(shop.engine, NOW + FORGET_AFTER) == 0
    assert forget_failures(shop.engine, NOW + FORGET_AFTER + timedelta(seconds=1)) == 1
    assert shop.set(url) is None
    assert shop.set("other") == kept


def test_of_two_that_fetch_the_same_one_is_kept(engine, symbol_reader):
    with web_server({"/app.js": Page(SCRIPT), "/app.js.map": Page(MAP)}) as server:
        shop = Shop(engine, symbol_reader, server)
        shop.fetched.keep_map(shop.project, f"{server.url}/app.js", pack_script(SCRIPT, MAP), NOW)
        first = shop.set(f"{server.url}/app.js")

        shop.fetch()

        assert shop.set(f"{server.url}/app.js") == first
        assert shop.files() == [first.storage_key]


def test_what_is_fetched_for_a_project_that_is_gone_is_thrown_away(shop: Shop):
    shop.server.pages["/app.js"] = Page(SCRIPT)
    shop.project = 999_999

    shop.fetch()

    assert shop.files() == []
