"""Frames and fingerprints of every platform stay as they are.

The files under `tests/golden/fingerprints/` hold exception lists, most as SDKs sent them, and what became of them. A
change here moves the events of those who run Mothlight to other issues: it is a data migration, never a test to update.
"""

import json
from pathlib import Path
from uuid import UUID

import pytest

from mothlight.frames.exceptions import make_entries, read_exceptions
from mothlight.frames.facts import exception_list
from mothlight.frames.platforms import PLATFORMS
from mothlight.frames.stack import read_stack, resolve_stack
from mothlight.frames.wire_order import wire_order
from mothlight.grouping import candidates, newest, with_ids

FILES = sorted((Path(__file__).parents[2] / "golden" / "fingerprints").glob("*.json"))
EVENT = UUID("01a20af5-7bf2-72d9-a726-6c0f5a5e289c")


def process(golden):
    order = wire_order(golden["lib"], golden["lib_version"])
    exceptions = read_exceptions(golden["exception_list"], order)
    read = read_stack([each.stacktrace for each in exceptions], golden["debug_images"], order)
    return make_entries(exceptions, read), resolve_stack(read)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_frames_fingerprints_and_record_are_the_frozen_ones(file):
    golden = json.loads(file.read_text())

    entries, stack = process(golden)

    expected = golden["expected"]
    rebuilt = exception_list(entries, stack, EVENT)
    assert [each["stacktrace"]["frames"] if "stacktrace" in each else None for each in rebuilt] == expected["frames"]
    assert {found.version: found.value for found in candidates(entries, stack)} == expected["fingerprints"]
    assert with_ids(newest(entries, stack), EVENT, stack.legacy).record == expected["record"]
    assert stack.hash == expected["stack_hash"]


def test_every_platform_has_a_golden_file():
    lists = [json.loads(file.read_text())["exception_list"] for file in FILES]

    seen = {
        frame.get("platform")
        for sent in lists
        for entry in sent
        for frame in (entry.get("stacktrace") or {"frames": []})["frames"]
    }

    assert seen >= PLATFORMS.keys()


def test_the_order_in_which_an_sdk_sent_frames_makes_no_other_fingerprint():
    """What a version sends backwards, and its successor does not, is one issue, also by the legacy versions."""
    backwards, canonical = (
        json.loads(next(file for file in FILES if file.stem == name).read_text()) for name in ("php-backwards", "php")
    )

    assert backwards["expected"]["fingerprints"] == canonical["expected"]["fingerprints"]
    assert len(set(canonical["expected"]["fingerprints"].values())) == 4


def test_old_and_new_python_clients_agree_on_the_order_of_exceptions():
    goldens = [
        json.loads(next(file for file in FILES if file.stem == name).read_text())
        for name in ("python-3.25-chained", "python-chained")
    ]

    first, second = ([entry.type for entry in process(golden)[0]] for golden in goldens)

    assert first == second == ["CheckoutError", "PaymentDeclined"]
