"""Finds and fetches the source map of one script (pipeline.md 9.5)."""

import re
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from mothlight.outbound.client import Answer
from mothlight.outbound.failures import (
    Blocked,
    InvalidUrl,
    NetworkFailure,
    OutboundFailure,
    RedirectFailure,
    TimedOut,
    TooLarge,
)
from mothlight.symbol_sets.fetching.turns import HostTurns
from mothlight.symbol_sets.find import FileMissing, SymbolSets
from mothlight.symbols.container import pack_script
from mothlight.symbols.failures import Failure, could_not_fetch, invalid_script, no_map_for_url
from mothlight.symbols.scripts import BadDataUrl, find_chunk_id, find_map_url, read_data_url

MOST_BYTES = 25_000_000
"""Of a script or a map, decompressed."""
HEADERS = ("SourceMap", "X-SourceMap")

_TEXT = re.compile(r"[\t\x20-\x7e]*")
_SHOWN = 300


class Web(Protocol):
    """Who asks: `outbound.client.HttpClient`."""

    def request(self, method: str, url: str) -> Answer:
        """Ask, and follow redirects. Raises `OutboundFailure`."""


class NoMap(Exception):
    """There is no map to be had."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class ScriptMaps:
    """Fetches scripts with their maps. For any thread."""

    def __init__(self, web: Web, sets: SymbolSets, turns: HostTurns) -> None:
        self._web = web
        self._sets = sets
        self._turns = turns

    def fetch(self, project_id: int, url: str) -> bytes:
        """The script and its map, in the form in which they are stored.

        Raises:
            NoMap: there is none, or it could not be fetched.
            Unavailable: a store is away.
        """
        script = self._get(url)
        text = script.body.decode("utf-8", "replace")
        uploaded = self._uploaded(project_id, find_chunk_id(text))
        if uploaded is not None:
            return uploaded
        return pack_script(text.encode(), self._map(url, script, text))

    def _uploaded(self, project_id: int, chunk_id: str | None) -> bytes | None:
        """What was uploaded for the chunk that the script says it is."""
        found = self._sets.find(project_id, [] if chunk_id is None else [chunk_id])
        for each in found.values():
            data = self._sets.data(project_id, each)
            if isinstance(data, Failure):
                continue
            try:
                return data.load()
            except FileMissing as missing:
                self._sets.drop_dangling(project_id, missing.found)
        return None

    def _map(self, url: str, script: Answer, text: str) -> bytes:
        named = _header(script) or find_map_url(text)
        if named is None:
            return self._get(self._beside(url, script.url)).body
        if named.startswith("data:"):
            try:
                return read_data_url(named, MOST_BYTES)
            except BadDataUrl as problem:
                raise NoMap(invalid_script(f"Invalid data url found at {script.url[:_SHOWN]}. {problem}")) from problem
        return self._get(map_url(script.url, named)).body

    def _beside(self, url: str, final_url: str) -> str:
        """The address of a map beside the script, if there is one."""
        parts = urlsplit(url)
        beside = urlunsplit(parts._replace(path=parts.path + ".map", fragment=""))
        try:
            answer = self._ask("HEAD", beside)
        except OutboundFailure:
            answer = None
        if answer is None or not _is_good(answer):
            raise NoMap(no_map_for_url(final_url))
        return beside

    def _get(self, url: str) -> Answer:
        try:
            answer = self._ask("GET", url)
        except OutboundFailure as problem:
            raise NoMap(failure_of(problem, url)) from problem
        if not _is_good(answer):
            raise NoMap(could_not_fetch(f"HTTP error {answer.status} while fetching: {url[:_SHOWN]}"))
        return answer

    def _ask(self, method: str, url: str) -> Answer:
        with self._turns.turn(url):
            return self._web.request(method, url)


def map_url(script_url: str, named: str) -> str:
    """The address of a map as a script, or its header, names it."""
    if named.startswith("http"):
        return named
    parts = urlsplit(script_url)
    path = named if "/" in named else parts.path.rpartition("/")[0] + "/" + named
    path, mark, query = path.partition("?")
    return urlunsplit(
        parts._replace(path="/" + path.removeprefix("/"), query=query if mark else parts.query, fragment="")
    )


def failure_of(problem: OutboundFailure, url: str) -> Failure:
    """What a frame says when a request had no answer. `url`: the one that was asked for."""
    at = (problem.url or url)[:_SHOWN]
    match problem:
        case InvalidUrl():
            return invalid_script(f"Invalid source url: {at}")
        case Blocked():
            # Not what its name leads to: that may be the business of whoever runs the server alone.
            return could_not_fetch(f"Blocked source url: {at} may not be fetched from here")
        case TimedOut():
            return could_not_fetch(f"Request timed out while fetching: {at}")
        case RedirectFailure():
            return could_not_fetch(f"Redirect error while fetching: {problem}")
        case NetworkFailure():
            return could_not_fetch(f"Network error while fetching: {_detail(problem, at)}")
        case _:
            raise problem


def _detail(problem: NetworkFailure, at: str) -> str:
    if isinstance(problem, TooLarge):
        return f"Response from {at} exceeded the {MOST_BYTES} byte limit"
    return f"{at}: {problem.reason}"


def _header(script: Answer) -> str | None:
    for name in HEADERS:
        value = script.headers.get(name)
        if value is not None:
            if not _TEXT.fullmatch(value):
                raise NoMap(invalid_script(f"Could not parse source-map header from url {script.url[:_SHOWN]}"))
            return value.strip() or None
    return None


def _is_good(answer: Answer) -> bool:
    return 200 <= answer.status < 300
