"""LZ-string in base64, as the original library of that name writes it."""

import json
from pathlib import Path

import pytest

from mothlight.model.errors import Refused
from mothlight.web.intake.body import read_text
from mothlight.web.intake.limits import Budget
from mothlight.web.intake.lz_string import decompress_base64

CASES = json.loads((Path(__file__).parents[3] / "golden" / "wire" / "lz_string.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:12])
def test_what_the_original_compressed_comes_back(case):
    assert decompress_base64(case["compressed"].encode(), Budget()).decode() == case["text"]


def test_both_names_of_the_format_are_known():
    case = next(case for case in CASES if case["text"].startswith("{"))

    for name in ("lz64", "lz-string"):
        text = read_text(case["compressed"].encode(), {"compression": name}, "", "", Budget())
        assert text.decode() == case["text"]


@pytest.mark.parametrize("data", [b"", b"=", b"A", b"N4Ig", b"////", b"Zm9vYmFy*"])
def test_broken_data_is_refused(data):
    with pytest.raises(Refused) as refusal:
        decompress_base64(data, Budget())

    assert refusal.value.status == 400


def test_it_stops_at_the_limit():
    long = max(CASES, key=lambda case: len(case["text"]))

    with pytest.raises(Refused) as refusal:
        decompress_base64(long["compressed"].encode(), Budget(len(long["text"]) - 1))
    assert refusal.value.status == 413
