"""How commands answer: JSON for programs, aligned columns for people."""

import json
from collections.abc import Sequence
from typing import Any


def print_json(answer: Any) -> None:
    """Print one value on one line."""
    print(json.dumps(answer, ensure_ascii=False))


def print_table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their titles, columns aligned."""
    cells = [list(titles), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
