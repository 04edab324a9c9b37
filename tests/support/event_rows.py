"""Builds rows of the event store as the pipeline would, and puts them there: `Shop` is a project with errors in it."""

import hashlib
import itertools
import json
import uuid
from datetime import UTC, datetime

import msgspec

from mothlight.storage.events.properties import encode_properties
from mothlight.storage.events.rows import EventRow, IssueRow, OverrideRow, OwnerRow, PersonRow, StackRow

NOW = datetime(2026, 4, 24, 12, 0, tzinfo=UTC)
NOBODY = str(uuid.UUID(int=0))


def iso(moment):
    """ISO 8601 in UTC, as rows hold it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def raw(value):
    """The JSON text of a value, as an SDK would send it."""
    return msgspec.Raw(json.dumps(value).encode())


def hashed(text):
    """A stable 63-bit number for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def frame(resolved_name, source="src/main.ts", *, in_app=True, line=None, column=None, **more):
    """A unified frame."""
    known = {"line": line, "column": column, "source": source}
    return {
        "raw_id": f"{hashed(resolved_name + str(source)):x}/0",
        "mangled_name": resolved_name,
        "resolved_name": resolved_name,
        "in_app": in_app,
        "lang": "javascript",
        "resolved": True,
        "synthetic": False,
        "suspicious": False,
        **{key: value for key, value in known.items() if value is not None},
        **more,
    }


def event_row(project, uuid_=None, *, key=1, at=NOW, **changes):
    """One event row without a stack."""
    row = {
        "project_id": project,
        "timestamp": iso(at),
        "received_at": iso(at),
        "uuid": uuid_ or str(uuid.uuid4()),
        "grouping_key": key,
        "stack": "",
        "distinct_id": "user-1",
        "person_id": NOBODY,
        "session_key": 0,
        "lib": "",
        "types": ["Error"],
        "messages": ["it broke"],
        "handled": False,
        "exceptions": "[]",
        "release": "",
        "release_names": [],
        "properties": msgspec.Raw(b"{}"),
    }
    return EventRow(**{**row, **changes})


class Shop:
    """A project whose rows a test writes. Versions grow by themselves, so a later row replaces an earlier one."""

    def __init__(self, store, project):
        self.store, self.project = store, project
        self._versions = itertools.count(1)

    def issue(self, name="TypeError", *, id=None, description=None, status="active", user=0, role="", deleted=0):
        """Write the state of an issue; returns its id."""
        id = id or str(uuid.uuid4())
        row = IssueRow(self.project, id, name, description, status, user, role, deleted, next(self._versions))
        self.store.insert_issues([row])
        return id

    def own(self, fingerprint, issue, *, key=None, first_seen=NOW, fingerprint_version="v3", record="[]"):
        """Let an issue own a fingerprint, by the grouping key that belongs to it."""
        key = hashed(fingerprint) if key is None else key
        row = OwnerRow(
            self.project, key, fingerprint, fingerprint_version, record, issue, iso(first_seen), next(self._versions)
        )
        self.store.insert_owners([row])
        return key

    def stack(self, frames, *, hash=None, contexts=None, texts=None, version=None):
        """Write a stack, given a list of frames for each exception; returns its hash."""
        flat = [frame for trace in frames for frame in trace or []]
        app = [frame for frame in flat if frame["in_app"]]
        hash = hash or hashlib.blake2b(json.dumps(frames).encode(), digest_size=16).hexdigest()
        lines = [
            str(frame.get(key, "")) for frame in flat for key in ("source", "module", "resolved_name", "mangled_name")
        ]
        row = StackRow(
            project_id=self.project,
            hash=hash,
            version=version or next(self._versions),
            created_at=iso(NOW),
            raw=json.dumps(frames),
            frames=json.dumps(frames),
            contexts=json.dumps(contexts or {}),
            legacy="none",
            sources=list(dict.fromkeys(frame["source"] for frame in app if "source" in frame)),
            functions=list(dict.fromkeys(frame["resolved_name"] for frame in app if "resolved_name" in frame)),
            texts="\n".join(lines) if texts is None else texts,
        )
        self.store.insert_stacks([row])
        return hash

    def event(
        self,
        fingerprint,
        type="TypeError",
        value="it broke",
        *,
        frames=None,
        at=NOW,
        user="user-1",
        person=None,
        session=None,
        handled=False,
        uuid_=None,
        exceptions=None,
        stack=None,
        release=None,
        release_names=(),
        **properties,
    ):
        """Write one event; returns its uuid. Other keywords are properties, with `$` in front."""
        uuid_ = uuid_ or str(uuid.uuid4())
        sent = {name if name in PLAIN else f"${name}": value for name, value in properties.items()}
        if session is not None:
            sent["$session_id"] = session
        if stack is None and frames is not None:
            stack = self.stack([frames])
        entry = {
            "id": "0196b2c4-0000-7000-8000-000000000001",
            "type": type,
            "value": value,
            "rest": {"mechanism": {"handled": handled, "type": "generic"}},
            "trace": {"type": "resolved"} if frames is not None else None,
            "variables": {},
        }
        entries = [entry] if exceptions is None else exceptions
        row = event_row(
            self.project,
            uuid_,
            key=hashed(fingerprint),
            at=at,
            stack=stack or "",
            distinct_id=user,
            person_id=person or NOBODY,
            session_key=hashed(session) if session else 0,
            lib=sent.get("$lib") or "",
            types=list(dict.fromkeys(entry["type"] for entry in entries)),
            messages=list(dict.fromkeys(entry["value"] for entry in entries)),
            handled=handled,
            exceptions=json.dumps(entries),
            release=json.dumps(release) if release else "",
            release_names=list(release_names),
            properties=encode_properties({name: raw(value) for name, value in sent.items()}),
        )
        assert self.store.insert_events([row]) == []
        return uuid_

    def person(self, id, *, distinct_ids=("user-1",), deleted=0, **properties):
        """Write the state of a person."""
        row = PersonRow(
            project_id=self.project,
            person_id=id,
            distinct_ids=list(distinct_ids),
            properties=encode_properties({name: raw(value) for name, value in properties.items()}),
            email=properties["email"] if isinstance(properties.get("email"), str) else "",
            deleted=deleted,
            version=next(self._versions),
        )
        self.store.insert_persons([row])
        return id

    def merged(self, old, into):
        """Note that a person is another one now."""
        self.store.insert_overrides([OverrideRow(self.project, old, into, next(self._versions))])


PLAIN = {"email", "plan", "cart_total"}
"""Keywords of `Shop.event` that are properties without `$`."""
