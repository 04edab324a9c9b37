"""What `docs/alerts.md` says about triggers, and the program it gives to receivers."""

import re
from pathlib import Path

from mothlight.alerts.signature import make_secret, sign
from mothlight.alerts.triggers import TRIGGERS

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()


def test_the_triggers_are_those_of_the_page():
    told = re.findall(r"^\| `(\w+)` \| .* \| `(\$\w+)` \|$", PAGE, re.MULTILINE)

    assert told == [(name, trigger.event) for name, trigger in TRIGGERS.items()]


def test_the_program_for_receivers_knows_our_signature():
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(program, names)
    is_from_mothlight = names["is_from_mothlight"]
    secret, body = make_secret(bytes(32)), b'{"kind": "test"}'
    header = sign(secret, 1_795_487_460, body)

    assert is_from_mothlight(secret, header, body, 1_795_487_470.5)
    assert not is_from_mothlight(secret, header, body + b" ", 1_795_487_470)
    assert not is_from_mothlight(make_secret(b"x" * 32), header, body, 1_795_487_470)
    assert not is_from_mothlight(secret, header, body, 1_795_488_000)
