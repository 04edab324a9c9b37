"""One suite for stores of blobs: a folder, and an S3-compatible store that really speaks the protocol."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from mothlight.storage.blobs.engines.folder import FolderBlobs
from mothlight.storage.blobs.engines.s3 import S3Blobs
from mothlight.web.symbol_files import symbol_file_routes

pytest_plugins = ["tests.support.blobs"]

ADDRESS = "http://errors.test"
KEY = "symbolsets/0196-abc"


def clock():
    return datetime.now(UTC)


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    """A store, and a way to ask what its links lead to."""
    if request.param == "s3":
        blobs = S3Blobs(request.getfixturevalue("s3_url"))
        return SimpleNamespace(blobs=blobs, ask=httpx.request)
    blobs = FolderBlobs(tmp_path / "blobs", clock)
    app = Starlette(routes=symbol_file_routes(blobs, clock))

    def ask(method, url, **more):
        async def send():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
                return await client.request(method, url, **more)

        return anyio.run(send)

    return SimpleNamespace(blobs=blobs, ask=ask)


def test_what_is_written_is_read(store):
    store.blobs.write(KEY, io.BytesIO(b"one"))
    store.blobs.write(KEY, io.BytesIO(b"three"))

    assert (store.blobs.read(KEY), store.blobs.size(KEY)) == (b"three", 5)


def test_what_is_not_there_is_none(store):
    store.blobs.delete(KEY)

    assert (store.blobs.read(KEY), store.blobs.size(KEY)) == (None, None)


def test_what_is_deleted_is_gone(store):
    store.blobs.write(KEY, io.BytesIO(b"one"))
    store.blobs.delete(KEY)

    assert store.blobs.size(KEY) is None


def test_a_form_uploads(store):
    form = store.blobs.upload_form(KEY, ADDRESS, 300, 1000)

    answer = store.ask("POST", form.url, data=form.fields, files={"file": ("name", b"content", "text/plain")})

    assert answer.is_success, answer.text
    assert "key" in form.fields
    assert store.blobs.read(KEY) == b"content"


def test_a_form_of_another_key_does_not(store):
    form = store.blobs.upload_form(KEY, ADDRESS, 300, 1000)
    fields = form.fields | {"key": form.fields["key"] + "x"}

    if isinstance(store.blobs, FolderBlobs):
        # The test server for S3 looks at no signature; ours is what is proven here.
        assert store.ask("POST", form.url, data=fields, files={"file": ("name", b"x", "text/plain")}).status_code == 403
    assert store.blobs.size(KEY) is None


def test_a_link_downloads_as_an_attachment(store):
    store.blobs.write(KEY, io.BytesIO(b"content"))

    answer = store.ask("GET", store.blobs.download_url(KEY, ADDRESS, 300))

    assert (answer.status_code, answer.content) == (200, b"content")
    assert answer.headers["content-disposition"].startswith("attachment")


def test_old_blobs_are_listed(store):
    store.blobs.write(KEY, io.BytesIO(b"one"))
    moment = clock()

    assert list(store.blobs.keys_before(moment + timedelta(minutes=1))) == [KEY]
    assert list(store.blobs.keys_before(moment - timedelta(minutes=1))) == []


def test_a_write_that_breaks_off_leaves_what_was_there(store):
    class Broken(io.BytesIO):
        def read(self, *_):
            raise ValueError("the sender went away")

    store.blobs.write(KEY, io.BytesIO(b"one"))

    with pytest.raises(ValueError, match="went away"):
        store.blobs.write(KEY, Broken(b"two"))
    assert store.blobs.read(KEY) == b"one"


@pytest.mark.parametrize("key", ["../x", "a", "a/../b", "/etc/passwd", "a/b/c", "a/b.c"])
def test_a_folder_takes_only_keys_of_its_own(tmp_path, key):
    with pytest.raises(ValueError, match="no key"):
        FolderBlobs(tmp_path, clock).read(key)


def test_nodes_that_share_a_folder_take_each_others_links(tmp_path):
    one, two = FolderBlobs(tmp_path, clock), FolderBlobs(tmp_path, clock)
    fields = one.upload_form(KEY, ADDRESS, 300, 10).fields

    assert two.links.allows("POST", fields, clock())
