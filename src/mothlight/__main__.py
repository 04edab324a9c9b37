"""The `mothlight` command."""

import gc
import os
import sys


def main() -> None:
    """Run a command and end the process with its exit code."""
    # What is made in a data directory is its owner's alone. What is there already keeps its mode.
    os.umask(0o077)
    # Most commands end before there is any garbage; looking for it would take a tenth of their time. `serve` does.
    gc.disable()
    from mothlight.cli.app import run

    code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(code)


def symbols_main() -> None:
    """Take a call of a build tool (`mothlight-symbols`)."""
    from mothlight.cli.build_tools import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
