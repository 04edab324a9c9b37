"""A project with errors, and the questions that one asks about it."""

import uuid
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from mothlight.queries.answers import (
    breakdown,
    differences,
    histogram,
    issue_detail,
    issue_event,
    issue_events,
    issue_list,
)
from mothlight.queries.inspection import Breakdown, Differences, Histogram, IssueEvent
from mothlight.queries.questions import IssueDetail, IssueEvents, IssueList
from mothlight.storage.metadata.tables import metadata as schema
from mothlight.storage.metadata.tables import organizations, projects
from tests.support.event_rows import NOW, Shop


@pytest.fixture(scope="session")
def metadata(tmp_path_factory):
    """Metadata that holds projects."""
    engine = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('metadata')}/metadata.db")
    schema.create_all(engine)
    yield engine
    engine.dispose()


ANSWERS = {
    Breakdown: breakdown.answer,
    Differences: differences.answer,
    Histogram: histogram.answer,
    IssueDetail: issue_detail.answer,
    IssueEvent: issue_event.answer,
    IssueEvents: issue_events.answer,
    IssueList: issue_list.answer,
}


class AskedShop(Shop):
    """A project and the answers about it, at `NOW`."""

    def __init__(self, store, project, metadata):
        super().__init__(store, project)
        self.metadata = metadata

    def filter_test_accounts(self, *filters):
        """Set the project's test-account filters."""
        row = {"id": self.project, "organization_id": uuid.uuid4(), "name": "Shop", "api_token": f"phc_{self.project}"}
        row |= {"test_account_filters": list(filters), "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
        with self.metadata.begin() as connection:
            connection.execute(
                organizations.insert(), {"id": row["organization_id"], "name": "O", "created_at": row["created_at"]}
            )
            connection.execute(projects.insert(), row)

    def ask(self, question, now=NOW):
        """The answer to a question."""
        return ANSWERS[type(question)](question, self.store, self.metadata, self.project, now)

    def list(self, now=NOW, **asked):
        """The rows of an issue list."""
        return self.ask(IssueList(**asked), now).results

    def ids(self, now=NOW, **asked):
        """The ids that a list shows, in its order."""
        return [row.id for row in self.list(now, **asked)]

    def row(self, issue, now=NOW, **asked):
        """The row of one issue."""
        (row,) = [row for row in self.list(now, **asked) if row.id == issue]
        return row

    def simple_issue(self, fingerprint, **event):
        """An issue that owns a fingerprint and has one event."""
        issue = self.issue(fingerprint)
        self.own(fingerprint, issue)
        self.event(fingerprint, **event)
        return issue


@pytest.fixture
def shop(store, project, metadata):
    """A new project on the engine under test."""
    return AskedShop(store, project, metadata)


@pytest.fixture
def shop_everywhere(event_store, project, metadata):
    """A new project on each engine in turn."""
    return AskedShop(event_store, project, metadata)
