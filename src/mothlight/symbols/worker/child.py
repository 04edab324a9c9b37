"""The reading process: `python -m mothlight.symbols.worker.child FD START`, FD being its connection to the server."""

import contextlib
import ctypes
import gc
import resource
import signal
import sys
from multiprocessing.connection import Connection

import msgspec

from mothlight.symbols.container import Bad
from mothlight.symbols.formats import FORMATS
from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.formats.detect import Detected, detect
from mothlight.symbols.formats.prepared import BadContent, Prepared
from mothlight.symbols.look_ups import Kind, Reason, Unreadable
from mothlight.symbols.worker.messages import (
    Absent,
    Answers,
    Description,
    Done,
    Examine,
    Forget,
    Load,
    LookUp,
    Problem,
    Reply,
    Request,
    decode_request,
    encode,
)
from mothlight.symbols.worker.ready import Ready

MOST_PLACES = 100
"""Of one frame, the innermost ones: a mapping can be made that expands one frame to millions."""

_LARGE_BYTES = 1 << 20


class Start(msgspec.Struct, frozen=True):
    """What a reading process is told at its start."""

    bounds: Bounds
    ready_bytes: int
    most_seconds: int
    """After which it ends itself in the middle of a request, should the server be gone and not have ended it."""


class Child:
    """Carries out requests one by one."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._ready = Ready(start.ready_bytes)

    def serve(self, connection: Connection) -> None:
        """Until the server closes the connection."""
        while True:
            try:
                request = decode_request(connection.recv_bytes())
                data = connection.recv_bytes() if isinstance(request, Load | Examine) else b""
            except EOFError:
                return
            signal.alarm(self._start.most_seconds)
            reply = self._reply(request, data)
            size = len(data)
            del data
            connection.send_bytes(encode(reply))
            if size:
                _give_memory_back(size)
            signal.alarm(0)

    def _reply(self, request: Request, data: bytes) -> Reply:
        try:
            return self._carry_out(request, data)
        except Bad as error:
            return Problem(Unreadable(Reason.DATA, str(error)))
        except BadContent as error:
            return Problem(Unreadable(error.reason, str(error)))
        except MemoryError:
            return Problem(Unreadable(Reason.DATA, "reading it takes more memory than it may"))

    def _carry_out(self, request: Request, data: bytes) -> Reply:
        match request:
            case LookUp():
                return self._look_up(request)
            case Load():
                detected, prepared = self._prepare(data)
                self._ready.put(request.key, detected.kind, prepared)
                return Done()
            case Examine():
                detected, prepared = self._prepare(data)
                return Description(prepared.examine(detected))
            case Forget():
                self._ready.forget(request.key)
                return Done()

    def _prepare(self, data: bytes) -> tuple[Detected, Prepared]:
        bounds = self._start.bounds
        detected = detect(data, bounds.decoded_bytes)
        return detected, FORMATS[detected.kind](detected, bounds)

    def _look_up(self, request: LookUp) -> Reply:
        found = self._ready.find(request.key)
        if found is None:
            return Absent()
        kind, prepared = found
        if kind not in request.kinds:
            return Problem(Unreadable(Reason.DATA, wrong_kind(kind, request.kinds)))
        return Answers([prepared.look_up(question)[-MOST_PLACES:] for question in request.questions])


def wrong_kind(kind: Kind, wanted: list[Kind]) -> str:
    """What to tell who asks a frame's question of data for other frames."""
    return f"it is a {kind}, where a {' or '.join(wanted)} is needed"


def limit(bounds: Bounds) -> None:
    """Bound what this process may take. Where the system has no such bound, the server's clock still holds."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (bounds.address_space_bytes, bounds.address_space_bytes))


def main() -> None:
    """Serve the connection that the server gave."""
    # Who presses Ctrl-C means the server; this process ends with its connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Answers are many small objects without cycles: looking for cycles takes longer than making them.
    gc.disable()
    start = msgspec.json.decode(sys.argv[2], type=Start)
    limit(start.bounds)
    Child(start).serve(Connection(int(sys.argv[1])))


def _give_memory_back(size: int) -> None:
    """Let go of what was needed only while data of this size was read; of a large piece, return it to the system."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None and size > _LARGE_BYTES:
        trim(0)


if __name__ == "__main__":
    main()
