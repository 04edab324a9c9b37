"""Limits on the pages: what they do, and where events are only counted."""

import pytest

from mothlight.issues.new_issue_budget import budget_of
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.repositories import fingerprints
from mothlight.storage.metadata.repositories.settings import update_settings
from tests.support.cast import NOW
from tests.support.received import received
from tests.support.triage import Triage
from tests.support.visitor import words_of


@pytest.fixture
def storm(site, symbol_reader):
    """Two events of an issue are kept and 1,500 only counted; gives the issue's id."""
    project = site.project.id
    with writing(site.cast.engine) as connection:
        update_settings(connection, project, {"per_issue_rate_limit_value": 2})
    sent = {"$exception_fingerprint": "f"}
    events = [received(project, sent, timestamp=NOW, received_at=NOW) for _ in range(1_502)]
    Triage(site, symbol_reader).process(*events)
    with writing(site.cast.engine) as connection:
        return fingerprints.find_fingerprint_owner(connection, project, "f")


def test_the_settings_say_that_limits_lost_nothing(site, owner):
    page = owner.get(site.path("settings/limits"))

    assert "An empty field is no limit. In the last 24 hours 0 events were kept, none lost to limits." in words_of(page)


def test_a_storm_shows_what_is_kept_and_what_is_counted(site, owner, storm):
    assert "2 events were kept and 1,500 only counted." in words_of(owner.get(site.path("settings/limits")))
    assert "+ 1,500 counted" in words_of(owner.get(site.path("issues")))
    assert "and 1,500 more, only counted" in words_of(owner.get(site.path(f"issues/{storm}")))


def test_the_operator_sees_what_waits_for_the_new_issue_budget(site, owner, symbol_reader):
    triage = Triage(site, symbol_reader)
    triage.pipeline.limit_new_issues(budget_of(1))
    assert "New issues over the budget" not in words_of(owner.get("/server"))
    for name in "abc":
        triage.process(received(site.project.id, {"$exception_fingerprint": name}, timestamp=NOW, received_at=NOW))

    assert "2 errors wait, the first since" in words_of(owner.get("/server"))
