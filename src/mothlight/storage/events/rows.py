"""Rows of the event store's tables. A field is a column; encoding a row as JSON gives one line of `JSONEachRow`."""

import msgspec


class EventRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One stored event. What it belongs to is not written here: `owners` says it, by grouping key."""

    project_id: int
    timestamp: str
    """ISO 8601 in UTC, as are all times here: `2026-04-24T11:52:40.250000Z`."""
    received_at: str
    uuid: str
    grouping_key: int
    """63 bits. 0: the event could not be processed and belongs to no issue."""
    stack: str
    """Hash of the stack; empty when no exception has one."""
    distinct_id: str
    person_id: str
    """The person as of receipt."""
    session_key: int
    """64-bit hash of `$session_id`; 0 without one."""
    lib: str
    """`$lib`, empty when missing; a copy to filter by, the property stays among `properties`."""
    types: list[str]
    messages: list[str]
    """`$exception_types` and `$exception_values`."""
    handled: bool
    exceptions: str
    """JSON text: a list of `model.stack.ExceptionEntry`."""
    release: str
    """`$exception_release` as JSON text, or empty."""
    release_names: list[str]
    """All texts that the `release` criterion matches: ids, versions and commits of the event's releases."""
    properties: msgspec.Raw
    """All properties but those derived ones that other columns, `owners` and `stacks` hold (pipeline 2.5), encoded by
    `storage.events.properties`."""
    texts: list[str] = []
    """Other texts of the exceptions that a search must find: their modules and what their mechanisms say."""
    environment: str = ""
    """Empty when the event names none."""
    historical: bool = False
    """Part of an import."""


class DropRow(msgspec.Struct, frozen=True, gc=False):
    """An event that a limit kept out: counted where it belongs, and known when it is sent again."""

    project_id: int
    timestamp: str
    received_at: str
    uuid: str
    grouping_key: int
    environment: str
    reason: str
    """`issue_rate_limit` or `project_rate_limit`."""


class StackRow(msgspec.Struct, frozen=True):
    """One distinct stack of a project (`model.stack.Stack`); the highest version counts."""

    project_id: int
    hash: str
    version: int
    created_at: str
    raw: str
    """JSON text of `Stack.raw`."""
    frames: str
    """JSON text of `Stack.frames`."""
    contexts: str
    """JSON text of `Stack.contexts`."""
    legacy: str
    sources: list[str]
    functions: list[str]
    texts: str
    symbols: str = ""
    """JSON text of `model.stack.StackSymbols`; empty where no symbol set had to do with it."""
    refs: list[str] = []
    """What it asks symbol sets for; `symbol_sets.ref`."""
    waits: list[str] = []
    """Those of them that would make more of it readable."""
    knows_refs: int = 0
    """1: the two say all. 0: they are not known."""


class OwnerRow(msgspec.Struct, frozen=True):
    """Where the events of a grouping key belong: the highest version counts."""

    project_id: int
    grouping_key: int
    fingerprint: str
    fingerprint_version: str
    """Empty for manual and rule fingerprints."""
    record: str
    """`$exception_fingerprint_record` as JSON text."""
    issue_id: str
    first_seen: str
    """First sighting of the fingerprint."""
    version: int


class IssueRow(msgspec.Struct, frozen=True):
    """The present state of an issue, as far as lists filter by it."""

    project_id: int
    issue_id: str
    name: str | None
    description: str | None
    status: str
    assignee_user: int
    """0 when no user is assigned."""
    assignee_role: str
    """Role id, or empty."""
    deleted: int
    version: int
    environments: list[str] = []
    """Where it was seen."""
    environment_statuses: list[str] = []
    """The status in each of them, in the same order."""


class PersonRow(msgspec.Struct, frozen=True):
    """The present state of a person."""

    project_id: int
    person_id: str
    distinct_ids: list[str]
    properties: msgspec.Raw
    """Encoded like those of an event."""
    email: str
    """The property `email` when it is a text, else empty."""
    deleted: int
    version: int


class OverrideRow(msgspec.Struct, frozen=True):
    """A person merged away and who that is now."""

    project_id: int
    old_person_id: str
    person_id: str
    version: int
