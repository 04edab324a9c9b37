"""Symbol sets, what waits for them, what they repaired, and unresolved frames with their remedy."""

import hashlib
import io
import time
from uuid import UUID

import pytest

from mothlight.pipeline.repair.run import SymbolRepairs
from mothlight.pipeline.stack_symbols import StackResolver
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import symbol_sets
from mothlight.storage.mirror import Mirror
from mothlight.symbol_sets.find import SymbolSets
from mothlight.symbol_sets.finish import finish_upload
from mothlight.symbol_sets.start import Conflicts, Wanted, start_upload
from tests.functional.api.test_readable_stacks import AUTOMATIC, CHUNK, OTHER_CHUNK, frame, pair
from tests.support.received import exception
from tests.support.visitor import words_of

UNKNOWN = "019bb1a2-0000-7000-8000-000000000000"


@pytest.fixture
def upload(site):
    """Upload a file for a chunk; the id of its set."""

    def do(chunk, content):
        parts = site.parts
        common = {"now": parts.clock(), "make_id": parts.make_id}
        wanted = [Wanted(chunk, content_hash="-")]
        place = start_upload(parts.database, site.project.id, wanted, Conflicts(force=True), **common).places[chunk]
        parts.blobs.write(place.key, io.BytesIO(content))
        hashes = {place.set_id: hashlib.sha512(content).hexdigest()}
        finish_upload(parts.database, parts.blobs, site.project.id, hashes, **common)
        return place.set_id

    return do


@pytest.fixture
def repair(site, triage):
    """Do the repairs that are due."""

    def do():
        parts = site.parts
        resolver = StackResolver(SymbolSets(parts.database, parts.blobs, parts.clock), triage.reader)
        mirror = Mirror(parts.database, parts.events)
        SymbolRepairs(parts.database, parts.events, mirror, resolver, parts.clock, parts.make_id, time.monotonic).work()

    return do


def fail(triage, *frames, users=1):
    sent = [exception(type="PayError", stacktrace={"type": "raw", "frames": list(frames)})]
    triage.capture(None, users, **{**AUTOMATIC, "$exception_list": sent})


def test_what_is_missing_is_told_with_what_helps_and_how_many_wait(site, owner, triage):
    fail(triage, frame(), users=3)
    fail(triage, frame(), frame(OTHER_CHUNK))

    text = words_of(owner.get(site.path("settings/symbols")))

    assert f"No source map was uploaded for chunk {CHUNK}." in text
    assert "Missing 2" in text
    assert text.index(CHUNK) < text.index(OTHER_CHUNK), "those that most events wait for come first"


def test_an_unresolved_frame_says_why_what_helps_and_who_waits(site, owner, triage):
    fail(triage, frame(), users=3)
    fail(triage, frame(), frame(OTHER_CHUNK))
    with reading(site.cast.engine) as connection:
        from mothlight.storage.metadata.repositories.issues import list_issues

        issue = list_issues(connection, site.project.id, 10, 0)[-1]

    text = words_of(owner.get(site.path(f"issues/{issue.id}")))

    assert f"No source map was uploaded for chunk {CHUNK}." in text
    assert "4 events in 2 issues wait for it." in text


def test_a_set_that_came_late_shows_what_it_repaired(site, owner, triage, upload, repair):
    fail(triage, frame(), users=3)
    set_id = upload(CHUNK, pair())
    before = words_of(owner.get(site.path("settings/symbols/repairs")))
    repair()

    listed = words_of(owner.get(site.path("settings/symbols?view=all")))
    page = words_of(owner.get(site.path(f"settings/symbols/{set_id}")))

    assert "Repairing" in before
    for text in (listed, page):
        assert "Done" in text
        assert "1 issue concerned" in text
    assert "Missing 0" in listed
    assert CHUNK in page


def test_a_set_that_says_nothing_about_frames_is_told(site, owner, triage, upload, repair):
    fail(triage, frame())
    set_id = upload(CHUNK, b"this is no container at all, but it is long enough")
    repair()

    text = words_of(owner.get(site.path("settings/symbols?view=failed")))

    assert "is there and says nothing about this frame: JSDataError: " in text
    assert "Say nothing 1" in text
    assert "1 event in 1 issue." in words_of(owner.get(site.path(f"settings/symbols/{set_id}")))


def test_a_set_is_deleted_and_is_gone_then(site, owner, upload):
    set_id = upload(CHUNK, pair())
    page = owner.get(site.path(f"settings/symbols/{set_id}"))

    after = owner.follow(owner.send(page, site.path(f"settings/symbols/{set_id}/delete")))

    assert "The symbol set is deleted." in words_of(after)
    assert owner.get(site.path(f"settings/symbols/{set_id}")).status_code == 404
    with reading(site.cast.engine) as connection:
        assert symbol_sets.sets_by_id(connection, site.project.id, [set_id]) == {}


@pytest.mark.parametrize("set_id", [UNKNOWN, "nonsense"])
def test_what_is_not_there_is_not_found(site, owner, set_id):
    assert owner.get(site.path(f"settings/symbols/{set_id}")).status_code == 404


def test_a_set_of_another_project_is_not_found(site, owner, stranger, upload):
    set_id = upload(CHUNK, pair())
    other = site.cast.other_project.id

    assert isinstance(set_id, UUID)
    assert stranger.get(f"/projects/{other}/settings/symbols/{set_id}").status_code == 404
    assert stranger.get(site.path("settings/symbols")).status_code in (403, 404)


def test_sets_are_found_by_a_part_of_their_reference(site, owner, upload):
    upload(CHUNK, pair())
    upload("something-else", pair())

    text = words_of(owner.get(site.path("settings/symbols?view=all&search=build-1")))

    assert CHUNK in text
    assert "1 to 1 of 1" in text
