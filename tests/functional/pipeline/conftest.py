"""A whole pipeline on real stores, and what came out of it."""

import itertools
import os
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from mothlight.issues.change import NewValues, change_issue
from mothlight.issues.journal import Author
from mothlight.kit.ids import id_maker
from mothlight.persons.apply import Entry
from mothlight.pipeline.run import Pipeline
from mothlight.queries.answers import issue_list
from mothlight.queries.questions import IssueList, Window
from mothlight.storage.events.properties import decode_properties
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.changes import Actor
from mothlight.storage.mirror import Mirror
from tests.support.blobs import TemporaryBlobs
from tests.support.metadata import add_project, add_user
from tests.support.received import NOW, received

USER = Actor("user", "7")
COLUMNS = (
    "toString(uuid)",
    "toString(person_id)",
    "distinct_id",
    "toString(grouping_key)",
    "stack",
    "types",
    "messages",
    "release",
    "release_names",
    "exceptions",
    "toJSONString(properties)",
)


class StoredEvent(msgspec.Struct):
    """An event as the store gives it back."""

    uuid: str
    person_id: str
    distinct_id: str
    grouping_key: str
    stack: str
    types: list[str]
    messages: list[str]
    release: str
    release_names: list[str]
    exceptions: str
    column: str

    @property
    def properties(self):
        """Decoded."""
        return {name: msgspec.json.decode(value) for name, value in decode_properties(self.column).items()}


class Line:
    """One project of one node."""

    def __init__(self, engine, store, reader):
        self.engine = engine
        self.store = store
        self.reader = reader
        self.blobs = TemporaryBlobs(self.clock)
        self.project = add_project(engine)
        self.now = NOW
        self.mirror = Mirror(engine, store)
        self.sequences = itertools.count(1)
        self.pipeline = self.new_pipeline()

    def new_pipeline(self, store=None):
        """As after a restart."""
        mirror = self.mirror if store is None else Mirror(self.engine, store)
        return Pipeline(
            self.engine,
            store or self.store,
            mirror,
            blobs=self.blobs,
            reader=self.reader,
            clock=self.clock,
            make_id=id_maker(self.clock, os.urandom),
        )

    def clock(self):
        return self.now

    def event(self, properties=None, **more):
        """An event of this project."""
        return received(self.project, properties, **more)

    def run(self, *events):
        """Take events through the pipeline as one entry; what became of them."""
        return self.pipeline.run([Entry(next(self.sequences), list(events))])

    def events(self):
        """What the store has, in order of uuid."""
        sql = f"SELECT {', '.join(COLUMNS)} FROM events WHERE project_id = {{project:UInt32}} ORDER BY uuid"
        return [StoredEvent(*row) for row in self.store.query(self.project, sql)]

    def uuids(self):
        return [event.uuid for event in self.events()]

    def stacks(self):
        """Hashes in the store, copies included."""
        return [
            row[0]
            for row in self.store.query(self.project, "SELECT hash FROM stacks WHERE project_id = {project:UInt32}")
        ]

    def list(self, **asked):
        """The rows of the issue list over all time."""
        start, end = (NOW - timedelta(days=3650), NOW + timedelta(days=3650))
        window = Window(start.isoformat(), end.isoformat())
        question = IssueList(window=window, status=None, filter_test_accounts=False, limit=100, **asked)
        return issue_list.answer(question, self.store, self.engine, self.project, self.now).results

    def rows(self, table):
        """Rows of the metadata."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(table).where(table.c.project_id == self.project)).all()

    @property
    def issue(self):
        """The only issue."""
        (row,) = self.rows(tables.issues)
        return row

    def user(self, *, member=True):
        """A new user, of the project's organization or of none."""
        with writing(self.engine) as connection:
            return add_user(connection, self.project if member else None)

    def other_project(self):
        """Another project."""
        return add_project(self.engine)

    def change(self, **values):
        """Change the only issue by hand."""
        with writing(self.engine) as connection:
            make_id = id_maker(self.clock, os.urandom)
            change_issue(connection, Author(self.project, USER, self.now, make_id), self.issue.id, NewValues(**values))
        self.mirror.sync()


@pytest.fixture
def line(engine, embedded_store, symbol_reader):
    """A project whose events go to the embedded store, on each metadata database in turn."""
    return Line(engine, embedded_store, symbol_reader)
