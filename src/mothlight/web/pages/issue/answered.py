"""Answers to questions about the issue of a page."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from mothlight.model.errors import not_found
from mothlight.storage.events.interface import EventStore
from mothlight.web.pages.calls import ProjectPage

GONE = "There is no such issue in this project."

Question = TypeVar("Question")
Answer = TypeVar("Answer")


def answered(
    call: ProjectPage,
    answer: Callable[[Question, EventStore, sa.Engine, int, datetime], Answer | None],
    question: Question,
) -> Answer:
    """The answer to a question about an issue. `Refused` when the project has none such, or has none any more."""
    found = answer(question, call.parts.events, call.database, call.project.id, call.parts.clock())
    if found is None:
        raise not_found(GONE)
    return found
