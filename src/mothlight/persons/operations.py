"""What an event tells about persons (ingest 16)."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from mothlight.model.event import ReceivedEvent

IDENTIFY = "$identify"
CREATE_ALIAS = "$create_alias"
MERGE_DANGEROUSLY = "$merge_dangerously"
GROUP_IDENTIFY = "$groupidentify"

MOST_ID_CHARACTERS = 200
"""As of the distinct id of an event (ingest 4)."""

Properties = dict[str, msgspec.Raw]

_NULL = b"null"
_PROPERTY_NAMES = frozenset(("$set", "$set_once", "$unset"))
_OTHER_ID = {IDENTIFY: "$anon_distinct_id", CREATE_ALIAS: "alias", MERGE_DANGEROUSLY: "alias"}

_objects = msgspec.json.Decoder(Properties)
_lists = msgspec.json.Decoder(list[str])


class Operation(msgspec.Struct, frozen=True):
    """One change of a person, to be applied in the order of receipt."""

    project_id: int
    distinct_id: str
    moment: datetime
    """When it happened: a person that it makes was created then."""
    identifies: bool = False
    """The distinct id is one that the application knows its user by."""
    merged_id: str | None = None
    """Another distinct id of the same person."""
    even_identified: bool = False
    """Merge the person of `merged_id` even if the application knows it by its own id."""
    set: Properties = {}
    set_once: Properties = {}
    """Only for properties that the person does not have."""
    unset: list[str] = []


def read_operation(event: ReceivedEvent) -> Operation | None:
    """What the event changes; None, as of most events, when nothing. Values of wrong types count as absent."""
    properties = event.properties
    if event.name not in _OTHER_ID and properties.keys().isdisjoint(_PROPERTY_NAMES):
        return None
    if event.name == GROUP_IDENTIFY or _is_false(properties.get("$process_person_profile")):
        return None
    operation = Operation(
        project_id=event.project_id,
        distinct_id=_acting_id(event),
        moment=event.timestamp,
        identifies=event.name == IDENTIFY,
        merged_id=_merged_id(event),
        even_identified=event.name == MERGE_DANGEROUSLY,
        set=_read_object(properties.get("$set")),
        set_once=_without_nulls(_read_object(properties.get("$set_once"))),
        unset=_read_names(properties.get("$unset")),
    )
    return operation if _changes_something(operation) else None


def _changes_something(operation: Operation) -> bool:
    return bool(
        operation.identifies
        or operation.merged_id is not None
        or operation.set
        or operation.set_once
        or operation.unset
    )


def _acting_id(event: ReceivedEvent) -> str:
    """The distinct id that the event is about: aliases name it among their properties too, and that one counts."""
    if event.name in (CREATE_ALIAS, MERGE_DANGEROUSLY):
        return _read_id(event.properties.get("distinct_id")) or event.distinct_id
    return event.distinct_id


def _merged_id(event: ReceivedEvent) -> str | None:
    name = _OTHER_ID.get(event.name)
    return None if name is None else _read_id(event.properties.get(name))


def _read_id(value: msgspec.Raw | None) -> str | None:
    """An id as the intake reads those of events: numbers and the rest as their JSON text."""
    sent = _NULL if value is None else bytes(value)
    if sent == _NULL:
        return None
    text = msgspec.json.decode(sent, type=str) if sent.startswith(b'"') else sent.decode()
    return text[:MOST_ID_CHARACTERS] or None


def _read_object(value: msgspec.Raw | None) -> Properties:
    if value is None:
        return {}
    try:
        return _objects.decode(value)
    except msgspec.ValidationError:
        return {}


def _read_names(value: msgspec.Raw | None) -> list[str]:
    """The names to remove: a list of them, or the keys of an object."""
    if value is None:
        return []
    try:
        return _lists.decode(value)
    except msgspec.ValidationError:
        return list(_read_object(value))


def _without_nulls(properties: Mapping[str, msgspec.Raw]) -> Properties:
    return {name: value for name, value in properties.items() if bytes(value) != _NULL}


def _is_false(value: msgspec.Raw | None) -> bool:
    return value is not None and bytes(value) in (b"false", b'"false"')
