"""How the application of a rule to stored events reads."""

import msgspec

from mothlight.rules.kinds import ASSIGNMENT
from mothlight.storage.metadata.repositories.rule_applications import DONE, FAILED, RUNNING, WAITING, Application
from mothlight.web.pages.words import plural, whole

STATES = {
    WAITING: ("Waits", "", "clock"),
    RUNNING: ("Under way", "blue", "clock"),
    DONE: ("Done", "green", "check"),
    FAILED: ("Failed", "red", "warning"),
}
"""Words, colour and sign."""


class ApplicationLine(msgspec.Struct, frozen=True):
    """One application."""

    application: Application
    state: str
    colour: str
    sign: str
    words: str


def application_line(each: Application) -> ApplicationLine:
    """How far it is, and what came of it."""
    return ApplicationLine(each, *STATES.get(each.status, (each.status, "", "question")), _words(each))


def _words(each: Application) -> str:
    if each.status == WAITING:
        return "It begins as soon as those before it are done."
    if each.kind == ASSIGNMENT.name:
        done = f"{plural(each.issues, 'issue')} given away"
    elif each.events is None:
        done = "Its events are being counted"
    else:
        verb = "left the rule’s issue" if each.backwards else "moved" if each.kind == "grouping" else "hidden"
        done = f"{whole(each.moved)} of {plural(each.events, 'event')} {verb}"
    return f"{done}. {each.failure}" if each.failure else f"{done}."
