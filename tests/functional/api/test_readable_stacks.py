"""Uploaded symbol sets make events readable: those that come after, and with them what lies there of the same stack."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading
from mothlight.symbols.container import DataType, pack, pack_script
from tests.functional.api.test_symbol_sets import release, upload
from tests.support.received import exception
from tests.support.source_maps import source_map
from tests.support.symbols import GOLDEN
from tests.support.triage import EVER

# Frames beyond column 300 count as minified, also without a map.
SCRIPT = b"function a(n){throw n" + b" " * 700 + b"}"
CHUNK, OTHER_CHUNK = "chunk-of-build-1", "chunk-of-build-2"
EVERYTHING = {"dateRange": EVER, "filterTestAccounts": False, "limit": 20}
AUTOMATIC = {"$exception_fingerprint": None}


def pair(function="pay", source="src/pay.ts"):
    tokens = [(0, 0, 0, 0), (9, 0, 0, 9, 0), (14, 0, 1, 4)]
    lines = f"function {function}(amount) {{\n    throw amount\n}}"
    return pack_script(SCRIPT, source_map([tokens], sources=[source], names=[function], sourcesContent=[lines]))


def frame(chunk=CHUNK, function="a", column=400):
    place = f"https://shop.example/static/{chunk}.js"
    return {
        "platform": "web:javascript",
        "filename": place,
        "function": function,
        "lineno": 1,
        "colno": column,
        "chunk_id": chunk,
        "in_app": True,
    }


class Shop:
    """A project whose frames are minified."""

    def __init__(self, triage):
        self.triage = triage

    def fail(self, *frames, users=1, type="PayError", **more):
        stack = {"type": "raw", "frames": list(frames or [frame()])}
        sent = [exception(type=type, stacktrace=stack, **more.pop("entry", {}))]
        self.triage.capture(None, users, **{**AUTOMATIC, "$exception_list": sent, **more})

    def issues(self):
        """Events of each issue, by id."""
        return {issue: figures.occurrences for issue, figures in self.triage.figures().items()}

    def events(self, issue):
        """Newest first."""
        body = {**EVERYTHING, "issueId": issue, "verbosity": "raw"}
        return self.triage.ok("POST", "query/issue_events/", json=body)["results"]

    def frames(self):
        """As stored, by raw id."""
        return {each["raw_id"]: each for each in self.triage.ok("GET", "stack_frames/")["results"]}

    def versions(self):
        """Of the stored stacks."""
        sql = "SELECT version FROM stacks FINAL WHERE project_id = {project:UInt32} ORDER BY version"
        return [version for (version,) in self.triage.api.events.query(self.triage.project, sql)]

    def functions(self):
        return [(each["contents"].get("resolved_name"), each["resolved"]) for each in self.frames().values()]

    def fingerprints(self):
        listed = self.triage.ok("GET", "fingerprints/", params={"limit": 100})["results"]
        return {each["fingerprint"]: each["issue_id"] for each in listed}

    def restart(self):
        """What was remembered is gone."""
        self.triage = type(self.triage)(self.triage.api, self.triage.reader)


@pytest.fixture
def shop(triage):
    return Shop(triage)


def test_an_event_after_the_upload_is_readable(shop):
    release_id = release(shop.triage)["id"]
    set_id = upload(shop.triage, CHUNK, pair(), release_id=release_id)

    shop.fail()

    (stored,) = shop.frames().values()
    assert stored["resolved"] is True
    assert (stored["contents"]["resolved_name"], stored["contents"]["source"]) == ("pay", "src/pay.ts")
    assert (stored["contents"]["line"], stored["context"]["line"]["line"]) == (2, "    throw amount")
    assert (stored["symbol_set_ref"], stored["release"]["id"]) == (CHUNK, release_id)
    of_set = shop.triage.ok("POST", "stack_frames/batch_get/", json={"symbol_set": set_id})["results"]
    assert [each["raw_id"] for each in of_set] == [stored["raw_id"]]
    (issue,) = shop.issues()
    (event,) = shop.events(issue)
    (shown,) = event["properties"]["$exception_list"][0]["stacktrace"]["frames"]
    assert (shown["resolved_name"], shown["line"], shown["resolved"]) == ("pay", 2, True)
    found = shop.triage.ok("POST", "query/issues/", json={**EVERYTHING, "searchQuery": "throw amount"})["results"]
    assert [each["id"] for each in found] == [issue], "source lines are found"


def test_frames_of_another_set_are_left_out(shop):
    upload(shop.triage, CHUNK, pair())
    other = upload(shop.triage, OTHER_CHUNK, pair("refund"))
    shop.fail()

    assert shop.triage.ok("POST", "stack_frames/batch_get/", json={"symbol_set": other})["results"] == []


def test_an_upload_after_the_event_makes_it_readable_with_the_next_of_its_kind(shop):
    shop.fail()
    assert shop.functions() == [(None, False)]
    (issue,) = shop.issues()
    (minified,) = shop.fingerprints()
    upload(shop.triage, CHUNK, pair())
    (before,) = shop.frames().values()

    shop.triage.api.hands.moment += timedelta(hours=1)
    shop.fail()

    assert shop.functions() == [("pay", True)]
    assert shop.issues() == {issue: 2}, "the issue took the new fingerprint along"
    assert len(shop.versions()) == 1, "the former version is replaced"
    (after,) = shop.frames().values()
    assert (after["created_at"], after["id"]) == (before["created_at"], before["id"])
    owned = shop.fingerprints()
    assert set(owned.values()) == {issue}
    assert minified in owned
    assert len(owned) == 2


def test_the_same_holds_after_a_restart(shop):
    shop.fail()
    upload(shop.triage, CHUNK, pair())
    shop.restart()

    shop.fail()
    shop.restart()
    shop.fail()

    assert shop.functions() == [("pay", True)]
    assert list(shop.issues().values()) == [3]


def test_a_stack_is_resolved_once(shop):
    upload(shop.triage, CHUNK, pair())
    shop.fail()
    upload(shop.triage, OTHER_CHUNK, pair("refund"))
    versions = shop.versions()

    shop.fail()
    shop.restart()
    shop.fail(users=2)

    assert shop.versions() == versions, "what it does not ask for changes nothing"


def test_a_replaced_set_shows_with_the_next_event(shop):
    upload(shop.triage, CHUNK, pair())
    shop.fail()
    (issue,) = shop.issues()
    answer = shop.triage.ask(
        "POST",
        f"symbol_sets/?chunk_id={CHUNK}",
        files={"file": ("chunk", pair("refund"), "application/octet-stream")},
    )
    assert answer.status_code == 201

    shop.fail()

    assert shop.functions() == [("refund", True)]
    assert shop.issues() == {issue: 2}


def test_what_is_readable_stays_so_when_the_set_is_deleted(shop):
    set_id = upload(shop.triage, CHUNK, pair())
    shop.fail()
    assert shop.triage.ask("DELETE", f"symbol_sets/{set_id}/").status_code == 204

    shop.fail()
    shop.fail(frame(), frame(function="b", column=500))

    assert sorted(shop.functions(), key=str) == [("pay", True), (None, False)]
    assert {each["symbol_set_ref"] for each in shop.frames().values()} == {None}


def test_a_set_that_arrives_joins_what_the_others_made_readable(shop):
    upload(shop.triage, CHUNK, pair())
    shop.fail(frame(), frame(OTHER_CHUNK))
    assert sorted(shop.functions(), key=str) == [("pay", True), (None, False)]
    upload(shop.triage, OTHER_CHUNK, pair("refund"))

    shop.fail(frame(), frame(OTHER_CHUNK))

    assert sorted(shop.functions()) == [("pay", True), ("refund", True)]


def test_a_missing_file_takes_its_record_along_and_says_so(shop):
    set_id = upload(shop.triage, CHUNK, pair())
    with reading(shop.triage.engine) as connection:
        key = connection.scalar(sa.select(tables.symbol_sets.c.storage_key))
    shop.triage.api.blobs.delete(key)

    shop.fail(frame(column=500))

    (stored,) = shop.frames().values()
    assert stored["resolved"] is False
    assert stored["contents"]["resolve_failure"] == f"No sourcemap uploaded for chunk id: {CHUNK}"
    assert shop.triage.ask("GET", f"symbol_sets/{set_id}/").status_code == 404


def test_broken_data_keeps_the_frames_as_they_were_sent(shop):
    upload(shop.triage, CHUNK, b"this is no container at all, but it is long enough")

    shop.fail()

    (stored,) = shop.frames().values()
    assert stored["contents"]["resolve_failure"].startswith("JSDataError: ")
    assert stored["contents"]["mangled_name"] == "a"
    assert list(shop.issues().values()) == [1]


def test_sets_of_another_project_say_nothing(shop, api):
    other = api.cast.add_project("Another").id
    upload(shop.triage, CHUNK, pair())
    shop.triage.project = other

    shop.fail()

    frames = api.tracking("GET", "stack_frames/", project=other).json()["results"]
    assert [each["resolved"] for each in frames] == [False]


def test_a_set_in_use_is_touched_every_twelve_hours(shop):
    set_id = upload(shop.triage, CHUNK, pair())
    hands, uploaded = shop.triage.api.hands, shop.triage.api.hands.moment

    def last_used():
        return shop.triage.ok("GET", f"symbol_sets/{set_id}/")["last_used"]

    at_first = last_used()
    hands.moment = uploaded + timedelta(hours=11)
    shop.fail()
    assert last_used() == at_first
    hands.moment = uploaded + timedelta(hours=24)
    shop.fail()
    assert last_used() == "2026-04-25T12:00:00Z"


def test_the_release_of_the_set_is_the_events_where_it_names_none(shop):
    bound = release(shop.triage, "7.7")["id"]
    upload(shop.triage, CHUNK, pair(), release_id=bound)
    own = release(shop.triage, "8.8")["id"]

    shop.fail()
    shop.fail(**{"$release": "9.9"})
    shop.fail(**{"$release_id": own})

    sql = "SELECT release, release_names FROM events WHERE project_id = {project:UInt32} ORDER BY uuid"
    rows = shop.triage.api.events.query(shop.triage.project, sql)
    assert [json.loads(text)["version"] for text, _ in rows] == ["7.7", "7.7", "8.8"]
    assert bound in rows[0][1]


def test_original_types_are_shown_and_the_group_stays(shop):
    obfuscated = {"platform": "java", "module": "a1.d", "function": "onClick", "filename": "SourceFile", "lineno": 14}
    obfuscated |= {"map_id": "app@1", "in_app": True}
    shop.fail(obfuscated, type="c", entry={"module": "a1"})
    (issue,) = shop.issues()
    upload(shop.triage, "app@1", pack(DataType.MAPPING, (GOLDEN / "java" / "r8.txt").read_bytes()))

    shop.fail(obfuscated, type="c", entry={"module": "a1"})

    sql = "SELECT types, exceptions FROM events WHERE project_id = {project:UInt32} ORDER BY uuid"
    rows = shop.triage.api.events.query(shop.triage.project, sql)
    assert [types for types, _ in rows] == [["c"], ["MyCustomException3"]]
    assert json.loads(rows[1][1])[0]["rest"]["module"] == "com.posthog.android.sample"
    assert shop.issues() == {issue: 2}


def test_two_issues_that_turn_out_to_be_one_are_merged_and_can_be_parted(shop):
    upload(shop.triage, CHUNK, pair())
    shop.fail()
    (first,) = shop.issues()
    shop.triage.api.hands.moment += timedelta(hours=1)
    shop.fail(frame(OTHER_CHUNK, "z"), users=2)
    (second,) = set(shop.issues()) - {first}
    shop.triage.change(second, name="The second build")
    upload(shop.triage, OTHER_CHUNK, pair())

    shop.fail(frame(OTHER_CHUNK, "z"))

    assert shop.issues() == {first: 4}
    entry = next(entry for entry in shop.triage.changes() if entry["kind"] == "merged")
    assert entry["actor"]["type"] == "pipeline"
    shop.triage.ok("POST", f"changes/{entry['id']}/undo/", json={})
    assert shop.issues() == {first: 1, second: 3}
    shop.fail(frame(OTHER_CHUNK, "z"))
    assert shop.issues() == {first: 1, second: 4}, "what people have parted stays parted"


def test_a_key_moves_alone_out_of_an_issue_that_keeps_others(shop):
    upload(shop.triage, CHUNK, pair())
    shop.fail()
    (first,) = shop.issues()
    shop.fail(frame(OTHER_CHUNK, "z"))
    (second,) = set(shop.issues()) - {first}
    # The same fingerprint, for positions do not count, in another stack.
    shop.fail(frame(OTHER_CHUNK, "z", column=500))
    assert shop.issues() == {first: 1, second: 2}
    upload(shop.triage, OTHER_CHUNK, pair())

    shop.fail(frame(OTHER_CHUNK, "z"))

    assert shop.issues() == {first: 3, second: 1}


def test_a_fingerprint_of_the_applications_choice_stays(shop):
    shop.fail(**{"$exception_fingerprint": "checkout"})
    upload(shop.triage, CHUNK, pair())

    shop.fail(**{"$exception_fingerprint": "checkout"})

    assert list(shop.fingerprints()) == ["checkout"]
    assert shop.functions() == [("pay", True)]


@pytest.mark.parametrize("chunk", ["a\0b", "x" * 5_000, "", "'; DROP TABLE stacks"])
def test_odd_references_cost_nothing(shop, chunk):
    upload(shop.triage, CHUNK, pair())

    shop.fail(frame(chunk) | {"filename": f"https://shop.example/{chunk}.js"})

    assert list(shop.issues().values()) == [1]
    assert [resolved for _, resolved in shop.functions()] == [False]
