"""What is fuzzed. A target takes any bytes; what it raises is a finding.

What only *refuses* its input, in the ways that its callers know, raises nothing here. What must hold besides is
asserted.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from mothlight.filters import semver
from mothlight.filters.bindings import Bindings
from mothlight.filters.moments import EARLIEST, LATEST, absolute_moment, relative_moment
from mothlight.filters.parse import read_filters
from mothlight.filters.sql import all_of
from mothlight.journal.entry import JournalEntry
from mothlight.model.errors import Refused
from mothlight.model.event import ReceivedEvent
from mothlight.persons.apply import PersonsOfBatch
from mothlight.persons.operations import read_operation
from mothlight.pipeline.rows import event_row, noted_row
from mothlight.pipeline.stages.fingerprint import fingerprint
from mothlight.pipeline.stages.normalise import Normalise
from mothlight.pipeline.stages.resolve import unresolved_stack
from mothlight.pipeline.states import Batch, EventRelease, Linked, Released, Unreadable
from mothlight.queries.date_range import figures_range, samples_range
from mothlight.queries.questions import Window
from mothlight.queries.search import MOST_TOKENS, read_tokens
from mothlight.storage.events.properties import (
    decode_key,
    decode_properties,
    encode_key,
    encode_properties,
    property_column,
)
from mothlight.web.api.body import decode_json
from mothlight.web.intake.body import query_fields, valid_utf8
from mothlight.web.intake.dialects import DIALECTS
from mothlight.web.intake.dialects.v0_wire import read_request
from mothlight.web.intake.limits import Budget
from mothlight.web.intake.lz_string import decompress_base64
from tests.support.hostile.lz_string import compress_base64

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
V1_HEADERS = {"posthog-sdk-info": "x/1", "posthog-request-timestamp": "2026-11-24T12:00:00Z"}
LIMIT = 1024 * 1024
CODE = re.compile(r"'(?:[^'\\]|\\.)*'|\{p\d+:[A-Za-z0-9()', ]+\}|`[\w%$/-]+`")
"""What may hold anything in a statement: our own texts, placeholders, and paths of properties."""
PATH = re.compile(r"properties\.`[\w%$/-]+`\.:String")


def body(data: bytes) -> None:
    """From the bytes of a request to its events. First line: query, content type, encoding, path."""
    head, _, payload = data.partition(b"\n")
    query, content_type, encoding, path = [*head.decode("latin-1").split("|"), "", "", ""][:4]
    entry = JournalEntry(
        id=ID,
        received_at=NOW,
        path=path if path in PATHS else PATHS[0],
        query=query,
        content_type=content_type or "application/json",
        content_encoding=encoding,
        headers=V1_HEADERS,
        body=payload,
    )
    dialect = DIALECTS["v1" if "v1" in entry.path else "v0"]
    query_fields(query)
    try:
        wire = dialect.read(entry, Budget(LIMIT))
        dialect.token(wire, {b"authorization": b"Bearer phc_x"})
        decoded = dialect.decode(entry, wire)
        dialect.accept(decoded, {})
    except Refused:
        return
    again = dialect.decode(entry, dialect.read(entry, Budget(LIMIT)))
    assert again.events == decoded.events
    for event in decoded.events:
        read_operation(event)
        for name, value in event.properties.items():
            name.encode()
            assert bytes(value).decode()


def normalise(data: bytes) -> None:
    """From the properties of an event to a row. `data`: JSON of an object, or nearly."""
    try:
        (sent,) = read_request(b'{"event":"$exception","properties":' + valid_utf8(data) + b"}").events
    except Refused:
        return
    properties = {} if sent is None else dict(sent.properties or {})
    event = ReceivedEvent(7, ID, "$exception", "ada", NOW, NOW, properties)
    batch = Normalise()(Batch([event], PersonsOfBatch({}, changed=False), Counter(), []))
    for unreadable in batch.unreadable:
        assert isinstance(unreadable, Unreadable)
        check_row(noted_row(unreadable, str(ID)))
    released = batch.hand_on([Released(item, EventRelease("", [], {})) for item in batch.items])
    for item in fingerprint(released).items:
        assert 0 < item.grouping_key < 2**63
        stack = unresolved_stack(item.normalised)
        msgspec.json.encode([stack.raw, stack.frames, stack.contexts, stack.sources, stack.functions, stack.texts])
        check_row(event_row(Linked(item.normalised, item.release, item.grouping_key), str(ID)))


def filters(data: bytes) -> None:
    """From filters as sent to SQL. Values are bound; nothing of the caller stands in the statement but paths."""
    try:
        found = read_filters(decode_json(data))
    except Refused:
        return
    bindings = Bindings()
    for statement in all_of(found, bindings, NOW):
        bare = CODE.sub("", statement)
        assert "`" not in bare
        assert "'" not in bare
        assert '"' not in bare
        assert ";" not in bare
        assert "--" not in bare
        assert statement.count("`") == 2 * len(PATH.findall(statement))
        assert statement.isprintable()
    assert all(isinstance(value, str | float | datetime | list) for value in bindings.parameters.values())


def dates(data: bytes) -> None:
    """The grammar of dates: what is a moment lies in the times that the store can hold."""
    start, _, end = data.decode("utf-8", "replace").partition("|")
    for found in (absolute_moment(start), relative_moment(start, NOW), relative_moment(start, NOW, 1)):
        assert found is None or EARLIEST <= found <= LATEST
    try:
        for range_ in (figures_range(Window(start, end or None), NOW), samples_range(Window(start, end or None), NOW)):
            assert range_.seconds >= 0
    except Refused:
        return


def search(data: bytes) -> None:
    """Search texts: tokens are parts of the text, in its order, without quotes at their ends."""
    text = data.decode("utf-8", "replace")
    try:
        tokens = read_tokens(text)
    except Refused:
        return
    assert len(tokens) <= MOST_TOKENS
    place = 0
    for token in tokens:
        place = text.index(token, place)
        assert token
        assert token.strip("\"'") == token


def versions(data: bytes) -> None:
    """Versions as numbers and ranges; a version lies within the ranges that begin with it."""
    text = data.decode("utf-8", "replace")
    version = semver.read_version(text)
    for read in (semver.tilde_bounds, semver.caret_bounds, semver.wildcard_bounds):
        bounds = read(text)
        for bound in bounds or ():
            assert all(0 <= number < 2**64 for number in bound.version)
        if version is not None and not text.lstrip().startswith(("~", "^")):
            assert bounds is not None
            assert all(holds(version, bound) for bound in bounds)


def lz_string(data: bytes) -> None:
    """Compressed text: broken data is refused; what was compressed comes back."""
    try:
        text = decompress_base64(data, Budget(LIMIT)).decode()
    except Refused:
        text = data.decode("utf-8", "replace")
    assert decompress_base64(compress_base64(text), Budget(LIMIT)).decode() == text


def paths(data: bytes) -> None:
    """Properties and their paths: each comes back as it was, and a path is one identifier."""
    key, _, value = data.decode("utf-8", "replace").partition("\n")
    path = encode_key(key)
    assert decode_key(path) == key
    assert PATH.fullmatch(property_column(key))
    sent = {key: msgspec.Raw(msgspec.json.encode(value)), "json": msgspec.Raw(json_or_null(value))}
    assert {name: bytes(each) for name, each in decode_properties(encode_properties(sent)).items()} == {
        name: bytes(each) for name, each in sent.items()
    }


def holds(version: semver.Version, bound: semver.Bound) -> bool:
    """Whether a version passes a comparison."""
    return {
        "=": version == bound.version,
        ">=": version >= bound.version,
        "<": version < bound.version,
    }[bound.comparison]


def json_or_null(text: str) -> bytes:
    """The text where it is JSON."""
    try:
        json.loads(text)
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return b"null"
    return text.strip().encode()


def check_row(row: object) -> None:
    """A row is JSON in UTF-8, each line one."""
    line = msgspec.json.encode(row)
    assert b"\n" not in line
    line.decode()


PATHS = ("/batch/", "/e/", "/engage/", "/i/v1/analytics/events")

TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "body": body,
    "normalise": normalise,
    "filters": filters,
    "dates": dates,
    "search": search,
    "versions": versions,
    "lz_string": lz_string,
    "paths": paths,
}
"""By name, which is also the folder of the seeds."""
