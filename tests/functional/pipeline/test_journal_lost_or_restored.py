"""A journal that is wiped, restored or copied: no change of a person is skipped, and none is made twice."""

import asyncio
import itertools
import shutil

import pytest
import sqlalchemy as sa

from mothlight.journal.backlog import Backlog
from mothlight.journal.engines.segments import SegmentJournal
from mothlight.journal.entry import JournalEntry
from mothlight.model.tally import Tally
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import writing
from mothlight.worker.drain_journal import DrainJournal
from tests.support.received import NOW

_numbers = itertools.count(1)


class Node:
    """A node on a data directory: each `run` is one life of its process."""

    def __init__(self, line, folder):
        self.line = line
        self.folder = folder

    def run(self, *plans, process=True):
        """Accept a change of the person's plan for each of the words; process all that the journal has, or die."""
        journal = SegmentJournal(self.folder, reserve_bytes=0)
        tally = Tally()
        backlog = Backlog(journal, self._decode, tally)
        backlog.recover()
        for plan in plans:
            asyncio.run(self._append(journal, backlog, tally, plan))
        if process:
            worker = DrainJournal(backlog, self.line.new_pipeline(), tally)
            worker.start()
            assert worker.stop()
            assert tally.read().pending == 0
        journal.close()

    async def _append(self, journal, backlog, tally, plan):
        entry = JournalEntry(
            id=self.line.event().uuid, received_at=NOW, project_id=self.line.project, path="/e/", events=1, body=plan
        )

        def durable(position):
            tally.accept(1)
            backlog.offer(position, self._decode(entry), 1)

        await journal.append(entry, durable)

    def _decode(self, entry):
        words = entry.body.decode().split()
        properties = {"$set": {"plan": words[0]}, "$set_once": {word: next(_numbers) for word in words}}
        return [self.line.event(properties, name="$set", uuid=entry.id)]

    @property
    def person(self):
        (row,) = self.line.rows(tables.persons)
        return row.properties


@pytest.fixture
def node(line, tmp_path):
    return Node(line, tmp_path / "journal")


def plan_of(node):
    return node.person.split('"plan":"')[1].split('"')[0]


def test_a_wiped_journal_begins_anew_and_its_changes_are_made(node):
    node.run(b"free", b"basic", b"pro")
    shutil.rmtree(node.folder)

    node.run(b"gone")

    assert plan_of(node) == "gone"


def test_a_journal_whose_files_are_wiped_one_by_one_begins_anew_too(node):
    node.run(b"free", b"basic", b"pro")
    for path in node.folder.iterdir():
        path.unlink()

    node.run(b"gone")

    assert plan_of(node) == "gone"


def test_a_done_mark_that_a_loss_of_power_took_skips_nothing(node):
    """The mark is not synced; when all segments were deleted already, numbers begin at 1 again."""
    node.run(b"free", b"basic", b"pro")
    (node.folder / "done.json").write_bytes(b"")

    node.run(b"gone")

    assert plan_of(node) == "gone"


def test_an_old_copy_of_a_journal_makes_no_change_again_and_skips_none(node, tmp_path):
    node.run(b"free", b"basic", process=False)
    shutil.copytree(node.folder, tmp_path / "copy")
    node.run(b"pro", b"team")
    before = node.person
    shutil.rmtree(node.folder)
    shutil.move(tmp_path / "copy", node.folder)

    node.run()
    assert node.person == before, "what the copy holds was done after it was made"
    node.run(b"gone")

    assert plan_of(node) == "gone"


def test_two_nodes_on_copies_of_one_directory_do_not_take_each_others_changes_for_done(node, line, tmp_path):
    node.run(b"free", b"basic", b"pro")
    shutil.copytree(node.folder, tmp_path / "copy")
    twin = Node(line, tmp_path / "copy")

    node.run(b"a", b"b", b"c")
    twin.run(b"d")
    assert plan_of(node) == "d"
    node.run(b"e")

    assert plan_of(node) == "e"


def test_a_restart_makes_no_change_again(node):
    """The process died after the persons were changed and before the journal was done."""
    node.run(b"free", process=False)
    copied = node.folder.with_name("undone")
    shutil.copytree(node.folder, copied)
    node.run(b"pro")
    before = node.person
    shutil.rmtree(node.folder)
    shutil.move(copied, node.folder)

    node.run()

    assert node.person == before


def test_metadata_that_knows_nothing_of_a_journal_gets_all_its_changes(node, line, engine):
    """As when it is older than the journal."""
    node.run(b"free", process=False)
    copied = node.folder.with_name("undone")
    shutil.copytree(node.folder, copied)
    node.run()
    with writing(engine) as connection:
        for table in (tables.journal_progress, tables.person_distinct_ids, tables.persons):
            connection.execute(sa.delete(table))
    shutil.rmtree(node.folder)
    shutil.move(copied, node.folder)

    node.run()

    assert plan_of(node) == "free"
