"""Finds persons. Those that somebody told us about are in both stores; the others exist by their events only."""

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

import sqlalchemy as sa

from mothlight.persons.identity import person_id
from mothlight.storage.events.interface import EventStore, Parameter
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.persons import find_persons, load_distinct_ids, load_persons
from mothlight.web.api.paging import Page
from mothlight.web.api.shapes import PersonShape

MATCHING = """
FROM persons FINAL
WHERE project_id = {project:UInt32} AND deleted = 0
  AND (positionCaseInsensitiveUTF8(email, {text:String}) > 0
    OR arrayExists(each -> positionCaseInsensitiveUTF8(each, {text:String}) > 0, distinct_ids))
"""
COUNT_SQL = f"SELECT count() {MATCHING}"
PAGE_SQL = f"SELECT person_id {MATCHING} ORDER BY person_id LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}"
EVENTS_SQL = """
SELECT count(), min(timestamp) FROM events
WHERE project_id = {project:UInt32} AND distinct_id = {distinct_id:String}
"""


class PersonSearch:
    """Finds persons of one project."""

    def __init__(self, database: sa.Engine, events: EventStore, project_id: int) -> None:
        self._database = database
        self._events = events
        self._project_id = project_id

    def by_distinct_id(self, distinct_id: str, text: str = "") -> list[PersonShape]:
        """The person with this distinct id, if there is one and the text occurs in it."""
        known = self._known(distinct_id)
        found = self._by_events(distinct_id) if known is None else self._load([known])
        return [person for person in found if _matches(person, text)]

    def by_text(self, text: str, page: Page) -> tuple[int, list[PersonShape]]:
        """How many persons have the text in their e-mail address or a distinct id, and those of the page.

        Of persons that exist by their events only, the one whose distinct id is the text comes last.
        """
        ((count,),) = self._events.query(self._project_id, COUNT_SQL, {"text": text})
        others = self._only_by_events(text)
        bounds: dict[str, Parameter] = {"text": text, "limit": page.limit, "offset": page.offset}
        rows = self._events.query(self._project_id, PAGE_SQL, bounds)
        persons = self._load([UUID(str(identifier)) for (identifier,) in rows])
        is_last_page = page.offset <= count < page.offset + page.limit
        return count + len(others), [*persons, *(others if is_last_page else [])]

    def _only_by_events(self, text: str) -> list[PersonShape]:
        if not text:
            return []
        return self._by_events(text) if self._known(text) is None else []

    def _known(self, distinct_id: str) -> UUID | None:
        # No distinct id has a null character, and not every database can be asked for one.
        if "\0" in distinct_id:
            return None
        with reading(self._database) as connection:
            return find_persons(connection, self._project_id, [distinct_id]).get(distinct_id)

    def _by_events(self, distinct_id: str) -> list[PersonShape]:
        ((count, first),) = self._events.query(self._project_id, EVENTS_SQL, {"distinct_id": distinct_id})
        if not count:
            return []
        # The driver gives moments in UTC without a zone.
        return [PersonShape(person_id(self._project_id, distinct_id), [distinct_id], {}, first.replace(tzinfo=UTC))]

    def _load(self, ids: Sequence[UUID]) -> list[PersonShape]:
        with reading(self._database) as connection:
            stored = load_persons(connection, self._project_id, ids)
            distinct_ids = load_distinct_ids(connection, self._project_id, ids)
        return [
            PersonShape(each, distinct_ids.get(each, []), dict(stored[each].properties), stored[each].created_at)
            for each in ids
            if each in stored
        ]


def _matches(person: PersonShape, text: str) -> bool:
    email = person.properties.get("email", "")
    texts = [*person.distinct_ids, email if isinstance(email, str) else bytes(email).decode()]
    return any(text.casefold() in each.casefold() for each in texts)
