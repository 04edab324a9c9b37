"""What a fingerprint was made of, in the texts that were hashed."""

import hashlib

from mothlight.grouping import VERSIONS, candidates, explain
from mothlight.model.stack import ExceptionEntry, Stack
from tests.support.event_rows import frame


def stack(*traces, legacy="none"):
    return Stack("h", raw=[], frames=list(traces), legacy=legacy, contexts={}, sources=[], functions=[], texts="")


ENTRIES = [ExceptionEntry("A", "x 1"), ExceptionEntry("B", "y 22")]


def test_the_texts_hashed_in_order_give_the_fingerprint_of_every_version():
    for legacy in ("frames", "exceptions"):
        found = stack([frame("a"), frame("b", in_app=False)], None, legacy=legacy)
        expected = {each.version: each.value for each in candidates(ENTRIES, found)}
        assert set(expected) == {version.name for version in VERSIONS}

        for version, value in expected.items():
            fingerprint, parts = explain(version, ENTRIES, found)
            texts = "".join(piece.text for part in parts for piece in part.pieces)
            assert hashlib.sha512(texts.encode()).hexdigest() == value == fingerprint.value


def test_an_unknown_version_is_not_explained():
    assert explain("v99", ENTRIES, stack(None, None)) is None
