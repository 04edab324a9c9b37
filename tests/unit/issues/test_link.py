"""Choosing the version of a fingerprint."""

import pytest

from mothlight.issues.link import choose
from mothlight.model.stack import Fingerprint

VERSIONS = [Fingerprint(name, name, []) for name in ("v1_legacy", "v1", "v2_legacy", "v2", "v3")]


@pytest.mark.parametrize(
    ("known", "chosen"),
    [
        (set(), "v3"),
        ({"v3", "v1"}, "v3"),
        ({"v1", "v2"}, "v2"),
        ({"v1_legacy", "v2_legacy"}, "v2_legacy"),
        ({"v1_legacy"}, "v1_legacy"),
        ({"other"}, "v3"),
    ],
)
def test_takes_the_newest_version_that_has_an_issue_or_else_the_newest(known, chosen):
    assert choose(VERSIONS, known).version == chosen
