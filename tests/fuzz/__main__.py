"""`python -m tests.fuzz [--seconds N] [TARGET …]`: fuzzes each target for some time, one after the other.

What crashes is written to `.cache/fuzz/<target>/`, with what was found on the way, and the exit code is not 0. To
replay: `python -m tests.fuzz TARGET --replay FILE`.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
FOUND = ROOT / ".cache" / "fuzz"
LONGEST_INPUT = 8_192
SECONDS_OF_ONE = 5
MEBIBYTES = 3_000


def main() -> int:
    """Fuzz; 0 only if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="of each target (60)")
    parser.add_argument("--replay", type=Path, help="run one target on one file")
    asked = parser.parse_args()
    unknown = set(asked.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if asked.replay is not None:
        if len(asked.targets) != 1:
            parser.error("--replay needs one target")
        TARGETS[asked.targets[0]](asked.replay.read_bytes())
        return 0
    failed = [name for name in asked.targets or TARGETS if not fuzz(name, asked.seconds)]
    if failed:
        sys.stdout.write(f"fuzz: findings in {', '.join(failed)}, see {FOUND}\n")
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> bool:
    """Fuzz one target in a process of its own; whether nothing was found."""
    found = FOUND / name
    grown = found / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.instrumented",
        name,
        f"-max_total_time={seconds}",
        f"-timeout={SECONDS_OF_ONE}",
        f"-max_len={LONGEST_INPUT}",
        f"-rss_limit_mb={MEBIBYTES}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        "-verbosity=1",
        str(grown),
        str(CORPUS / name),
    ]
    with (found / "log").open("wb") as log:
        code = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    text = (found / "log").read_text(errors="replace")
    executions = re.findall(r"number_of_executed_units: (\d+)", text) or re.findall(r"^#(\d+)", text, re.MULTILINE)
    coverage = re.findall(r"cov: (\d+)", text)
    sys.stdout.write(
        f"{name:10} {executions[-1] if executions else 0:>9} executions, coverage {coverage[-1] if coverage else '?'}: "
        f"{'nothing found' if code == 0 else f'FOUND SOMETHING (exit code {code}), see {found}/log'}\n"
    )
    sys.stdout.flush()
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
