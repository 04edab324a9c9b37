"""The formats of symbol data. They run in the processes that read it, never in the server itself.

To add one: a `Kind` in `look_ups.py`, a file here with a `prepare` that gives a `Prepared`, its line in `FORMATS`, what
its bytes look like in `detect.py`, data in `tests/golden/symbols/` and mutations of it in the fuzz run.
"""

from collections.abc import Callable

from mothlight.symbols.formats import debug_file, hermes_map, mapping, script_map
from mothlight.symbols.formats.bounds import Bounds
from mothlight.symbols.formats.detect import Detected
from mothlight.symbols.formats.prepared import Prepared
from mothlight.symbols.look_ups import Kind

FORMATS: dict[Kind, Callable[[Detected, Bounds], Prepared]] = {
    Kind.SCRIPT_MAP: script_map.prepare,
    Kind.HERMES_MAP: hermes_map.prepare,
    Kind.MAPPING: mapping.prepare,
    Kind.DEBUG_FILE: debug_file.prepare,
}
