"""`$set`, `$set_once` and `$unset` of an event's root, which clients also write into its properties (ingest 4)."""

from typing import Any

import msgspec

Properties = dict[str, msgspec.Raw]

NOTHING = msgspec.Raw()
"""A field that was not sent."""

_NULL = msgspec.Raw(b"null")

_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_lists = msgspec.json.Decoder(list[Any])


def move_into_properties(properties: Properties, name: str, root: msgspec.Raw) -> None:
    """Put the root's field among the properties, where it wins key by key."""
    if root in (NOTHING, _NULL):
        return
    merged = _merged_lists(root, properties) if name == "$unset" else _merged_objects(root, properties.get(name))
    if merged is not None:
        properties[name] = merged


def _merged_objects(root: msgspec.Raw, inner: msgspec.Raw | None) -> msgspec.Raw | None:
    winner = _object(root)
    if winner is None:
        return None
    loser = None if inner is None else _object(inner)
    return root if loser is None else msgspec.Raw(msgspec.json.encode({**loser, **winner}))


def _merged_lists(root: msgspec.Raw, properties: Properties) -> msgspec.Raw | None:
    first, second = _list(root), _list(properties.get("$unset", NOTHING))
    if first is None:
        return None
    if second is None:
        return root
    return msgspec.Raw(msgspec.json.encode([*first, *(key for key in second if key not in first)]))


def _object(text: msgspec.Raw) -> Properties | None:
    try:
        return _objects.decode(text)
    except msgspec.DecodeError:
        return None


def _list(text: msgspec.Raw) -> list[Any] | None:
    try:
        return _lists.decode(text)
    except msgspec.DecodeError:
        return None
