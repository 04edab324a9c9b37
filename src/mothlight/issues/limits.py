"""Changes of a project's limits by people, entered in the journal."""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.apply import apply_effect
from mothlight.issues.effect import of_values
from mothlight.issues.journal import Author
from mothlight.storage.metadata.repositories import settings
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.storage.metadata.repositories.settings import ProjectSettings
from mothlight.storage.metadata.repositories.statements import take_turns


def change_limits(connection: sa.Connection, author: Author, wanted: Mapping[str, int | None]) -> ProjectSettings:
    """Change the named limits, keep the others, and give all of them back. No entry when nothing differs."""
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    present = msgspec.structs.asdict(settings.load_settings(connection, author.project_id))
    after = {name: value for name, value in wanted.items() if value != present[name]}
    if after:
        effect = of_values({SETTINGS: {name: present[name] for name in after}}, {SETTINGS: after})
        apply_effect(connection, author, effect)
        journal.record(connection, author, journal.SETTINGS_CHANGED, effect)
    return settings.load_settings(connection, author.project_id)


SETTINGS_SUBJECT = "settings"
"""Whoever changes limits, also by an undo, takes turns on this."""
