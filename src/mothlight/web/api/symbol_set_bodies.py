"""Bodies of requests that upload and remove symbol sets (api.md 3.4)."""

from typing import Any

from pydantic import BaseModel, Field

from mothlight.web.values.fields import Flag, FreeText, Id, Text

MOST_CHUNKS = 1000
"""In one request; the command line tool sends 50."""


class ChunkUpload(BaseModel):
    """A chunk that is to be uploaded."""

    chunk_id: Text
    release_id: Id | None = None
    content_hash: FreeText | None = None


class BulkStart(BaseModel):
    """Chunks to be uploaded, in the present form, the older one, or both."""

    symbol_sets: list[ChunkUpload] = Field(default_factory=list, max_length=MOST_CHUNKS)
    chunk_ids: list[Text] = Field(default_factory=list, max_length=MOST_CHUNKS)
    release_id: Id | None = None
    """Of those in `chunk_ids`."""
    force: Flag = False
    skip_on_conflict: Flag = False
    skip_release_on_conflict: Flag = False


class BulkFinish(BaseModel):
    """Content hashes by the ids of the sets that they belong to."""

    content_hashes: dict[Id, Text] = Field(default_factory=dict, max_length=MOST_CHUNKS)


class Finish(BaseModel):
    """The content hash of one set."""

    content_hash: FreeText | None = None


class BulkDelete(BaseModel):
    """Ids of sets; those of other projects are passed over."""

    ids: Any = None
