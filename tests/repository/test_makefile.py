"""`make` tells what there is."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_target_is_listed_with_a_line():
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert {
        "serve",
        "test",
        "faults",
        "lint",
        "types",
        "layers",
        "bench",
        "fuzz",
        "hostile",
        "schemathesis",
        "lock",
    } <= targets
    assert {line.split()[1] for line in listed.splitlines()} == targets
    assert all(len(line.split()) > 3 for line in listed.splitlines())


def test_ci_runs_every_check():
    checks = re.search(r"for target in (.*); do", (ROOT / ".ci" / "run").read_text())[1].split()

    assert set(checks) == {"lint", "types", "layers", "test"}
