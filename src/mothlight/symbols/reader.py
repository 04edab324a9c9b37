"""Reading symbol data in processes that can be killed: what to call from the server."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence

import msgspec
import structlog

from mothlight.kit.recent import Recent
from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.look_ups import Examined, Kind, Places, Question, Reason, SymbolData, Unreadable
from mothlight.symbols.worker.child import Start
from mothlight.symbols.worker.messages import (
    Absent,
    Answers,
    Description,
    Examine,
    Forget,
    Load,
    LookUp,
    Problem,
    Reply,
    Request,
)
from mothlight.symbols.worker.process import Gone, Process

log = structlog.get_logger(__name__)

Seconds = Callable[[], float]
"""A clock that never goes back, as `time.monotonic`."""

_REMEMBERED_PROBLEMS = 10_000
_ALARM_SECONDS = 5
"""How much later than the server's clock a process ends itself."""


class ReaderBounds(msgspec.Struct, frozen=True):
    """How much the reading of symbol data may take."""

    processes: int = 2
    cache_bytes: int = 100_000_000
    """Of prepared symbol data, in all processes together."""
    load_seconds: float = 30
    """To make one piece of symbol data ready."""
    answer_seconds: float = 10
    """To answer the questions of one stack."""
    hard_failure_seconds: float = 300
    """How long data that crashed a process, or took too long, is not tried again."""
    answers: int = 2_000
    """Answers kept here, so that a frame that comes again asks no process. One with source lines takes about 12 KB."""
    data: Bounds = Bounds()


class SymbolReader:
    """A few processes that read symbol data. Thread-safe; calls block; processes start when they are needed."""

    def __init__(self, bounds: ReaderBounds, monotonic: Seconds) -> None:
        self._bounds = bounds
        self._monotonic = monotonic
        start = Start(
            bounds=bounds.data,
            ready_bytes=bounds.cache_bytes // bounds.processes,
            most_seconds=int(max(bounds.load_seconds, bounds.answer_seconds)) + _ALARM_SECONDS,
        )
        self._processes = [Process(start) for _ in range(bounds.processes)]
        self._lock = threading.Lock()
        self._busy: dict[str, tuple[threading.Lock, int]] = {}
        self._waiting = [0] * bounds.processes
        self._problems: Recent[str, tuple[float | None, Unreadable]] = Recent(_REMEMBERED_PROBLEMS)
        self._answers: Recent[tuple[str, Question], Places] = Recent(bounds.answers)

    def examine(self, data: bytes) -> Examined | Unreadable:
        """What the bytes are, or why they cannot be used."""
        with self._room_in(self._idlest()) as process:
            reply = self._ask(process, Examine(), data, self._bounds.load_seconds)
        if isinstance(reply, Gone):
            return Unreadable(Reason.DATA, str(reply))
        return reply.examined if isinstance(reply, Description) else _problem(reply)

    def look_up(
        self, data: SymbolData, kinds: Sequence[Kind], questions: Sequence[Question]
    ) -> list[Places] | Unreadable:
        """The places of each question; why the data cannot be used, if it cannot, or is of none of the `kinds`.

        Raises only what `data.load` raises.
        """
        known = self._remembered(data.key, questions)
        if isinstance(known, Unreadable):
            return known
        missing = list(dict.fromkeys(question for question in questions if question not in known))
        if missing:
            answer = self._look_up(data, LookUp(data.key, list(kinds), missing))
            if isinstance(answer, Unreadable):
                return answer
            known.update(zip(missing, answer, strict=True))
            with self._lock:
                for question in missing:
                    self._answers.put((data.key, question), known[question])
        return [known[question] for question in questions]

    def forget(self, key: str) -> None:
        """Let go of data that nobody should use any more, and of what is remembered about its problems."""
        with self._lock:
            self._problems.forget(key)
            self._answers = Recent(self._bounds.answers)
        for process in self._processes:
            with process.lock:
                if key in process.holds:
                    self._ask(process, Forget(key), None, self._bounds.answer_seconds)
                    process.holds.discard(key)

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            with process.lock:
                process.stop()

    # --- asking ---

    def _look_up(self, data: SymbolData, request: LookUp) -> list[Places] | Unreadable:
        # One at a time for each data: whoever comes while it is loaded waits, and finds it ready.
        with self._alone_with(data.key):
            holder = self._holder(data.key)
            # Loaded before a process is taken, because storage may be slow.
            content = None if holder is not None else data.load()
            with self._room_in(self._idlest() if holder is None else holder) as process:
                return self._look_up_in(process, data, content, request)

    def _look_up_in(
        self, process: Process, data: SymbolData, content: bytes | None, request: LookUp
    ) -> list[Places] | Unreadable:
        reply: Reply | Gone = Absent()
        if content is None:
            reply = self._ask(process, request, None, self._bounds.answer_seconds)
        if isinstance(reply, Absent):
            loaded = self._ask(process, Load(data.key), content or data.load(), self._bounds.load_seconds)
            if isinstance(loaded, Problem | Gone):
                return self._remember_problem(data.key, loaded)
            process.holds.add(data.key)
            reply = self._ask(process, request, None, self._bounds.answer_seconds)
        if isinstance(reply, Answers) and len(reply.places) == len(request.questions):
            return reply.places
        if isinstance(reply, Gone):
            return self._remember_problem(data.key, reply)
        # Of the wrong kind for these questions; others may be in their place.
        return _problem(reply)

    @staticmethod
    def _ask(process: Process, request: Request, data: bytes | None, seconds: float) -> Reply | Gone:
        try:
            return process.ask(request, data, seconds)
        except Gone as gone:
            log.warning("symbol_process_lost", reason=str(gone), request=type(request).__name__)
            return gone

    @contextlib.contextmanager
    def _alone_with(self, key: str) -> Iterator[None]:
        """Nobody else looks anything up in the same data."""
        with self._lock:
            lock, users = self._busy.get(key, (threading.Lock(), 0))
            self._busy[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._busy.pop(key)
                if users > 1:
                    self._busy[key] = (lock, users - 1)

    def _holder(self, key: str) -> int | None:
        """The process that has the data ready, as far as can be known here."""
        return next((index for index, process in enumerate(self._processes) if key in process.holds), None)

    def _idlest(self) -> int:
        with self._lock:
            return min(range(len(self._processes)), key=self._waiting.__getitem__)

    @contextlib.contextmanager
    def _room_in(self, index: int) -> Iterator[Process]:
        """The process, for the caller alone."""
        with self._lock:
            self._waiting[index] += 1
        try:
            with self._processes[index].lock:
                yield self._processes[index]
        finally:
            with self._lock:
                self._waiting[index] -= 1

    # --- remembering ---

    def _remembered(self, key: str, questions: Sequence[Question]) -> dict[Question, Places] | Unreadable:
        with self._lock:
            known = self._problems.get(key)
            if known is not None:
                until, problem = known
                if until is None or self._monotonic() < until:
                    return problem
            found = ((question, self._answers.get((key, question))) for question in questions)
            return {question: places for question, places in found if places is not None}

    def _remember_problem(self, key: str, reply: Problem | Gone) -> Unreadable:
        problem = Unreadable(Reason.DATA, str(reply)) if isinstance(reply, Gone) else reply.problem
        until = self._monotonic() + self._bounds.hard_failure_seconds if isinstance(reply, Gone) else None
        with self._lock:
            self._problems.put(key, (until, problem))
        return problem


def _problem(reply: Reply) -> Unreadable:
    """What is wrong; also when the answer is none to the question, as only code that took a process over gives."""
    return (
        reply.problem if isinstance(reply, Problem) else Unreadable(Reason.DATA, "its parser gave a senseless answer")
    )
