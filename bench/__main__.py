"""`python -m bench` measures everything and prints the figures as JSON; the table for people goes to standard error."""

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

from bench import ingest, queries
from bench.arrivals import measure_arrivals
from bench.limits import measure_limits
from bench.pages import Pages, measure_pages, pages_table
from bench.repair import RepairFigures, measure_repair
from bench.report import FIGURE_MARKS, SCALE_MARKS, Figures, Machine, Size, table, write_into
from bench.rules import RuleFigures, measure_rules
from bench.scale import Scale, measure_scale, scale_table
from bench.server import Server
from bench.storm import EVENTS as STORM_EVENTS
from bench.storm import measure_storm
from bench.symbols import measure_symbols
from mothlight import __version__

STARTS = 3
DAYS = 30


def main() -> None:
    """Read the options, measure, report."""
    options = read_options()
    if options.render:
        if options.questions:
            scales = [msgspec.json.decode(path.read_bytes(), type=Scale) for path in options.figures]
            write_into(options.render, scale_table(scales), SCALE_MARKS)
        else:
            runs = [msgspec.json.decode(path.read_bytes(), type=Figures) for path in options.figures]
            write_into(options.render, table(runs), FIGURE_MARKS)
        return
    if options.symbols:
        encoded = msgspec.json.encode(measure_symbols())
        sys.stdout.buffer.write(msgspec.json.format(encoded, indent=2) + b"\n")
        return
    if options.arrivals:
        encoded = msgspec.json.encode(measure_arrivals(options.seconds))
        sys.stdout.buffer.write(msgspec.json.format(encoded, indent=2) + b"\n")
        return
    if options.storm:
        encoded = msgspec.json.encode(measure_storm(options.storm))
        sys.stdout.buffer.write(msgspec.json.format(encoded, indent=2) + b"\n")
        return
    with tempfile.TemporaryDirectory(prefix="mothlight-bench-", dir=options.directory) as folder:
        if options.rules:
            found = measure_rules(Path(folder), options.events, options.stacks, options.seconds, describe_machine())
            write(found, options.output)
        elif options.repair:
            write(measure_repair(Path(folder) / "data", options.events, options.stacks), options.output)
        elif options.pages:
            pages = measure_pages(
                (options.keep or Path(folder)) / "data",
                options.events,
                options.stacks,
                options.rounds,
                describe_machine(),
            )
            write(pages, options.output)
            print(pages_table(pages), file=sys.stderr)
        elif options.questions:
            data_dir = (options.keep or Path(folder)) / "data"
            machine = describe_machine()
            scale = measure_scale(data_dir, options.events, options.stacks, options.rounds, machine)
            write(scale, options.output)
            print(scale_table([scale]), file=sys.stderr)
        else:
            figures = measure(options, Path(folder))
            write(figures, options.output)
            print(table([figures]), file=sys.stderr)


def write(figures: Figures | Scale | Pages | RuleFigures | RepairFigures, output: Path | None) -> None:
    """The figures as JSON, to a file or to standard output."""
    encoded = msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"
    if output:
        output.write_bytes(encoded)
    else:
        sys.stdout.buffer.write(encoded)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="length of each measurement of intake (default 30)")
    parser.add_argument("--events", type=int, default=200_000, help="events to ask questions about (default 200000)")
    parser.add_argument("--stacks", type=int, default=1_000, help="distinct stacks (default 1000)")
    parser.add_argument("--rounds", type=int, default=queries.ROUNDS, help="answers to time for each kind of question")
    parser.add_argument("--raw-rows", type=int, default=100_000, help="rows of the raw insertion (default 100000)")
    parser.add_argument("--directory", type=Path, help="where to put the data (default: the system's temporary folder)")
    parser.add_argument("--symbols", action="store_true", help="measure only how symbol data is read and looked up")
    parser.add_argument("--arrivals", action="store_true", help="measure only the intake while large maps are uploaded")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="measure only how a late symbol set repairs --events events of --stacks stacks",
    )
    parser.add_argument(
        "--storm", type=int, nargs="?", const=STORM_EVENTS, help="measure only a storm of so many events (1000000)"
    )
    parser.add_argument(
        "--questions", action="store_true", help="questions only, about events written without the intake"
    )
    parser.add_argument("--pages", action="store_true", help="pages only, of a server that is filled the same way")
    parser.add_argument("--keep", type=Path, help="with --questions or --pages: fill this folder once, and keep it")
    parser.add_argument("--rules", action="store_true", help="previews and applications of rules, and what they cost")
    parser.add_argument("--output", type=Path, help="write the JSON to this file instead of standard output")
    parser.add_argument(
        "--render", type=Path, metavar="PAGE", help="measure nothing; write earlier figures into a page"
    )
    parser.add_argument("figures", type=Path, nargs="*", help="with --render: JSON files of earlier runs")
    return parser.parse_args()


def measure(options: argparse.Namespace, folder: Path) -> Figures:
    """Limits, intake on an empty server, then questions on a filled one."""
    machine = describe_machine()
    say("what the parts reach alone")
    limits = measure_limits(options.raw_rows)
    say(f"intake, {options.seconds:g} s each")
    batches, singles, idle_memory = measure_intake(options, folder / "intake" / "data")
    say(f"filling a server with {options.events} events")
    size, latencies = measure_filled(options, folder / "filled" / "data")
    return Figures(
        version=__version__,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine,
        stacks=options.stacks,
        limits=limits,
        batches=batches,
        singles=singles,
        idle_memory_bytes=idle_memory,
        size=size,
        latencies_ms=latencies,
    )


def measure_intake(options: argparse.Namespace, data_dir: Path) -> tuple[ingest.Ingest, ingest.Ingest, int]:
    """Batches and single events on one server, and its memory before them."""
    server = Server(data_dir)
    server.start()
    try:
        idle = server.memory()["now"]
        ingest.warm_up(server, options.stacks)
        batches = ingest.measure_batches(server, options.stacks, options.seconds)
        singles = ingest.measure_singles(server, options.stacks, options.seconds)
        check_counts(server)
    finally:
        server.stop()
    return batches, singles, idle


def measure_filled(options: argparse.Namespace, data_dir: Path) -> tuple[Size, dict[str, queries.Latency]]:
    """Start times, disk and memory with this many events, and answers about them."""
    server = Server(data_dir)
    try:
        empty_start = median(timed_starts(server))
        server.start()
        fill_seconds = ingest.fill(server, options.stacks, options.events, DAYS)
        queries.settle(server)
        check_counts(server)
        say("questions")
        latencies = queries.measure_questions(server, options.rounds)
        memory = server.memory()
        events = server.stats()["stored"]
        server.stop()
        size = Size(
            events=events,
            fill_seconds=fill_seconds,
            disk_bytes=server.disk_bytes(),
            memory_bytes=memory["now"],
            peak_memory_bytes=memory["peak"],
            empty_start_seconds=empty_start,
            start_seconds=median(timed_starts(server)),
        )
    finally:
        server.stop()
    return size, latencies


def timed_starts(server: Server) -> list[float]:
    """Seconds from start to ready, several times."""
    seconds = []
    for _ in range(STARTS):
        seconds.append(server.start())
        server.stop()
    return seconds


def check_counts(server: Server) -> None:
    """A server that counts wrong is not worth measuring."""
    stored, counted = server.stats()["stored"], queries.stored_occurrences(server)
    if stored != counted:
        raise RuntimeError(f"{stored} events are stored, but the issues have {counted}")


def describe_machine() -> Machine:
    """The processor, its cores, the memory and Python."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processor=models[0].partition(":")[2].strip() if models else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gib=round(memory / 1024**3, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load_before=round(os.getloadavg()[0], 2),
    )


def say(what: str) -> None:
    """Tell people what goes on."""
    print(f"bench: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
