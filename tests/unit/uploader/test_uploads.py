"""Uploading in batches, with attempts that are repeated where that can help."""

import json
from collections.abc import Iterator

import pytest

from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.server import TRIES, Server, Target
from mothlight.uploader.uploads import Done, Rules, Upload, upload_all
from tests.support.web_server import Page, WebServer, web_server

START = "/api/projects/7/error_tracking/symbol_sets/bulk_start_upload/"
FINISH = "/api/projects/7/error_tracking/symbol_sets/bulk_finish_upload/"


@pytest.fixture
def there() -> Iterator[WebServer]:
    """What stands in for a server: it needs chunk `a`, and has all others."""
    with web_server() as running:
        slot = {"symbol_set_id": "set-a", "presigned_url": {"url": f"{running.url}/blobs", "fields": {"key": "k"}}}
        running.pages |= {
            START: Page(json.dumps({"id_map": {"a": slot}}).encode(), 201),
            "/blobs": Page(status=204),
            FINISH: Page(b'{"success": true}', 201),
        }
        yield running


def server(there: WebServer, pauses: list[float] | None = None) -> Server:
    return Server(Target(there.url, "phx_secret", "7"), sleep=([] if pauses is None else pauses).append)


def uploads(*ids: str) -> list[Upload]:
    return [Upload(each, f"{each}.js", lambda each=each: each.encode()) for each in ids]


def test_what_is_needed_is_sent_and_finished_with_its_hash(there: WebServer):
    told: list[Done] = []

    upload_all(server(there), uploads("a", "b", "a"), Rules(force=True), told.append)

    start, blob, finish = there.asked
    asked = json.loads(start.body)
    assert [each["chunk_id"] for each in asked["symbol_sets"]] == ["a", "b"]
    assert (asked["force"], asked["skip_on_conflict"]) == (True, False)
    assert start.headers["Authorization"] == "Bearer phx_secret"
    assert b'name="key"\r\n\r\nk\r\n' in blob.body
    assert b'name="file"; filename="file"' in blob.body
    assert "Authorization" not in blob.headers
    hashes = {each["chunk_id"]: each["content_hash"] for each in asked["symbol_sets"]}
    assert json.loads(finish.body) == {"content_hashes": {"set-a": hashes["a"]}}
    assert [(each.upload.chunk_id, each.was_sent) for each in told] == [("a", True), ("b", False)]


def test_batches_are_as_large_as_they_may_be(there: WebServer):
    upload_all(server(there), uploads(*"bcdef"), Rules(batch=2), lambda _: None)

    sizes = [len(json.loads(each.body)["symbol_sets"]) for each in there.asked]
    assert sizes == [2, 2, 1]


def test_a_dry_run_asks_nobody():
    told: list[Done] = []

    upload_all(None, uploads("a"), Rules(dry_run=True), told.append)

    assert [(each.size, each.was_sent) for each in told] == [(1, False)]


@pytest.mark.parametrize(("status", "attempts"), [(500, TRIES), (503, TRIES), (429, TRIES), (400, 1), (403, 1)])
@pytest.mark.parametrize("path", [START, "/blobs", FINISH])
def test_what_can_help_is_tried_again(there: WebServer, path: str, status: int, attempts: int):
    there.pages[path] = Page(b'{"detail": "no", "code": "reason"}', status)
    pauses: list[float] = []

    with pytest.raises(UploadFailed, match=f"answered {status}: no") as caught:
        upload_all(server(there, pauses), uploads("a"), Rules(), lambda _: None)

    assert caught.value.code == "reason"
    assert there.paths().count(path) == attempts
    assert len(pauses) == attempts - 1
    assert "phx_secret" not in str(caught.value)


@pytest.mark.parametrize(("without_release", "asked"), [(True, 2), (False, 1)])
def test_chunks_of_another_release_are_sent_without_one_where_that_is_wanted(
    there: WebServer, without_release: bool, asked: int
):
    there.pages[START] = Page(b'{"detail": "no", "code": "release_id_mismatch"}', 400)
    bound = [each._replace(release_id="r") for each in uploads("b")]

    with pytest.raises(UploadFailed):
        upload_all(server(there), bound, Rules(without_release=without_release), lambda _: None)

    sent = [json.loads(each.body)["symbol_sets"][0]["release_id"] for each in there.asked]
    assert sent == ["r", None][:asked]


def test_a_file_that_no_server_takes_is_not_sent(there: WebServer):
    large = [Upload("a", "large.js", lambda: bytes(100 * 1024 * 1024 + 1))]

    with pytest.raises(UploadFailed, match=r"large\.js has 100 MiB"):
        upload_all(server(there), large, Rules(), lambda _: None)

    assert there.asked == []
