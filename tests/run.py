"""`python -m tests.run` runs all tests, in processes of their own, some at a time; fails if one of them does.

The embedded event store allows one directory in a process, so tests of one process share it, and it gets slower with
each of the thousands of small insertions. Several processes are quicker than one, also because there are two cores.
What is measured in seconds (end to end, in a browser, faults) comes last and alone.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

TOGETHER = (
    ("tests/functional/api", "--ignore=tests/functional/api/test_rule_applications.py"),
    ("tests/functional/pages",),
    ("tests/functional/queries",),
    ("tests/contract",),
    ("tests/hostile",),
    ("tests/functional/pipeline",),
    # A deletion looks at every part of the event store, so it is quick only where there are few.
    ("tests/functional/api/test_rule_applications.py",),
    ("tests/unit", "tests/repository"),
    (
        "tests/functional",
        "--ignore=tests/functional/api",
        "--ignore=tests/functional/pages",
        "--ignore=tests/functional/pipeline",
        "--ignore=tests/functional/queries",
    ),
)
"""The longest first."""
ALONE = (("tests/end_to_end",), ("tests/browser",), ("tests/faults",))
AT_ONCE = 3
"""One more than there are cores on a small machine: each waits for a disk or a database a quarter of its time."""

DATABASES_IN_TURN = (
    "tests/functional/api",
    "tests/functional/api/test_rule_applications.py",
    "tests/functional/pages",
)


def main() -> int:
    """Run everything; 0 only if all tests passed."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        passed = list(pool.map(run, TOGETHER))
    passed += [run(part) for part in ALONE]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(f"== {used.ru_utime + used.ru_stime:.0f} s of processor time\n")
    return 0 if all(passed) else 1


def run(part: Sequence[str]) -> bool:
    """Run one part and print what it said as a whole, so that parts do not mix."""
    began = time.monotonic()
    turns = {"MOTHLIGHT_TEST_DATABASES": "in-turn"} if part[0] in DATABASES_IN_TURN else {}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *part, "--durations=5"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**turns, **os.environ},
    )
    sys.stdout.write(f"== pytest {' '.join(part)}: {time.monotonic() - began:.0f} s\n{done.stdout}\n")
    sys.stdout.flush()
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
