"""`/account/keys`: personal API keys, for programs. A key's value is shown once, on the page that made it."""

from uuid import UUID

from starlette.responses import Response

from mothlight.access.changes import NewKey, create_key, revoke_key
from mothlight.access.scopes import ALL, SCOPES
from mothlight.model.errors import Refused, invalid, not_found
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.access import find_key, list_keys_of
from mothlight.web.pages.calls import UserPage

PATH = "/account/keys"
NO_KEY = "There is no such key of yours."


def show_keys(call: UserPage) -> Response:
    """One's own keys."""
    return _page(call)


def make_key(call: UserPage) -> Response:
    """Make one, and show it."""
    everything = call.form.get("everything") == "on"
    scopes = [ALL] if everything else call.form.getlist("scope")
    try:
        if not scopes:
            raise invalid("Choose what the key may do.", "scope")
        with writing(call.database) as connection:
            made = create_key(
                connection,
                call.user.id,
                call.user.id,
                call.parts.clock(),
                label=call.form.get("label", ""),
                scopes=scopes,
                scoped_projects=[_read_id(each) for each in call.form.getlist("project")],
            )
    except Refused as problem:
        return _page(call, problem=problem)
    return _page(call, made)


def end_key(call: UserPage) -> Response:
    """Let a key no longer work."""
    try:
        key_id = UUID(call.incoming.parameters["id"])
    except ValueError:
        raise not_found(NO_KEY) from None
    with writing(call.database) as connection:
        key = find_key(connection, key_id)
        if key is None or key.user_id != call.user.id:
            raise not_found(NO_KEY)
        revoke_key(connection, call.user.id, key_id)
    call.parts.directory.forget()
    return call.redirect(PATH, f"The key {key.label or key.mask} works no more.")


def _read_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise invalid("There is no such project.", "project")
    return int(text)


def _page(call: UserPage, made: NewKey | None = None, problem: Refused | None = None) -> Response:
    with reading(call.database) as connection:
        keys = list_keys_of(connection, call.user.id)
    projects = call.projects
    return call.page(
        "api_keys/api_keys.html",
        status=200 if problem is None else problem.status,
        place=PATH,
        keys=keys,
        scopes=sorted(SCOPES),
        projects=projects,
        names={project.id: project.name for project in projects},
        made=made,
        problem=problem,
    )
