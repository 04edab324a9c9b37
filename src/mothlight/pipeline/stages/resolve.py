"""Sees to it that the stack of every exception is stored with its frames resolved, once (design 1).

A stack whose project has no symbol sets is stored as it was sent. Where there are some, a stack is looked at again each
time they change: it is resolved anew, as a newer version, when a set that it asks for has arrived or was replaced. What
a set has made readable stays so when the set is deleted.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from mothlight.frames.stack import resolve_stack
from mothlight.kit.clock import Clock
from mothlight.kit.recent import Recent
from mothlight.model.stack import ExceptionEntry, Stack
from mothlight.pipeline.stack_symbols import Sets, StackResolver, refs_of, release_ids, renamed, type_name
from mothlight.pipeline.stages.normalise import read_sent
from mothlight.pipeline.states import NO_SYMBOLS, Batch, EventSymbols, Normalised, Resolved
from mothlight.pipeline.stored_stacks import FIRST, StoredStack, StoredStacks, is_better, next_version, stack_row
from mothlight.pipeline.stored_stacks import NO_SYMBOLS as NO_STACK_SYMBOLS
from mothlight.storage.events.interface import EventStore
from mothlight.storage.events.rows import StackRow
from mothlight.storage.metadata.repositories.symbol_sets import TOUCH_EVERY
from mothlight.symbols.exceptions import TypeName

REMEMBERED = 50_000
"""Stacks known to be stored."""
REMEMBERED_RESOLVED = 200
"""Stacks whose frames are at hand, for issues that begin with them."""
REMEMBERED_NAMES = 10_000
"""Exceptions of a stack whose original types are known."""

StackKey = tuple[int, str]
_Names = list[TypeName]


class _Known(msgspec.Struct, frozen=True):
    """A stack that is stored."""

    stored: StoredStack
    checked: int
    """The version of the project's symbol sets when it was looked at last."""
    until: datetime | None = None
    """When it is to be looked at again, so that its sets count as used; None where it has none."""
    refs: tuple[str, ...] | None = None
    """What it asks for; None where nobody had to know yet."""
    event: EventSymbols = NO_SYMBOLS


_UNRESOLVED = _Known(StoredStack(FIRST, NO_STACK_SYMBOLS, None), 0)


class Resolve:
    """Knows which stacks are stored: for those, a look-up is all there is to do."""

    def __init__(self, store: EventStore, resolver: StackResolver, clock: Clock) -> None:
        self._stacks = StoredStacks(store)
        self._resolver = resolver
        self._clock = clock
        self._stored: Recent[StackKey, _Known] = Recent(REMEMBERED)
        self._resolved: Recent[StackKey, Stack] = Recent(REMEMBERED_RESOLVED)
        self._names: Recent[tuple[object, ...], _Names] = Recent(REMEMBERED_NAMES)

    def __call__(self, batch: Batch[Normalised], symbols_versions: Mapping[int, int]) -> Batch[Resolved]:
        """Store the stacks that are new, and those that symbol sets show otherwise than before.

        `symbols_versions`: of the batch's projects, read before this call.
        """
        now = self._clock()
        outdated: dict[StackKey, Normalised] = {}
        stored = self._stored
        for item in batch.items:
            key = (item.event.project_id, item.stack)
            if item.has_stack and key not in outdated:
                known = stored.get(key)
                if (
                    known is None
                    or known.checked != symbols_versions[key[0]]
                    or (known.until is not None and known.until <= now)
                ):
                    outdated[key] = item
        if outdated:
            self._bring_up_to_date(outdated, symbols_versions, now)
        if not any(symbols_versions.values()):
            return batch.hand_on([Resolved(item) for item in batch.items])
        return batch.hand_on([Resolved(item, self._symbols_of(item)) for item in batch.items])

    def stack_of(self, item: Normalised, version: int) -> Stack:
        """The item's stack with its frames, as it is stored."""
        if version == FIRST:
            return unresolved_stack(item)
        key = (item.event.project_id, item.stack)
        stack = self._resolved.get(key)
        if stack is None or stack.version != version:
            stack = self._stacks.with_frames(key[0], [key[1]])[key[1]]
            self._resolved.put(key, stack)
        return stack

    # --- what is stored ---

    def _bring_up_to_date(
        self, outdated: Mapping[StackKey, Normalised], symbols_versions: Mapping[int, int], now: datetime
    ) -> None:
        by_project: dict[int, dict[str, Normalised]] = {}
        for (project_id, stack), item in outdated.items():
            by_project.setdefault(project_id, {})[stack] = item
        for project_id, items in by_project.items():
            version = symbols_versions[project_id]
            if version == 0:
                self._store_unresolved(project_id, items)
            else:
                self._look_again(project_id, items, version, now)

    def _store_unresolved(self, project_id: int, items: Mapping[str, Normalised]) -> None:
        known = self._stacks.known(project_id, items)
        rows: list[StackRow] = []
        for stack, item in items.items():
            if stack not in known:
                self._resolve(item, {}, None, 0, rows)
        self._stacks.insert(rows)
        for stack in items:
            self._stored.put((project_id, stack), _UNRESOLVED)

    def _look_again(self, project_id: int, items: Mapping[str, Normalised], checked: int, now: datetime) -> None:
        refs = {stack: self._refs(project_id, stack, item) for stack, item in items.items()}
        present = self._find_stored(project_id, items)
        found = self._resolver.sets.find(project_id, {ref for some in refs.values() for ref in some})
        rows: list[StackRow] = []
        for stack, item in items.items():
            sets = {ref: found[ref] for ref in refs[stack] if ref in found}
            stored = present.get(stack)
            if stored is None or is_better(sets, stored.symbols):
                present[stack] = self._resolve(item, sets, stored, checked, rows)
        self._stacks.insert(rows)
        for stack in items:
            self._stored.put((project_id, stack), _known(present[stack], checked, now, refs[stack], found))

    def _resolve(
        self, item: Normalised, sets: Sets, stored: StoredStack | None, checked: int, rows: list[StackRow]
    ) -> StoredStack:
        """Resolve a stack, whose row is added to the others."""
        version = next_version(stored, checked) if sets else FIRST
        project_id = item.event.project_id
        read = read_sent(item.sent)
        stack, symbols = self._resolver.resolve(project_id, read, sets, version)
        if version != FIRST:
            self._resolved.put((project_id, item.stack), stack)
        created_at = item.event.received_at if stored is None else stored.created_at
        rows.append(stack_row(stack, symbols, refs_of(read), project_id, created_at or item.event.received_at))
        return StoredStack(version, symbols, created_at)

    def _refs(self, project_id: int, stack: str, item: Normalised) -> tuple[str, ...]:
        known = self._stored.get((project_id, stack))
        return known.refs if known is not None and known.refs is not None else refs_of(read_sent(item.sent))

    def _find_stored(self, project_id: int, stacks: Iterable[str]) -> dict[str, StoredStack]:
        """Those of the stacks that are stored."""
        remembered = {stack: self._stored.get((project_id, stack)) for stack in stacks}
        found = {
            stack: known.stored
            for stack, known in remembered.items()
            if known is not None and known.stored.created_at is not None
        }
        return {**found, **self._stacks.find(project_id, remembered.keys() - found.keys())}

    # --- what an event gets ---

    def _symbols_of(self, item: Normalised) -> EventSymbols:
        known = self._stored.get((item.event.project_id, item.stack)) if item.has_stack else None
        if known is None or known.event is NO_SYMBOLS:
            return NO_SYMBOLS
        entries = self._rename(item, known)
        return known.event if entries is None else msgspec.structs.replace(known.event, entries=entries)

    def _rename(self, item: Normalised, known: _Known) -> list[ExceptionEntry] | None:
        """The exceptions with their original types; None where they have them."""
        names = [type_name(entry) for entry in item.entries]
        key = (item.event.project_id, item.stack, known.stored.version, *names)
        original = self._names.get(key)
        if original is None:
            sets = self._resolver.sets.find(item.event.project_id, known.refs or ())
            original = self._resolver.rename(item.event.project_id, names, read_sent(item.sent), sets)
            self._names.put(key, original)
        if original == names:
            return None
        return [renamed(entry, name) for entry, name in zip(item.entries, original, strict=True)]


def unresolved_stack(item: Normalised) -> Stack:
    """The item's stack with its frames as they were sent."""
    return resolve_stack(read_sent(item.sent))


def _known(stored: StoredStack, checked: int, now: datetime, refs: tuple[str, ...], found: Sets) -> _Known:
    event = NO_SYMBOLS
    if stored.version != FIRST:
        event = EventSymbols(stored.version, release_ids(stored.symbols, found))
    until = now + TOUCH_EVERY if any(ref in found for ref in refs) else None
    return _Known(stored, checked, until, refs, event)
