"""Sees to it that the stack of every exception is stored with its frames resolved, once (design 1)."""

from collections.abc import Iterable

import msgspec

from mothlight.frames.stack import resolve_stack
from mothlight.kit.recent import Recent
from mothlight.model.stack import Stack
from mothlight.pipeline.moments import moment_text
from mothlight.pipeline.stages.normalise import read_sent
from mothlight.pipeline.states import Batch, Normalised, Resolved
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.rows import StackRow

REMEMBERED = 50_000
"""Stacks known to be stored."""

StackKey = tuple[int, str]


class Resolve:
    """Knows which stacks are stored: for those, a look-up is all there is to do."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._stored: Recent[StackKey, bool] = Recent(REMEMBERED)

    def __call__(self, batch: Batch[Normalised]) -> Batch[Resolved]:
        """Store the stacks that are new."""
        unknown: dict[StackKey, Normalised] = {}
        stored = self._stored
        for item in batch.items:
            key = (item.event.project_id, item.stack)
            if item.has_stack and key not in unknown and stored.get(key) is None:
                unknown[key] = item
        if unknown:
            self._store_new(unknown)
        return batch.hand_on([Resolved(item) for item in batch.items])

    def _store_new(self, unknown: dict[StackKey, Normalised]) -> None:
        known = self._find_stored(unknown)
        self._store.insert_stacks([_stack_row(item) for key, item in unknown.items() if key not in known])
        for key in unknown:
            self._stored.put(key, value=True)

    def _find_stored(self, keys: Iterable[StackKey]) -> set[StackKey]:
        by_project: dict[int, list[str]] = {}
        for project_id, stack in keys:
            by_project.setdefault(project_id, []).append(stack)
        return {
            (project_id, stack)
            for project_id, stacks in by_project.items()
            for stack in self._store.known_stacks(project_id, stacks)
        }


def resolved_stack(item: Normalised) -> Stack:
    """The item's stack with its frames."""
    return resolve_stack(read_sent(item.sent))


def _stack_row(item: Normalised) -> StackRow:
    stack = resolved_stack(item)
    return StackRow(
        project_id=item.event.project_id,
        hash=stack.hash,
        version=stack.version,
        created_at=moment_text(item.event.received_at),
        raw=_json(stack.raw),
        frames=_json(stack.frames),
        contexts=_json(stack.contexts),
        legacy=stack.legacy,
        sources=stack.sources,
        functions=stack.functions,
        texts=stack.texts,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
