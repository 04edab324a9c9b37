"""`/projects/{id}/issues/complete`: what one may be about to write into the search box, and values for the menus."""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from mothlight.model.errors import Refused
from mothlight.queries.answers.completion import Word, complete_names, complete_values
from mothlight.queries.questions import IssueList
from mothlight.queries.token_question import ASSIGNEE, IS, KEYS, ME, NOBODY, SIGNS, STATES
from mothlight.queries.tokens import LONGEST_TEXT, Token, read_tokens, write_token
from mothlight.web.pages.calls import ProjectPage
from mothlight.web.pages.issues.asked import Asked, read_asked
from mothlight.web.pages.issues.desk import ProjectDesk
from mothlight.web.pages.issues.rows import list_responsible

HINTS = {
    IS: "active, resolved, suppressed, new, regressed, assigned, unassigned",
    ASSIGNEE: "me, nobody, an e-mail address or a team",
    "type": "exception type, like TypeError",
    "message": "part of a message",
    "function": "part of a function's name in the stack",
    "file": "part of a path in the stack",
    "release": "version or commit",
    "env": "production, staging",
    "library": "python, node, web, ios, android",
    "user": "e-mail address, name or distinct id",
}
"""To add one: a key of `KEYS`, and what its value is."""
NOT_COMPLETED = ("message",)


class Suggestion(msgspec.Struct, frozen=True):
    """One line."""

    text: str
    """What would stand in the box."""
    hint: str = ""
    events: int | None = None
    path: str | None = None
    """The list with it; None: there is more to write first."""


def show_completion(call: ProjectPage) -> Response:
    """Lines for what is typed (`add`), or the values of one key (`key`)."""
    asked = _read_asked(call)
    if "key" in call.query:
        found = _values(call, asked, call.query["key"][:LONGEST_TEXT], "", before="")
        return call.fragment("issues/values.html", suggestions=found, base=call.path(""))
    typed = call.query.get("add", "")[:LONGEST_TEXT].replace("\0", "")
    return call.fragment("issues/complete.html", suggestions=_complete(call, asked, typed), base=call.path(""))


def _read_asked(call: ProjectPage) -> Asked:
    try:
        return read_asked(call.query)
    except Refused:
        return Asked([])


def _complete(call: ProjectPage, asked: Asked, typed: str) -> Sequence[Suggestion]:
    """For the word at the end of what is typed; what stands before it stays."""
    last = (typed[len(typed.rstrip()) :] and "") or typed.rsplit(" ", maxsplit=1)[-1]
    before = typed.removesuffix(last)
    sign = last[:1] if last[:1] in ("!", "-") else ""
    key, colon, part = last.removeprefix(sign).partition(":")
    if colon:
        return _values(call, asked, key.strip('"'), part.strip('"*'), before, negated=bool(sign))
    return _names(call, asked, key, before + sign)


def _names(call: ProjectPage, asked: Asked, part: str, before: str) -> list[Suggestion]:
    known = [Suggestion(f"{before}{key}:", hint) for key, hint in HINTS.items() if part.lower() in key]
    if not part:
        return [*known, Suggestion("", "any property of your events, like cart.currency:EUR")]
    question = _question(call, asked)
    found = complete_names(call.parts.events, call.project.id, part, question.window, call.parts.clock())
    properties = [Suggestion(f"{before}{_as_key(each.text)}:", "property") for each in found if each.text not in KEYS]
    return [*known, *properties]


def _as_key(name: str) -> str:
    """A property's name as it is written before the colon."""
    return write_token(Token("x", name)).removesuffix(":x")


def _values(
    call: ProjectPage, asked: Asked, key: str, part: str, before: str, *, negated: bool = False
) -> list[Suggestion]:
    try:
        typed_before = read_tokens(before)
    except Refused:
        return []
    tokens = [*asked.tokens, *typed_before]
    shown = msgspec.structs.replace(asked, tokens=tokens)

    def suggestion(word: str, events: int | None = None) -> Suggestion:
        token = Token(word, key, negated=negated)
        written = write_token(token)
        # A value with signs means just its letters.
        exact = token if "*" not in word and not word.startswith((">", "<")) else Token(word, key, negated, quoted=True)
        return Suggestion(written, "", events, shown.also(exact))

    fixed = _fixed_values(call, key)
    if fixed is not None:
        return [suggestion(word) for word in fixed if part.lower() in word.lower()]
    if not key or key in NOT_COMPLETED:
        return []
    return [suggestion(each.text, each.events) for each in _read_values(call, asked, key, part)]


def _fixed_values(call: ProjectPage, key: str) -> Sequence[str] | None:
    match key:
        case "is":
            return (*STATES, *SIGNS)
        case "assignee":
            return (ME, NOBODY, *(each.name for each in list_responsible(call)))
        case _:
            return None


def _read_values(call: ProjectPage, asked: Asked, key: str, part: str) -> list[Word]:
    window = _question(call, asked).window
    found = complete_values(call.parts.events, call.project.id, key, part, window, call.parts.clock())
    if key != "library":
        return found
    return [msgspec.structs.replace(each, text=each.text.removeprefix("posthog-")) for each in found]


def _question(call: ProjectPage, asked: Asked) -> IssueList:
    """For its window; the tokens don't count here."""
    return msgspec.structs.replace(asked, tokens=[]).question(ProjectDesk(call), call.visit.zone)
