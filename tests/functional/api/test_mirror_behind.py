"""Changes while the event store is away: made, answered, and shown once it is back."""

import pytest

from mothlight.model.errors import Unavailable
from tests.functional.api.conftest import build
from tests.support.triage import Triage


class Sleepy:
    """An event store that can be away for copies of issues."""

    def __init__(self, store):
        self._store = store
        self.is_away = False

    def __getattr__(self, name):
        return getattr(self._store, name)

    def insert_issues(self, rows):
        if self.is_away:
            raise Unavailable("away")
        self._store.insert_issues(rows)


@pytest.fixture
def sleepy(embedded_store):
    return Sleepy(embedded_store)


def test_a_change_is_made_though_its_copy_has_to_wait(cast, hands, sleepy, symbol_reader):
    triage = Triage(build(cast, hands, sleepy), symbol_reader)
    issue = triage.issue("a")
    sleepy.is_away = True

    answer = triage.change(issue, status="resolved")

    assert answer["status"] == "resolved"
    assert triage.kinds() == ["updated"]
    assert triage.figures()[issue].status == "active", "the copy is behind"
    sleepy.is_away = False
    triage.change(issue, name="x")
    assert (triage.figures()[issue].status, triage.figures()[issue].name) == ("resolved", "x")
