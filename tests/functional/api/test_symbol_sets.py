"""`symbol_sets/…` (api.md 3.4): the uploader's protocol, the older ways, lists, links and removal."""

import hashlib
from datetime import timedelta

import pytest

from tests.functional.api.conftest import error
from tests.support.triage import UNKNOWN

CONTENT = b"posthog_error_tracking and what follows"
HASH = hashlib.sha512(CONTENT).hexdigest()
OTHER = hashlib.sha512(b"other").hexdigest()


def start(triage, *chunks, status=201, **more):
    sets = [{"chunk_id": chunk, "content_hash": HASH} if isinstance(chunk, str) else chunk for chunk in chunks]
    answer = triage.ask("POST", "symbol_sets/bulk_start_upload/", json={"symbol_sets": sets, **more})
    assert answer.status_code == status, answer.text
    return answer.json() if status != 201 else answer.json()["id_map"]


def send(triage, slot, content=CONTENT):
    form = slot["presigned_url"]
    path = form["url"].removeprefix("http://errors.test/")
    return triage.api.ask(
        "POST", f"../{path}", key=None, data=form["fields"], files={"file": ("chunk", content, "text/plain")}
    )


def finish(triage, *slots, content_hash=HASH):
    hashes = {slot["symbol_set_id"]: content_hash for slot in slots}
    return triage.ask("POST", "symbol_sets/bulk_finish_upload/", json={"content_hashes": hashes})


def upload(triage, chunk, content=CONTENT, **more):
    slot = start(triage, {"chunk_id": chunk, **more})[chunk]
    assert send(triage, slot, content).status_code == 204
    assert finish(triage, slot, content_hash=hashlib.sha512(content).hexdigest()).json() == {"success": True}
    return slot["symbol_set_id"]


def release(triage, version="1.0"):
    body = {"version": version, "project": "shop", "metadata": {"git": {"commit_id": f"commit-{version}"}}}
    return triage.ask("POST", "releases/", json=body).json()


def test_a_file_is_started_uploaded_and_finished(triage):
    slot = start(triage, "c1")["c1"]
    before = triage.ok("GET", f"symbol_sets/{slot['symbol_set_id']}/")
    sent = send(triage, slot)
    finished = finish(triage, slot)
    after = triage.ok("GET", f"symbol_sets/{slot['symbol_set_id']}/")

    assert set(slot["presigned_url"]["fields"]) > {"key"}
    assert before == {
        "id": slot["symbol_set_id"],
        "ref": "c1",
        "team_id": triage.project,
        "created_at": "2026-04-24T12:00:00Z",
        "last_used": "2026-04-24T12:00:00Z",
        "failure_reason": None,
        "has_uploaded_file": False,
        "release": None,
    }
    assert (sent.status_code, finished.status_code, finished.json()) == (204, 201, {"success": True})
    assert after == before | {"has_uploaded_file": True}


def test_what_was_uploaded_can_be_downloaded_for_an_hour(triage):
    set_id = upload(triage, "c1")
    url = triage.ok("GET", f"symbol_sets/{set_id}/download/")["url"]
    path = url.removeprefix("http://errors.test/")

    found = triage.api.ask("GET", f"../{path}", key=None)
    triage.api.hands.moment += timedelta(hours=1, seconds=1)
    late = triage.api.ask("GET", f"../{path}", key=None)

    assert found.content == CONTENT
    assert found.headers["content-disposition"].startswith("attachment")
    assert found.headers["x-content-type-options"] == "nosniff"
    assert late.status_code == 403


def test_without_a_file_there_is_nothing_to_download(triage):
    slot = start(triage, "c1")["c1"]

    answer = triage.ask("GET", f"symbol_sets/{slot['symbol_set_id']}/download/")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Symbol set has no uploaded file."})


def test_a_link_uploads_one_file_for_five_minutes_and_nothing_else(triage):
    slot = start(triage, "c1")["c1"]
    fields = slot["presigned_url"]["fields"]

    def with_fields(**changes):
        return send(triage, {"presigned_url": {**slot["presigned_url"], "fields": fields | changes}}).status_code

    elsewhere = with_fields(key="symbolsets/another")
    longer = with_fields(expires=str(int(fields["expires"]) + 1))
    forged = with_fields(signature="0" * 64)
    triage.api.hands.moment += timedelta(minutes=5)

    assert [elsewhere, longer, forged, send(triage, slot).status_code] == [403, 403, 403, 403]


def test_chunks_that_are_here_are_left_out(triage):
    upload(triage, "c1")

    assert set(start(triage, "c1", "c2")) == {"c2"}


def test_the_older_form_takes_ids_and_both_may_be_mixed(triage):
    slots = start(triage, "c1", chunk_ids=["c2", "c3"], release_id=None)

    assert set(slots) == {"c1", "c2", "c3"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"symbol_sets": [{"chunk_id": "c1", "content_hash": OTHER}]}, "content_hash_mismatch"),
        ({"symbol_sets": [{"chunk_id": "c1"}]}, "content_hash_required"),
        ({"chunk_ids": ["c1"]}, "content_hash_required"),
        ({"chunk_ids": ["a", "a"]}, "invalid_chunk_ids"),
        ({"chunk_ids": ["a"], "symbol_sets": [{"chunk_id": "a"}]}, "invalid_chunk_ids"),
        ({"chunk_ids": ["a"], "release_id": UNKNOWN}, "invalid_release_id"),
        ({"chunk_ids": ["a"], "force": True, "skip_on_conflict": True}, "invalid_conflict_handling"),
    ],
)
def test_what_cannot_be_started_leaves_all_untouched(triage, body, code):
    upload(triage, "c1")
    new = [{"chunk_id": "new"}, *body.get("symbol_sets", [])]

    answer = error(triage.ask("POST", "symbol_sets/bulk_start_upload/", json={**body, "symbol_sets": new}))

    assert (answer.status, answer.type, answer.code) == (400, "validation_error", code)
    assert [row["ref"] for row in triage.ok("GET", "symbol_sets/")["results"]] == ["c1"]


def test_other_content_is_skipped_or_forced_as_asked(triage):
    set_id = upload(triage, "c1")
    other = {"chunk_id": "c1", "content_hash": OTHER}

    skipped = start(triage, other, skip_on_conflict=True)
    is_there = triage.ok("GET", f"symbol_sets/{set_id}/")["has_uploaded_file"]
    forced = start(triage, other, force=True)
    meanwhile = triage.ok("GET", f"symbol_sets/{set_id}/")["has_uploaded_file"]
    send(triage, forced["c1"], b"other")
    finish(triage, forced["c1"], content_hash=OTHER)
    url = triage.ok("GET", f"symbol_sets/{set_id}/download/")["url"].removeprefix("http://errors.test/")

    assert (skipped, is_there, meanwhile) == ({}, True, False)
    assert forced["c1"]["symbol_set_id"] == set_id
    assert triage.api.ask("GET", f"../{url}", key=None).content == b"other"


def test_a_pending_upload_is_begun_anew_and_the_old_link_writes_nothing_that_counts(triage):
    first = start(triage, "c1")["c1"]
    second = start(triage, "c1")["c1"]
    send(triage, first, b"old")

    assert first["symbol_set_id"] == second["symbol_set_id"]
    assert first["presigned_url"]["fields"]["key"] != second["presigned_url"]["fields"]["key"]
    assert error(finish(triage, second)).code == "file_not_found"


def test_a_set_joins_a_release_once(triage):
    one, two = release(triage, "1.0"), release(triage, "2.0")
    set_id = upload(triage, "c1")

    def try_with(release_id, content_hash=HASH, **flags):
        chunk = {"chunk_id": "c1", "content_hash": content_hash, "release_id": release_id}
        answer = triage.ask("POST", "symbol_sets/bulk_start_upload/", json={"symbol_sets": [chunk], **flags})
        return answer.json().get("code") or answer.json()["id_map"]

    joined = try_with(one["id"])
    shown = triage.ok("GET", f"symbol_sets/{set_id}/")["release"]
    same_content = try_with(two["id"])
    other_content = try_with(two["id"], OTHER)
    forced = try_with(two["id"], OTHER, force=True)
    skipped = try_with(two["id"], OTHER, skip_on_conflict=True, skip_release_on_conflict=True)

    assert (joined, shown, same_content) == ({}, one, {})
    assert (other_content, forced, skipped) == ("release_id_mismatch", "release_id_mismatch", {})
    assert triage.ok("GET", f"symbol_sets/{set_id}/")["release"] == one


def test_finishing_needs_known_sets_with_usable_files(triage):
    waiting, empty = start(triage, "waiting")["waiting"], start(triage, "empty")["empty"]
    send(triage, empty, b"")

    unknown = error(triage.ask("POST", "symbol_sets/bulk_finish_upload/", json={"content_hashes": {UNKNOWN: HASH}}))
    nothing = finish(triage)
    missing = error(finish(triage, waiting))
    too_small = error(finish(triage, empty))
    sent = send(triage, waiting)
    later = finish(triage, waiting)

    assert (unknown.status, unknown.code) == (400, "symbol_set_not_found")
    assert (nothing.status_code, nothing.json()) == (201, {"success": True})
    assert (missing.code, too_small.code) == ("file_not_found", "file_too_large")
    assert (sent.status_code, later.status_code) == (204, 201)
    assert [row["ref"] for row in triage.ok("GET", "symbol_sets/")["results"]] == ["waiting"]


def test_the_older_single_steps(triage):
    no_chunk = triage.ask("POST", "symbol_sets/start_upload/")
    slot = triage.ask("POST", "symbol_sets/start_upload/?chunk_id=c1").json()
    path = f"symbol_sets/{slot['symbol_set_id']}/finish_upload/"
    no_hash = error(triage.ask("PUT", path, json={}))
    too_early = error(triage.ask("PUT", path, json={"content_hash": HASH}))
    send(triage, slot)
    done = triage.ask("PUT", path, json={"content_hash": HASH})

    assert (no_chunk.status_code, no_chunk.json()) == (400, {"detail": "chunk_id query parameter is required"})
    assert (no_hash.code, too_early.code) == ("content_hash_required", "file_not_found")
    assert (done.status_code, done.json()) == (200, {"success": True})


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"file": ("c1.bin", CONTENT, "text/plain")}},
        {"content": CONTENT, "headers": {"Content-Type": "application/octet-stream"}},
    ],
)
def test_the_oldest_way_sends_the_file_itself(triage, request_):
    answer = triage.ask("POST", "symbol_sets/?chunk_id=c1&multipart=true", **request_)
    row = triage.ok("GET", "symbol_sets/?ref=c1")["results"][0]
    url = triage.ok("GET", f"symbol_sets/{row['id']}/download/")["url"].removeprefix("http://errors.test/")

    assert (answer.status_code, answer.json()) == (201, {"ok": True})
    assert row["has_uploaded_file"]
    assert triage.api.ask("GET", f"../{url}", key=None).content == CONTENT
    assert start(triage, "c1") == {}


def test_nobody_uploads_without_a_key(triage):
    answer = triage.ask("POST", "symbol_sets/?chunk_id=c1", key=None, content=CONTENT)

    assert answer.status_code == 401


def test_sets_are_listed_found_and_ordered(triage):
    one = release(triage, "1.0")
    for name in ("Beta", "alpha"):
        upload(triage, name)
        triage.api.hands.moment += timedelta(seconds=1)
    start(triage, {"chunk_id": "pending", "release_id": one["id"]})

    def refs(query=""):
        return [row["ref"] for row in triage.ok("GET", f"symbol_sets/{query}")["results"]]

    assert refs() == ["pending", "alpha", "Beta"]
    assert refs("?order_by=created_at") == ["Beta", "alpha", "pending"]
    assert refs("?ref=alpha") == ["alpha"]
    assert (refs("?status=valid"), refs("?status=invalid")) == (["alpha", "Beta"], ["pending"])
    assert (refs("?search=BET"), refs("?search=1.0"), refs("?search=COMMIT-1"), refs("?search=sho")) == (
        ["Beta"],
        ["pending"],
        ["pending"],
        ["pending"],
    )
    assert (refs("?search=%25"), refs("?limit=1&offset=1")) == ([], ["alpha"])


def test_a_page_has_at_most_a_hundred_sets(triage):
    start(triage, chunk_ids=[f"c{number}" for number in range(101)])

    page = triage.ok("GET", "symbol_sets/?limit=1000")

    assert (page["count"], len(page["results"])) == (101, 100)
    assert "limit=100" in page["next"]


@pytest.mark.parametrize("query", ["?status=x", "?order_by=id", "?order_by=--ref"])
def test_lists_refuse_what_they_do_not_know(triage, query):
    answer = error(triage.ask("GET", f"symbol_sets/{query}"))

    assert (answer.status, answer.code) == (400, "invalid_choice")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_is_accepted_and_changes_nothing(triage, method):
    set_id = upload(triage, "c1")

    assert triage.ok(method, f"symbol_sets/{set_id}/", json={"ref": "x"})["ref"] == "c1"


def test_a_set_goes_with_its_file(triage):
    set_id = upload(triage, "c1")
    keys = list(triage.api.blobs.keys_before(triage.api.hands.now() + timedelta(days=9999)))

    answer = triage.ask("DELETE", f"symbol_sets/{set_id}/")

    assert (answer.status_code, len(keys)) == (204, 1)
    assert triage.api.blobs.read(keys[0]) is None
    assert triage.ask("DELETE", f"symbol_sets/{set_id}/").status_code == 404


def test_several_go_at_once_and_those_of_others_stay(triage):
    cast = triage.api.cast
    one, two = upload(triage, "c1"), upload(triage, "c2")
    theirs = {"project": cast.other_project.id, "by": cast.stranger}
    foreign = triage.ask("POST", "symbol_sets/start_upload/?chunk_id=c1", **theirs).json()["symbol_set_id"]

    answer = triage.ask("POST", "symbol_sets/bulk_delete/", json={"ids": [one, two, foreign, UNKNOWN, "x"]})

    assert answer.json() == {"deleted": 2}
    assert triage.ok("GET", "symbol_sets/")["count"] == 0
    assert triage.ask("GET", f"symbol_sets/{foreign}/", **theirs).status_code == 200


@pytest.mark.parametrize(
    ("body", "detail"),
    [({}, "ids is required"), ({"ids": []}, "ids is required"), ({"ids": "x"}, "ids must be a list")],
)
def test_bulk_delete_says_what_it_needs(triage, body, detail):
    answer = triage.ask("POST", "symbol_sets/bulk_delete/", json=body)

    assert (answer.status_code, answer.json()) == (400, {"detail": detail})


def test_a_reference_belongs_to_one_set_of_a_project(triage):
    cast = triage.api.cast
    upload(triage, "c1")
    theirs = {"project": cast.other_project.id, "by": cast.stranger}

    answer = triage.ask("POST", "symbol_sets/bulk_start_upload/", json={"chunk_ids": ["c1"]}, **theirs)

    assert set(answer.json()["id_map"]) == {"c1"}
