"""An event as a row of the event store."""

import hashlib
from functools import lru_cache

import msgspec

from mothlight.frames.decode import decode
from mothlight.frames.errors import Unprocessable
from mothlight.frames.facts import exception_types, exception_values, is_handled, other_texts
from mothlight.frames.variables import mask_list
from mothlight.pipeline.event_environment import environment_of
from mothlight.pipeline.moments import moment_text
from mothlight.pipeline.stages.normalise import ERRORS, LIST, SMALL_BYTES, read_text
from mothlight.pipeline.states import Limited, Linked, Unreadable
from mothlight.storage.events.properties import encode_properties
from mothlight.storage.events.rows import DropRow, EventRow

NO_GROUP = 0
"""The grouping key of events that belong to no issue."""

_SESSION_BYTES = 8
_encode = msgspec.json.Encoder().encode
_receipt_text = lru_cache(maxsize=1024)(moment_text)


def event_row(item: Linked, person_id: str) -> EventRow:
    """The row of an exception that belongs to an issue."""
    normalised = item.normalised
    event, entries = normalised.event, normalised.entries
    return EventRow(
        project_id=event.project_id,
        timestamp=moment_text(event.timestamp),
        received_at=_receipt_text(event.received_at),
        uuid=_encode(event.uuid)[1:-1].decode(),
        grouping_key=item.grouping_key,
        stack=normalised.stack if normalised.has_stack else "",
        distinct_id=event.distinct_id,
        person_id=person_id,
        session_key=session_key(event.properties.get("$session_id")),
        lib=read_text(event.properties.get("$lib")) or "",
        types=exception_types(entries),
        messages=exception_values(entries),
        handled=is_handled(entries),
        exceptions=_encode(entries).decode(),
        release=item.release.text,
        release_names=item.release.names,
        properties=encode_properties(normalised.properties),
        texts=other_texts(entries),
        environment=item.environment,
        historical=event.historical,
    )


def drop_row(item: Limited) -> DropRow:
    """The row of an exception that is only counted."""
    linked, event = item.linked, item.linked.normalised.event
    return DropRow(
        project_id=event.project_id,
        timestamp=moment_text(event.timestamp),
        received_at=_receipt_text(event.received_at),
        uuid=str(event.uuid),
        grouping_key=linked.grouping_key,
        environment=linked.environment,
        reason=str(item.reason),
    )


def noted_row(item: Unreadable, person_id: str) -> EventRow:
    """The row of an exception that could not be read: all properties as they were sent, and a note (pipeline 1.5)."""
    event = item.event
    properties = {**masked_properties(event.properties)}
    properties[ERRORS] = _with_note(properties.get(ERRORS), item.note)
    return EventRow(
        project_id=event.project_id,
        timestamp=moment_text(event.timestamp),
        received_at=_receipt_text(event.received_at),
        uuid=str(event.uuid),
        grouping_key=NO_GROUP,
        stack="",
        distinct_id=event.distinct_id,
        person_id=person_id,
        session_key=session_key(event.properties.get("$session_id")),
        lib=read_text(event.properties.get("$lib")) or "",
        types=[],
        messages=[],
        handled=False,
        exceptions="[]",
        release="",
        release_names=[],
        properties=encode_properties(properties),
        environment=environment_of(properties),
        historical=event.historical,
    )


def masked_properties(properties: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """The properties with secrets in local variables masked (pipeline 3.7), as they may be kept without being read."""
    try:
        return {**properties, **masked_list(properties)}
    except (Unprocessable, RecursionError):
        # What cannot be decoded cannot be masked, so it is not kept.
        return {name: value for name, value in properties.items() if name != LIST}


def masked_list(properties: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """The exception list with its secrets masked, if there is one; by its name.

    Raises:
        Unprocessable, RecursionError: it cannot be decoded.
    """
    sent = properties.get(LIST)
    return {} if sent is None else {LIST: msgspec.Raw(_encode(mask_list(decode(sent))))}


def _with_note(sent: msgspec.Raw | None, note: str) -> msgspec.Raw:
    errors = None if sent is None else decode(sent)
    return msgspec.Raw(_encode([*(errors if isinstance(errors, list) else []), note]))


def session_key(sent: msgspec.Raw | None) -> int:
    """The number that stands for `$session_id`, given as sent; 0 without one."""
    if sent is None:
        return 0
    text = bytes(sent)
    return _remembered_session(text) if len(text) <= SMALL_BYTES else _hash_session(text)


def _hash_session(sent: bytes) -> int:
    value = decode(msgspec.Raw(sent))
    if value is None or value == "":
        return 0
    text = value if isinstance(value, str) else sent.decode()
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=_SESSION_BYTES).digest(), "big")


_remembered_session = lru_cache(maxsize=20_000)(_hash_session)
