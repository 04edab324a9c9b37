"""`releases/…`: what a project tells about its versions (api.md 3.3). Events find them, and never make them."""

from starlette.responses import Response

from mothlight.model.errors import Refused, invalid, not_found
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import releases as repository
from mothlight.storage.metadata.repositories.releases import HashTaken, Release
from mothlight.web.api.calls import ProjectCall
from mothlight.web.api.release_bodies import ReleaseBody
from mothlight.web.api.shapes import ReleaseShape
from mothlight.web.errors import json_response
from mothlight.web.values.validate import validate

MOST_HASH_CHARACTERS = 128


def list_releases(call: ProjectCall) -> Response:
    """Releases, newest created first."""
    page = call.page()
    with reading(call.parts.database) as connection:
        count = repository.count_releases(connection, call.project.id)
        found = repository.list_releases(connection, call.project.id, page.limit, page.offset)
    return call.answer_page(page, count, [ReleaseShape.of(each, call.project.id) for each in found])


def get_release(call: ProjectCall) -> Response:
    """One release."""
    release_id = call.row_id()
    with reading(call.parts.database) as connection:
        return _answer(call, repository.releases_by_id(connection, call.project.id, [release_id]).get(release_id))


def get_release_by_hash(call: ProjectCall) -> Response:
    """The release with a hash."""
    hash_id = call.incoming.path["hash_id"]
    # No hash holds a null character, and one database would not take it as a value.
    if "\0" in hash_id:
        raise not_found()
    with reading(call.parts.database) as connection:
        return _answer(call, repository.releases_by_hash(connection, call.project.id, [hash_id]).get(hash_id))


def add_release(call: ProjectCall) -> Response:
    """Tell of a release. Without a hash, its id is one."""
    body = validate(ReleaseBody, call.fields())
    if not body.version:
        raise invalid("Version is required")
    if not body.project:
        raise invalid("Project is required")
    _check_hash(body.hash_id)
    release_id = call.parts.make_id()
    release = Release(
        id=release_id,
        hash_id=body.hash_id or str(release_id),
        version=body.version,
        project=body.project,
        metadata=body.metadata,
        created_at=call.parts.clock(),
    )
    try:
        with writing(call.parts.database) as connection:
            repository.insert_release(connection, call.project.id, release)
    except HashTaken:
        raise _taken(release.hash_id) from None
    return json_response(ReleaseShape.of(release, call.project.id), 201)


def patch_release(call: ProjectCall) -> Response:
    """Change a release; empty values are ignored."""
    body = validate(ReleaseBody, call.fields())
    _check_hash(body.hash_id)
    values = {name: value for name, value in body.model_dump().items() if value}
    try:
        with writing(call.parts.database) as connection:
            is_known = repository.update_release(connection, call.project.id, call.row_id(), values)
    except HashTaken:
        raise _taken(body.hash_id) from None
    if not is_known:
        raise not_found()
    return Response(status_code=204)


def remove_release(call: ProjectCall) -> Response:
    """Forget a release. Events that belong to it stay as they are."""
    with writing(call.parts.database) as connection:
        if not repository.delete_release(connection, call.project.id, call.row_id()):
            raise not_found()
    return Response(status_code=204)


def _check_hash(hash_id: str | None) -> None:
    if hash_id and len(hash_id) > MOST_HASH_CHARACTERS:
        raise invalid("Hash id length cannot exceed 128 bytes")


def _taken(hash_id: str | None) -> Refused:
    return invalid(f"Hash id {hash_id} already in use")


def _answer(call: ProjectCall, release: Release | None) -> Response:
    if release is None:
        raise not_found()
    return json_response(ReleaseShape.of(release, call.project.id))
