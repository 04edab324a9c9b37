"""What a journal's directory holds when it is opened."""

from itertools import zip_longest
from pathlib import Path

import msgspec
import structlog

from mothlight.journal.engines.records import scan
from mothlight.journal.engines.segment_file import segment_path
from mothlight.journal.entry import read_facts
from mothlight.journal.interface import Position

log = structlog.get_logger(__name__)


class Segment(msgspec.Struct, gc=False):
    """What is known of a file that stands on disk."""

    last: int
    size: int


def open_segments(directory: Path, done: int) -> tuple[dict[int, Segment], list[Position]]:
    """The files by their first sequence number, and the positions after `done`, in order.

    Raises ValueError when a file is of an unknown format.
    """
    firsts = sorted(int(path.stem) for path in directory.glob("*.segment"))
    segments: dict[int, Segment] = {}
    undone: list[Position] = []
    for first, following in zip_longest(firsts, firsts[1:]):
        path = segment_path(directory, first)
        if following is not None and following <= done + 1:
            segments[first] = Segment(following - 1, path.stat().st_size)
            continue
        segments[first], positions = _scan_segment(path, first)
        undone += (position for position in positions if position.sequence > done)
    return segments, undone


def _scan_segment(path: Path, first: int) -> tuple[Segment, list[Position]]:
    positions: list[Position] = []
    last, end = first - 1, 0
    for record in scan(path):
        last, end = record.sequence, record.offset + record.size
        if len(record.payload) > 0:
            facts = read_facts(record.payload)
            place = (record.sequence, first, record.offset, record.size)
            positions.append(Position(*place, facts.events, facts.received_at, facts.writer))
    size = path.stat().st_size
    if end and end < size:
        log.warning("journal_segment_has_torn_tail", segment=first, bytes=size - end)
    return Segment(last, size), positions
