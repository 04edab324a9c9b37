"""Resolving a stack with symbol data (pipeline 9.3, 10)."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from mothlight.frames.platforms import resolve_frame
from mothlight.frames.stack import ReadStack, make_stack
from mothlight.frames.unified import Resolved
from mothlight.model.stack import RawFrame, Stack
from mothlight.symbols.failures import Failure, FailureCode
from mothlight.symbols.look_ups import (
    MOST_REFERENCE_BYTES,
    Kind,
    Places,
    Question,
    Reference,
    ReferenceKind,
    SymbolData,
    Unreadable,
)
from mothlight.symbols.platforms import PLATFORMS, SymbolPlatform
from mothlight.symbols.platforms.native import is_lead, is_member
from mothlight.symbols.platforms.outcome import Outcome

LONGEST_URL_BYTES = MOST_REFERENCE_BYTES - 3
"""A reference of more may be what is left of a longer address."""

Found = Mapping[Reference, SymbolData | Failure]
"""What is known of each reference. A reference that is not in it counts as one that nothing is known of."""


class Reader(Protocol):
    """Who answers: `reader.SymbolReader`."""

    def look_up(
        self, data: SymbolData, kinds: Sequence[Kind], questions: Sequence[Question]
    ) -> list[Places] | Unreadable:
        """The places of each question, or why the data cannot be used."""


class ResolvedStack(msgspec.Struct, frozen=True):
    """A stack, and what symbol data had to do with it."""

    stack: Stack
    used: set[Reference]
    """The symbol sets that answered for at least one frame."""
    missed: dict[Reference, Failure]
    """The references that frames waited for in vain, with the reason; the first one where frames differ.

    Also those of symbol sets that are there, but unreadable or without the place. Of a frame with several references,
    each.
    """
    frame_references: dict[str, Reference]
    """By `raw_id`: the symbol set that a frame was looked up in, whether it was found there or not."""
    waits: dict[str, Reference]
    """By `raw_id`: what would make a frame readable that is not.

    The symbol set that said nothing of it; where there is none, the one that is needed first. A frame that could be
    read as it was sent waits for a set too when its build has named one.
    """


class _Plan(NamedTuple):
    """How one raw frame is to be looked up."""

    raw: RawFrame
    platform: SymbolPlatform
    references: list[Reference]
    chosen: Reference | None
    source: SymbolData | Failure | None


def references_of(read: ReadStack) -> list[Reference]:
    """The references that the stack asks for, distinct, those needed first at the front."""
    return list(
        dict.fromkeys(
            reference
            for raw in _frames(read)
            if (platform := PLATFORMS.get(raw["platform"])) is not None
            for reference in platform.references(raw)
        )
    )


def urls_to_fetch(read: ReadStack, known: Container[str]) -> list[str]:
    """The addresses of scripts for whose frames nothing is known, neither by chunk id nor by address; distinct.

    Those of the frames at which it went wrong come first. Addresses that were cut for storage are not among them.
    """
    urls: dict[str, None] = {}
    for trace in read.traces:
        for raw in reversed(trace.frames if trace is not None else []):
            platform = PLATFORMS.get(raw["platform"])
            references = platform.references(raw) if platform is not None else []
            if any(each.value in known for each in references):
                continue
            urls.update((each.value, None) for each in references if each.kind is ReferenceKind.URL)
    return [url for url in urls if len(url.encode()) < LONGEST_URL_BYTES]


def resolve_stack(read: ReadStack, found: Found, reader: Reader) -> ResolvedStack:
    """The unified frames of a stack, looked up in what was found for its references.

    Raises what the `load` of symbol data raises. With nothing found, the stack is that of `frames.stack.resolve_stack`.
    """
    work = _Resolving(found, reader)
    work.ask([plan for raw in _frames(read) if (plan := work.plan(raw)) is not None])
    answers = [None if trace is None else work.resolve(trace.frames) for trace in read.traces]
    return ResolvedStack(make_stack(read, answers), work.used, work.missed, work.frame_references, work.waits)


class _Resolving:
    """The resolving of one stack."""

    def __init__(self, found: Found, reader: Reader) -> None:
        self.used: set[Reference] = set()
        self.missed: dict[Reference, Failure] = {}
        self.frame_references: dict[str, Reference] = {}
        self.waits: dict[str, Reference] = {}
        self._found = found
        self._reader = reader
        self._answers: dict[tuple[str, Question], Places] = {}
        self._problems: dict[tuple[str, tuple[Kind, ...]], Unreadable] = {}

    def plan(self, raw: RawFrame) -> _Plan | None:
        """How to look a frame up; None where symbols cannot help."""
        platform = PLATFORMS.get(raw["platform"])
        references = platform.references(raw) if platform is not None else []
        if platform is None or not references:
            return None
        chosen = next((reference for reference in references if reference in self._found), None)
        return _Plan(raw, platform, references, chosen, None if chosen is None else self._found[chosen])

    def ask(self, plans: Iterable[_Plan]) -> None:
        """Ask each symbol set once for all frames."""
        asked: dict[tuple[str, tuple[Kind, ...]], tuple[SymbolData, dict[Question, None]]] = {}
        for plan in plans:
            if isinstance(plan.source, SymbolData):
                key = (plan.source.key, plan.platform.KINDS)
                _, questions = asked.setdefault(key, (plan.source, {}))
                questions.update(dict.fromkeys(plan.platform.questions(plan.raw)))
        for (_, kinds), (data, questions) in asked.items():
            answer = self._reader.look_up(data, kinds, list(questions))
            if isinstance(answer, Unreadable):
                self._problems[data.key, kinds] = answer
            else:
                self._answers.update(zip(((data.key, question) for question in questions), answer, strict=True))

    def resolve(self, frames: Sequence[RawFrame]) -> list[Resolved]:
        """The unified frames of one exception."""
        resolved: list[Resolved] = []
        lead: RawFrame | None = None
        is_replaced = False
        for raw in frames:
            if lead is not None and is_member(raw, lead):
                if not is_replaced:
                    resolved.extend(resolve_frame(raw))
                continue
            outcome = self._resolve_frame(raw)
            lead = raw if is_lead(raw) else None
            is_replaced = outcome.failure is None and len(outcome.frames) > 1
            resolved.extend(outcome.frames)
        return resolved

    def _resolve_frame(self, raw: RawFrame) -> Outcome:
        plan = self.plan(raw)
        if plan is None:
            return Outcome(resolve_frame(raw))
        outcome = self._look_up(plan)
        self._note(plan, outcome)
        return outcome

    def _look_up(self, plan: _Plan) -> Outcome:
        if plan.source is None:
            frames = resolve_frame(plan.raw)
            return Outcome(frames, Failure(FailureCode.NO_SYMBOL_SET, frames[0].frame.get("resolve_failure", "")))
        if isinstance(plan.source, Failure):
            return Outcome([plan.platform.failed(plan.raw, plan.source)], plan.source)
        problem = self._problems.get((plan.source.key, plan.platform.KINDS))
        if problem is not None:
            failure = plan.platform.unreadable(problem)
            return Outcome([plan.platform.failed(plan.raw, failure)], failure)
        key = plan.source.key
        return plan.platform.answered(
            plan.raw, [self._answers[key, question] for question in plan.platform.questions(plan.raw)]
        )

    def _note(self, plan: _Plan, outcome: Outcome) -> None:
        if plan.chosen is not None:
            self.frame_references.update((each.frame["raw_id"], plan.chosen) for each in outcome.frames)
        if outcome.failure is None and plan.chosen is not None:
            self.used.add(plan.chosen)
        elif outcome.failure is not None:
            for reference in plan.references:
                self.missed.setdefault(reference, outcome.failure)
            awaited = plan.chosen if isinstance(plan.source, SymbolData) else None
            awaited = awaited or plan.references[0]
            self.waits.update(
                (each.frame["raw_id"], awaited)
                for each in outcome.frames
                if not each.frame["resolved"] or awaited.kind != ReferenceKind.URL
            )


def _frames(read: ReadStack) -> Iterable[RawFrame]:
    return (raw for trace in read.traces if trace is not None for raw in trace.frames)
