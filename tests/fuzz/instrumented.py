"""`python -m tests.fuzz.instrumented TARGET [libFuzzer's options]`: the process that fuzzes one target."""

import sys

import atheris

with atheris.instrument_imports(include=["mothlight"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()
