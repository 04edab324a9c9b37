"""Blobs in a bucket of an S3-compatible store, which answers the links itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mothlight.model.errors import Unavailable
from mothlight.storage.blobs.interface import UploadForm

ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
CONNECT_SECONDS = 5
READ_SECONDS = 60


class S3Blobs:
    """Objects `prefix/key` of a bucket. Credentials come from the environment as the AWS tools read them."""

    def __init__(self, url: str) -> None:
        """Make a client for `s3://bucket/prefix?endpoint=https://…&region=…`.

        Raises:
            ValueError: the URL names no bucket.
        """
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("it must name a bucket, like s3://bucket/prefix")
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self._bucket = parts.netloc
        self._prefix = f"{path}/" if (path := parts.path.strip("/")) else ""
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=options.get("endpoint"),
            region_name=options.get("region", "us-east-1"),
            config=Config(
                signature_version="s3v4",
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"max_attempts": 3, "mode": "standard"},
                s3={"addressing_style": "path" if "endpoint" in options else "auto"},
                # Stores other than Amazon's own need not know the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def write(self, key: str, content: IO[bytes]) -> None:
        """Store the content, all or nothing."""
        with _translated():
            self._client.upload_fileobj(content, self._bucket, self._prefix + key)

    def read(self, key: str) -> bytes | None:
        """The content; None when there is no such blob."""
        with _translated():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            except ClientError as problem:
                if _is_absent(problem):
                    return None
                raise
            with answer["Body"] as body:
                content: bytes = body.read()
                return content

    def size(self, key: str) -> int | None:
        """Bytes of the content; None when there is no such blob."""
        with _translated():
            try:
                return int(self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)["ContentLength"])
            except ClientError as problem:
                if _is_absent(problem):
                    return None
                raise

    def delete(self, key: str) -> None:
        """Remove the blob, if there is one."""
        with _translated():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def keys_before(self, moment: datetime) -> Iterator[str]:
        """Keys of the blobs that were written before the moment."""
        with _translated():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for page in pages:
                for found in page.get("Contents", ()):
                    if found["LastModified"] < moment:
                        yield found["Key"].removeprefix(self._prefix)

    def upload_form(self, key: str, address: str, seconds: int, most_bytes: int) -> UploadForm:
        """A form that the store takes."""
        with _translated():
            form = self._client.generate_presigned_post(
                self._bucket,
                self._prefix + key,
                Conditions=[["content-length-range", 0, most_bytes]],
                ExpiresIn=seconds,
            )
        return UploadForm(form["url"], form["fields"])

    def download_url(self, key: str, address: str, seconds: int) -> str:
        """A link that the store answers."""
        with _translated():
            url: str = self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": self._prefix + key,
                    "ResponseContentDisposition": "attachment",
                    "ResponseContentType": "application/octet-stream",
                },
                ExpiresIn=seconds,
            )
            return url


def _is_absent(problem: ClientError) -> bool:
    return str(problem.response.get("Error", {}).get("Code")) in ABSENT


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, boto3.exceptions.S3UploadFailedError) as problem:
        raise Unavailable("The store of symbol sets is away.", reason=f"blobs: {problem}") from problem
