"""Repair of the past: what was stored before its symbol set came is read again with it (pipeline 9.7)."""

import os
import time
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from mothlight.kit.ids import id_maker
from mothlight.pipeline.repair.run import SymbolRepairs
from mothlight.pipeline.stack_symbols import StackResolver
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import alone, reading, writing
from mothlight.storage.metadata.repositories.symbol_repairs import unfinished_projects
from mothlight.storage.mirror import Mirror
from mothlight.symbol_sets.find import SymbolSets
from mothlight.symbols.container import DataType, pack
from tests.functional.api.test_readable_stacks import CHUNK, OTHER_CHUNK, Shop, frame, pair
from tests.functional.api.test_symbol_sets import upload
from tests.support.symbols import GOLDEN


class RepairedShop(Shop):
    """A shop with the repairs of its server."""

    def repairs(self, events=None):
        """As of a node that has just started."""
        api, engine = self.triage.api, self.triage.engine
        store = events or api.events
        sets = SymbolSets(engine, api.blobs, api.hands.now)
        make_id = id_maker(api.hands.now, os.urandom)
        resolver = StackResolver(sets, self.triage.reader)
        return SymbolRepairs(engine, store, Mirror(engine, store), resolver, api.hands.now, make_id, time.monotonic)

    def repair(self):
        """Until nothing is left to do; how many repairs came to an end."""
        repairs, done = self.repairs(), 0
        while True:
            done += repairs.work()
            with reading(self.triage.engine) as connection:
                if not unfinished_projects(connection):
                    return done

    def report(self, set_id):
        """The newest."""
        return self.triage.ok("GET", f"symbol_sets/{set_id}/repairs/")["results"][0]

    def replace(self, content, chunk=CHUNK):
        files = {"file": ("chunk", content, "application/octet-stream")}
        assert self.triage.ask("POST", f"symbol_sets/?chunk_id={chunk}", files=files).status_code == 201

    def entries(self, kind):
        return [entry for entry in self.triage.changes() if entry["kind"] == kind]

    def undo(self, entry):
        return self.triage.ok("POST", f"changes/{entry['id']}/undo/", json={})


@pytest.fixture
def shop(triage):
    return RepairedShop(triage)


def test_stored_events_become_readable_and_the_issue_stays(shop):
    shop.fail(users=3)
    (issue,) = shop.issues()
    shop.triage.change(issue, name="Checkout")
    set_id = upload(shop.triage, CHUNK, pair())

    assert shop.repair() == 1

    assert shop.functions() == [("pay", True)]
    assert shop.issues() == {issue: 3}
    (first, *_) = shop.events(issue)
    (shown,) = first["properties"]["$exception_list"][0]["stacktrace"]["frames"]
    assert (shown["resolved_name"], shown["line"]) == ("pay", 2)
    assert shop.triage.figures()[issue].name == "Checkout"
    assert len(shop.fingerprints()) == 2, "the issue took the new fingerprint along"
    report = shop.report(set_id)
    figures = {name: report[name] for name in ("status", "stacks", "events", "frames_resolved", "issues_changed")}
    assert figures == {"status": "finished", "stacks": 1, "events": 3, "frames_resolved": 1, "issues_changed": 1}
    assert (report["issues_merged"], report["changes"]) == (0, [])


def test_what_comes_afterwards_is_in_the_same_issue(shop):
    shop.fail()
    (issue,) = shop.issues()
    upload(shop.triage, CHUNK, pair())
    shop.repair()

    shop.fail()
    shop.fail(frame(column=410))

    assert shop.issues() == {issue: 3}


def test_a_repair_is_done_once(shop):
    shop.fail()
    set_id = upload(shop.triage, CHUNK, pair())
    shop.repair()
    report, versions = shop.report(set_id), shop.versions()

    assert shop.repair() == 0

    assert (shop.report(set_id), shop.versions()) == (report, versions)


def test_what_does_not_ask_for_the_set_stays_as_it_is(shop):
    shop.fail(frame(OTHER_CHUNK))
    set_id = upload(shop.triage, CHUNK, pair())

    shop.repair()

    assert shop.functions() == [(None, False)]
    assert shop.report(set_id)["stacks"] == 0


def test_the_issue_that_began_after_the_upload_is_merged_into_the_old_one_and_undo_holds(shop):
    shop.fail(users=2)
    (old,) = shop.issues()
    set_id = upload(shop.triage, CHUNK, pair())
    shop.triage.api.hands.moment += timedelta(minutes=1)
    # Another position of the same function: a stack that nobody has seen, readable at once.
    shop.fail(frame(column=410), users=3)
    (new,) = set(shop.issues()) - {old}

    shop.repair()

    assert shop.issues() == {old: 5}
    report = shop.report(set_id)
    (entry,) = shop.entries("merged")
    assert (report["issues_merged"], report["changes"]) == (1, [entry["id"]])
    shop.undo(entry)
    assert shop.issues() == {old: 2, new: 3}
    shop.replace(pair())
    shop.repair()
    shop.fail()
    assert shop.issues() == {old: 3, new: 3}, "what people have parted stays parted"


def test_keys_that_say_something_else_than_the_rest_of_their_issue_move_alone(shop):
    shop.fail(frame(OTHER_CHUNK, "a"))
    upload(shop.triage, OTHER_CHUNK, pair("refund"))
    shop.repair()
    (refunds,) = shop.issues()
    hands = shop.triage.api.hands
    # One fingerprint while unreadable, for positions do not count; of two functions in truth.
    shop.fail(frame(CHUNK, "z", column=400), environment="staging")
    hands.moment = hands.moment.replace(hour=15)
    shop.fail(frame(CHUNK, "z", column=400), frame("chunk-3", "z"), users=4)
    shop.fail(frame(CHUNK, "z", column=500), users=2)
    before = shop.issues()
    (mixed,) = [issue for issue, events in before.items() if events == 3]
    set_id = upload(shop.triage, CHUNK, two_functions())

    shop.repair()

    assert shop.issues() == {**before, refunds: 2, mixed: 2}
    (entry,) = shop.entries("moved")
    assert shop.report(set_id)["changes"] == [entry["id"]]
    listed = {each["id"]: each for each in shop.triage.ok("GET", "issues/")["results"]}
    assert listed[mixed]["first_seen"] == "2026-04-24T15:00:00Z", "the first of those that are left"
    assert [each["name"] for each in listed[mixed]["environments"]] == ["unnamed"]
    assert {each["name"] for each in listed[refunds]["environments"]} == {"unnamed", "staging"}
    shop.undo(entry)
    assert shop.issues() == before
    listed = {each["id"]: each for each in shop.triage.ok("GET", "issues/")["results"]}
    assert listed[mixed]["first_seen"] == "2026-04-24T12:00:00Z"
    shop.fail(frame(CHUNK, "z", column=400))
    assert shop.issues() == {**before, mixed: 4}, "and it holds"


def two_functions():
    """`refund` up to column 450, `pay` behind it."""
    from mothlight.symbols.container import pack_script
    from tests.support.source_maps import source_map

    script = b"function z(n){throw n" + b" " * 425 + b"}function y(n){throw n" + b" " * 300 + b"}"
    tokens = [(0, 0, 0, 0), (9, 0, 0, 9, 0), (14, 0, 1, 4), (447, 0, 3, 0), (456, 0, 3, 9, 1), (461, 0, 4, 4)]
    lines = "function refund(amount) {\n    throw amount\n}\nfunction pay(amount) {\n    throw amount\n}"
    source = source_map([tokens], sources=["src/pay.ts"], names=["refund", "pay"], sourcesContent=[lines])
    return pack_script(script, source)


def test_a_replaced_set_is_what_the_past_shows(shop):
    set_id = upload(shop.triage, CHUNK, pair())
    shop.fail()
    (issue,) = shop.issues()
    shop.repair()

    shop.replace(pair("refund"))
    shop.repair()

    assert shop.functions() == [("refund", True)]
    assert shop.issues() == {issue: 1}
    reports = shop.triage.ok("GET", f"symbol_sets/{set_id}/repairs/")["results"]
    assert [each["status"] for each in reports] == ["finished", "finished"]


def test_a_set_that_is_replaced_before_its_repair_has_one_repair_less_to_do(shop):
    shop.fail()
    set_id = upload(shop.triage, CHUNK, pair())
    shop.replace(pair("refund"))

    shop.repair()

    reports = shop.triage.ok("GET", f"symbol_sets/{set_id}/repairs/")["results"]
    assert sorted(each["status"] for each in reports) == ["finished", "superseded"]
    assert shop.functions() == [("refund", True)]


def test_two_sets_of_one_stack_join(shop):
    shop.fail(frame(), frame(OTHER_CHUNK))
    (issue,) = shop.issues()
    first = upload(shop.triage, CHUNK, pair())
    shop.repair()
    second = upload(shop.triage, OTHER_CHUNK, pair("refund"))
    shop.repair()

    assert sorted(shop.functions()) == [("pay", True), ("refund", True)]
    assert shop.issues() == {issue: 1}
    assert [shop.report(each)["frames_resolved"] for each in (first, second)] == [1, 1]


def test_deleting_a_set_leaves_what_it_repaired(shop):
    shop.fail()
    set_id = upload(shop.triage, CHUNK, pair())
    shop.repair()

    assert shop.triage.ask("DELETE", f"symbol_sets/{set_id}/").status_code == 204
    shop.repair()

    assert shop.functions() == [("pay", True)]


def test_original_types_bring_both_into_one_issue(shop):
    obfuscated = {"platform": "java", "module": "a1.d", "function": "onClick", "filename": "SourceFile", "lineno": 14}
    obfuscated |= {"map_id": "app@1", "in_app": True}
    entry = {"module": "a1"}
    shop.fail(obfuscated, type="c", entry=entry)
    (issue,) = shop.issues()
    upload(shop.triage, "app@1", pack(DataType.MAPPING, (GOLDEN / "java" / "r8.txt").read_bytes()))
    shop.repair()

    # Of another build, whose names are others.
    shop.fail({**obfuscated, "lineno": 14}, type="c", entry=entry, **{"$exception_steps": []})

    assert shop.issues() == {issue: 2}


def test_a_fingerprint_of_the_applications_choice_stays(shop):
    shop.fail(**{"$exception_fingerprint": "checkout"})
    before = shop.fingerprints()
    upload(shop.triage, CHUNK, pair())

    shop.repair()

    assert shop.functions() == [("pay", True)]
    assert shop.fingerprints() == before


class Died(BaseException):
    """The process is gone."""


class Dying:
    """An event store that ends the process at a moment: before or after what it was told to insert."""

    def __init__(self, store, *, at, after):
        self.store = store
        self.left = at
        self.after = after

    def __getattr__(self, name):
        found = getattr(self.store, name)
        if not name.startswith("insert_"):
            return found

        def insert(rows):
            if rows:
                self.left -= 1
            if self.left == 0 and not self.after:
                raise Died
            done = found(rows)
            if self.left == 0:
                raise Died
            return done

        return insert


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_whenever_it_dies_it_goes_on_and_nothing_is_counted_twice(shop, at, after, monkeypatch):
    monkeypatch.setattr("mothlight.pipeline.repair.stacks.STACKS_AT_ONCE", 1)
    shop.fail(users=2)
    shop.fail(frame(column=420), frame(OTHER_CHUNK))
    set_id = upload(shop.triage, CHUNK, pair())
    shop.triage.api.hands.moment += timedelta(minutes=1)
    shop.fail(frame(column=410), users=3)

    with suppress(Died):
        shop.repairs(Dying(shop.triage.api.events, at=at, after=after)).work()
    shop.restart()
    shop.triage.pipeline._mirror.sync()
    shop.repair()

    report = shop.report(set_id)
    assert (report["status"], report["stacks"], report["frames_resolved"], report["issues_merged"]) == (
        "finished",
        3,
        3,
        1,
    )
    assert report["events"] == 3, "that were there before"
    assert sum(shop.issues().values()) == 6
    assert len(shop.issues()) == 2
    assert len(shop.entries("merged")) == 1


def test_a_defect_ends_the_repair_until_the_next_start(shop, monkeypatch):
    shop.fail()
    set_id = upload(shop.triage, CHUNK, pair())
    monkeypatch.setattr(
        "mothlight.pipeline.repair.stacks.StackRepair.count", lambda *_: (_ for _ in ()).throw(KeyError("odd"))
    )
    running = shop.repairs()
    running.work()
    assert (shop.report(set_id)["status"], shop.report(set_id)["failure_reason"]) == ("failed", "KeyError: 'odd'")
    monkeypatch.undo()
    assert running.work() == 0

    shop.repair()

    assert shop.report(set_id)["status"] == "finished"
    assert shop.functions() == [("pay", True)]


def test_a_stack_that_arrives_while_its_set_does_is_not_missed(shop, monkeypatch):
    """The batch has looked for sets before, and stores its stack after the repair has looked for stacks."""
    resolve = shop.triage.pipeline._resolve
    calls = []

    def upload_and_repair(batch, versions):
        resolved = resolve(batch, versions)
        calls.append(versions)
        if len(calls) == 1:
            upload(shop.triage, CHUNK, pair())
        return resolved

    upload_and_repair.stack_of = resolve.stack_of
    link = shop.triage.pipeline._link_issue

    def repair_first(batch):
        if len(calls) == 1:
            shop.repair()
        return link(batch)

    monkeypatch.setattr(shop.triage.pipeline, "_resolve", upload_and_repair)
    monkeypatch.setattr(shop.triage.pipeline, "_link_issue", repair_first)

    shop.fail()
    shop.repair()

    assert len(calls) == 2
    (issue,) = shop.issues()
    assert shop.functions() == [("pay", True)]
    shop.fail(frame(column=410))
    assert shop.issues() == {issue: 2}


def test_what_events_wait_for_is_listed_by_their_number_until_it_comes(shop):
    shop.fail(users=3)
    shop.fail(frame(), frame(OTHER_CHUNK))
    shop.fail({"platform": "python", "filename": "pay.py", "function": "pay", "lineno": 3, "in_app": True})

    waiting = shop.triage.ok("GET", "symbol_sets/missing/")
    upload(shop.triage, CHUNK, pair())
    shop.repair()
    left = shop.triage.ok("GET", "symbol_sets/missing/")

    figures = [(each["ref"], each["events"], each["issues"], each["stacks"]) for each in waiting["results"]]
    assert figures == [(CHUNK, 4, 2, 2), (OTHER_CHUNK, 1, 1, 1)]
    assert waiting["results"][0]["reason"] == f"No source map was uploaded for chunk {CHUNK}."
    assert waiting["results"][0]["functions"] == ["a"]
    assert [each["ref"] for each in left["results"]] == [OTHER_CHUNK]
    assert (waiting["count"], left["count"]) == (2, 1)


def test_another_project_waits_for_nothing_of_this_one(shop, api):
    shop.fail()
    other = api.cast.add_project("Another").id

    assert api.tracking("GET", "symbol_sets/missing/", project=other).json()["results"] == []


def test_one_node_works_on_a_project_at_a_time(shop):
    if shop.triage.engine.dialect.name != "postgresql":
        pytest.skip("a SQLite file has one server")
    shop.fail()
    upload(shop.triage, CHUNK, pair())

    with alone(shop.triage.engine, f"symbol repairs {shop.triage.project}") as is_ours:
        assert is_ours
        assert shop.repairs().work() == 0
    assert shop.repair() == 1


def test_stacks_and_keys_from_before_their_references_were_kept_are_repaired_too(shop, monkeypatch):
    from mothlight.pipeline.stages import resolve

    row_of = resolve.stack_row
    as_before = {"refs": [], "waits": [], "knows_refs": 0}
    monkeypatch.setattr(resolve, "stack_row", lambda *given: msgspec.structs.replace(row_of(*given), **as_before))
    shop.fail(users=2)
    (issue,) = shop.issues()
    with writing(shop.triage.engine) as connection:
        forgotten = dict.fromkeys(("exceptions", "first_seen", "environments"))
        connection.execute(sa.update(tables.grouping_keys).values(**forgotten))
    upload(shop.triage, CHUNK, pair())

    shop.repair()

    assert shop.functions() == [("pay", True)]
    assert len(shop.fingerprints()) == 2
    assert shop.issues() == {issue: 2}
    assert shop.triage.ok("GET", f"issues/{issue}/")["first_seen"] == "2026-04-24T12:00:00Z"
