"""Stores of blobs for tests: a folder that goes with its store, and a bucket of a real S3-speaking server."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mothlight.kit.clock import Clock
from mothlight.storage.blobs.engines.folder import FolderBlobs

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class TemporaryBlobs(FolderBlobs):
    """A folder of its own, gone with the object."""

    def __init__(self, clock: Clock) -> None:
        self.kept = TemporaryDirectory(prefix="mothlight-blobs-")
        super().__init__(Path(self.kept.name), clock)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server of this run."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The setting that names a new bucket of it."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket = f"symbols-{uuid4().hex[:12]}"
    client: Any = boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1")
    client.create_bucket(Bucket=bucket)
    return f"s3://{bucket}/some/prefix?endpoint={s3_server}"
