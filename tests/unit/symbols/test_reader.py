"""The reader: processes that may crash, hang or eat memory without the server noticing more than a sentence."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from mothlight.symbols.container import DataType, pack, pack_script
from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.look_ups import ClassName, Kind, Place, Position, Reason, SymbolData, Unreadable
from mothlight.symbols.reader import ReaderBounds, SymbolReader
from tests.support.source_maps import source_map
from tests.support.symbols import symbol_data

MAPPING = pack(DataType.MAPPING, b"shop.Cart -> a:\n")
ASKED = ClassName("a")
FOUND = [[Place(module="shop.Cart")]]


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self):
        return self.now


class Store:
    """Counts how often data is loaded."""

    def __init__(self, content, key="1:hash"):
        self.loads = 0
        self.data = SymbolData(key, self.load)
        self._content = content

    def load(self):
        self.loads += 1
        return self._content


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(clock):
    readers = []

    def make_reader(**bounds):
        readers.append(SymbolReader(ReaderBounds(**bounds), clock))
        return readers[-1]

    yield make_reader
    for reader in readers:
        reader.close()


def ask(reader, data, *questions, kinds=(Kind.MAPPING,)):
    return reader.look_up(data, kinds, list(questions or (ASKED,)))


def processes():
    """The ids of this process's children, and what they run."""
    children = (Path("/proc/self/task") / str(os.getpid()) / "children").read_text().split()
    return {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}


def readers_running():
    return {pid for pid, command in processes().items() if b"mothlight.symbols.worker.child" in command}


@pytest.fixture
def pids():
    before = readers_running()
    return lambda: readers_running() - before


def heavy_map(functions=60_000):
    script = b"".join(b"function f%d(n){return n>%d?b(n):c.d(n)}" % (n, n) for n in range(functions))
    return pack_script(script, source_map([[(0, 0, 0, 0)]], sources=["a"]))


def test_data_is_loaded_once_and_answers_are_remembered(make):
    reader, store = make(processes=1), Store(MAPPING)

    first = ask(reader, store.data)
    second = ask(reader, store.data, ClassName("b"), ASKED, ASKED)

    assert (first, second, store.loads) == (FOUND, [[], FOUND[0], FOUND[0]], 1)


def test_processes_start_when_they_are_needed_and_end_with_the_reader(make, pids):
    reader = make(processes=2)
    assert pids() == set()

    ask(reader, symbol_data(MAPPING))
    assert len(pids()) == 1

    reader.close()
    assert pids() == set()


def test_a_process_knows_nothing_of_the_servers_environment(make, pids, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_DATABASE_URL", "postgresql://mothlight:secret@db/mothlight")
    ask(make(), symbol_data(MAPPING))

    (pid,) = pids()
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    inherited = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
    assert b"secret" not in environment
    assert b"MOTHLIGHT" not in environment
    assert len([name for name in inherited if not name.startswith("/dev/null")]) <= 1  # the connection


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_process_that_dies_while_idle_is_replaced_without_a_trace(make, pids, how):
    reader, store = make(processes=1), Store(MAPPING)
    ask(reader, store.data)
    (pid,) = pids()

    os.kill(pid, how)
    wait_until(lambda: is_zombie(pid))
    again = ask(reader, store.data, ClassName("b"), ASKED)

    assert (again, store.loads) == ([[], FOUND[0]], 2)


def test_data_that_takes_too_long_is_given_up_and_left_alone_for_a_while(make, clock):
    reader, store = make(processes=1, load_seconds=0.6, hard_failure_seconds=300), Store(heavy_map(300_000))
    ask(reader, symbol_data(MAPPING))  # the process runs
    asked = {"kinds": (Kind.SCRIPT_MAP,)}

    began = time.monotonic()
    answer = ask(reader, store.data, Position(1, 5), **asked)
    took = time.monotonic() - began
    again = ask(reader, store.data, Position(1, 6), **asked)
    other = ask(reader, symbol_data(MAPPING))

    assert answer == again == Unreadable(Reason.DATA, "reading it took longer than 0.6 seconds")
    assert took < 3
    assert (store.loads, other) == (1, FOUND)
    clock.now = 301
    ask(reader, store.data, Position(1, 6), **asked)
    assert store.loads == 2


def test_data_that_takes_too_much_memory_is_given_up(make):
    reader = make(processes=1, data=Bounds(address_space_bytes=700 << 20))
    data = pack(DataType.MAPPING, b"a.B -> c:\n" + bytes(400 << 20))

    answer = ask(reader, symbol_data(data))
    other = ask(reader, symbol_data(MAPPING))

    assert isinstance(answer, Unreadable)
    assert answer.detail.startswith(("reading it takes more memory than it may", "its parser failed"))
    assert other == FOUND


def test_broken_data_is_read_once(make):
    reader, store = make(), Store(pack(DataType.MAPPING, b"nothing"))

    first, second = ask(reader, store.data), ask(reader, store.data)

    assert first == second == Unreadable(Reason.CONTENT, "it names no class")
    assert store.loads == 1


def test_forgotten_data_is_read_again(make):
    reader, broken, sound = make(), Store(b"junk", "broken"), Store(MAPPING, "sound")
    for store in (broken, sound):
        ask(reader, store.data)

    for store in (broken, sound):
        reader.forget(store.data.key)
        ask(reader, store.data)

    assert (broken.loads, sound.loads) == (2, 2)


def test_what_was_not_used_for_longest_makes_room(make):
    reader = make(processes=1, cache_bytes=3 * 3 * 1_000)
    stores = [Store(pack(DataType.MAPPING, b"shop.C -> a:\n" + b"#" * 987), str(number)) for number in range(4)]

    for number in (0, 1, 2, 0, 3):  # 1 goes
        ask(reader, stores[number].data, ClassName(f"first{number}{time.monotonic()}"))
    for number in (0, 2, 3):
        ask(reader, stores[number].data, ClassName("second"))
    assert [store.loads for store in stores] == [1, 1, 1, 1]

    ask(reader, stores[1].data, ClassName("second"))
    assert stores[1].loads == 2


def test_data_larger_than_the_cache_still_answers(make):
    reader = make(processes=1, cache_bytes=10)

    for _ in range(2):
        assert ask(reader, symbol_data(MAPPING)) == FOUND


def test_what_load_raises_comes_through_and_harms_nothing(make):
    reader = make(processes=1)

    def away():
        raise ConnectionError("storage is away")

    for _ in range(2):
        with pytest.raises(ConnectionError):
            ask(reader, SymbolData("1:hash", away))

    assert ask(reader, SymbolData("1:hash", lambda: MAPPING)) == FOUND


def test_many_threads_ask_at_once(make):
    reader = make(processes=2)
    stores = [Store(pack(DataType.MAPPING, f"shop.C{n} -> a:\n".encode()), str(n)) for n in range(8)]
    wrong = []

    def work(seed):
        for turn in range(40):
            number = (seed * 3 + turn) % 8
            if ask(reader, stores[number].data, ClassName("a"), ClassName(f"x{seed}.{turn}")) != [
                [Place(module=f"shop.C{number}")],
                [],
            ]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert [store.loads for store in stores] == [1] * 8


def test_a_slow_one_does_not_hold_up_the_others(make):
    reader = make(processes=2)
    ask(reader, symbol_data(MAPPING))
    slow = threading.Thread(target=ask, args=(reader, symbol_data(heavy_map(150_000)), Position(1, 1)))
    slow.start()
    wait_until(lambda: any(waiting for waiting in reader._waiting))

    took = []
    while slow.is_alive():
        began = time.monotonic()
        ask(reader, symbol_data(pack(DataType.MAPPING, f"a.B -> c{len(took)}:\n".encode())))
        took.append(time.monotonic() - began)
    slow.join()

    assert took
    assert max(took[1:], default=0) < 1.5


@pytest.mark.parametrize("data", [b"", b"junk", MAPPING[:30], pack(DataType.ELF, b"PK\3\4junk")])
def test_an_upload_that_cannot_be_used_is_told_in_words(make, data):
    answer = make().examine(data)

    assert isinstance(answer, Unreadable)
    assert len(answer.detail) > 10


def is_zombie(pid):
    return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
