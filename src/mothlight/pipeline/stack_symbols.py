"""Resolves one stack with the symbol sets of its project (pipeline.md 9.3, 9.8)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mothlight.frames.stack import ReadStack
from mothlight.model.stack import ExceptionEntry, Stack, StackSymbols
from mothlight.storage.metadata.repositories.symbol_sets import SymbolSet
from mothlight.symbol_sets.find import FileMissing, SymbolSets
from mothlight.symbols.exceptions import TypeName, resolve_type
from mothlight.symbols.failures import Failure, FailureCode
from mothlight.symbols.look_ups import Reference, SymbolData
from mothlight.symbols.stack import Reader, references_of, resolve_stack

Sets = Mapping[str, SymbolSet]
"""Complete symbol sets by reference."""


class StackResolver:
    """Asks for the symbol sets of stacks, and what they say."""

    def __init__(self, sets: SymbolSets, reader: Reader) -> None:
        self.sets = sets
        self._reader = reader

    def resolve(self, project_id: int, read: ReadStack, sets: Sets, version: int) -> tuple[Stack, StackSymbols]:
        """The stack as these sets show it, with that version, and what they had to do with it.

        Raises:
            Unavailable: the files or the database are away.
        """
        found = self._found(project_id, read, sets)
        while True:
            try:
                resolved = resolve_stack(read, found, self._reader)
                break
            except FileMissing as missing:
                self._forget(project_id, found, missing.found)
        symbols = StackSymbols(
            offered=offered(sets),
            used=sorted({reference.value for reference in resolved.used}),
            frames={raw_id: reference.value for raw_id, reference in resolved.frame_references.items()},
            waits={raw_id: reference.value for raw_id, reference in resolved.waits.items()},
        )
        return msgspec.structs.replace(resolved.stack, version=version), symbols

    def rename(self, project_id: int, names: Sequence[TypeName], read: ReadStack, sets: Sets) -> list[TypeName]:
        """The original types and modules of exceptions.

        Raises:
            Unavailable: the files or the database are away.
        """
        found = self._found(project_id, read, sets)
        while True:
            try:
                return [
                    resolve_type(name, trace, found, self._reader)
                    for name, trace in zip(names, read.traces, strict=True)
                ]
            except FileMissing as missing:
                self._forget(project_id, found, missing.found)

    def _found(self, project_id: int, read: ReadStack, sets: Sets) -> dict[Reference, SymbolData | Failure]:
        return {
            reference: self.sets.data(project_id, sets[reference.value])
            for reference in references_of(read)
            if reference.value in sets
        }

    def _forget(self, project_id: int, found: dict[Reference, SymbolData | Failure], missing: SymbolSet) -> None:
        self.sets.drop_dangling(project_id, missing)
        failure = Failure(FailureCode.NO_SYMBOL_SET, f"No sourcemap uploaded for chunk id: {missing.ref}")
        found.update((reference, failure) for reference in [*found] if reference.value == missing.ref)


def refs_of(read: ReadStack) -> tuple[str, ...]:
    """What the stack asks for, as symbol sets are named; distinct."""
    return tuple(dict.fromkeys(reference.value for reference in references_of(read)))


def offered(sets: Sets) -> dict[str, str]:
    """Which file each reference led to."""
    return {ref: each.storage_key for ref, each in sets.items() if each.storage_key is not None}


def release_ids(symbols: StackSymbols, sets: Sets) -> tuple[UUID, ...]:
    """The releases of the sets that resolved a frame."""
    found = (sets[ref].release_id for ref in symbols.used if ref in sets)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def type_name(entry: ExceptionEntry) -> TypeName:
    """What an exception is called."""
    module = entry.rest.get("module")
    return TypeName(entry.type, module if isinstance(module, str) else None)


def renamed(entry: ExceptionEntry, name: TypeName) -> ExceptionEntry:
    """The exception with that type and module."""
    if name == type_name(entry):
        return entry
    rest = entry.rest if name.module is None else {**entry.rest, "module": name.module}
    return msgspec.structs.replace(entry, type=name.type, rest=rest)
