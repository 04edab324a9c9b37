"""`make spoil`: broken symbol data, as `tests/support/broken_symbols.py` makes it, read by a reader.

Every piece must be answered, and within the bounds. A few hundred of them run in the normal tests.
"""

import argparse
import sys
import time
from collections import Counter

import msgspec

from mothlight.symbols.reader import ReaderBounds, SymbolReader
from tests.support.broken_symbols import broken_pieces, read_piece

SLOW_SECONDS = 5.0


def main() -> None:
    """Read, count, report as JSON; fail if anything took too long."""
    parser = argparse.ArgumentParser(prog="make spoil", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="pieces (default 10000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other pieces (default 0)")
    options = parser.parse_args()
    reader = SymbolReader(ReaderBounds(load_seconds=SLOW_SECONDS, answer_seconds=SLOW_SECONDS), time.monotonic)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for piece in broken_pieces(options.count, options.seed):
        began = time.monotonic()
        outcomes[f"{piece.name}: {read_piece(reader, piece)}"] += 1
        slowest = max(slowest, time.monotonic() - began)
    reader.close()
    report = {
        "pieces": sum(outcomes.values()),
        "slowest_seconds": round(slowest, 3),
        "outcomes": dict(sorted(outcomes.items())),
    }
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
    # Each piece is examined, loaded and asked: three answers, and a process that may have to start anew.
    sys.exit(0 if slowest < 4 * SLOW_SECONDS else 1)


if __name__ == "__main__":
    main()
