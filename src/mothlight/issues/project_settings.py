"""Changes of a project's settings by people, entered in the journal: its limits, its name, its test-account filters."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from mothlight.issues import journal
from mothlight.issues.apply import apply_effect
from mothlight.issues.effect import of_values
from mothlight.issues.journal import Author
from mothlight.issues.settings_values import load_values
from mothlight.storage.metadata.repositories import settings
from mothlight.storage.metadata.repositories.changes import SETTINGS
from mothlight.storage.metadata.repositories.settings import ProjectSettings
from mothlight.storage.metadata.repositories.statements import take_turns

SETTINGS_SUBJECT = "settings"
"""Whoever changes settings, also by an undo, takes turns on this."""


def change_limits(connection: sa.Connection, author: Author, wanted: Mapping[str, int | None]) -> ProjectSettings:
    """Change the named limits, keep the others, and give all of them back. No entry when nothing differs."""
    change_settings(connection, author, wanted)
    return settings.load_settings(connection, author.project_id)


def change_settings(connection: sa.Connection, author: Author, wanted: Mapping[str, Any]) -> UUID | None:
    """Change the named values, which must have been checked, as one entry; its id, or None when nothing differs."""
    take_turns(connection, SETTINGS_SUBJECT, author.project_id)
    present = load_values(connection, author.project_id)
    # A rule that is not there yet has no value.
    after = {name: value for name, value in wanted.items() if value != present.get(name)}
    if not after:
        return None
    effect = of_values({SETTINGS: {name: present.get(name) for name in after}}, {SETTINGS: after})
    apply_effect(connection, author, effect)
    return journal.record(connection, author, journal.SETTINGS_CHANGED, effect)
