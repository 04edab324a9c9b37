"""Where an issue stands: a state for each environment that it was seen in, from which its own status follows."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

import msgspec

ACTIVE, RESOLVED, SUPPRESSED = "active", "resolved", "suppressed"

NOWHERE = ""
"""The environment of events that name none."""
UNNAMED = "unnamed"
"""How people see and write it."""

MOST_CHARACTERS = 64


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """A status, and for a resolved one what would be from after the resolution."""

    status: str = ACTIVE
    resolved_at: datetime | None = None
    release: str | None = None
    """In which release it was resolved, as far as one is known."""
    next: bool = False
    """Whether it is resolved in what comes after that release."""


class States(msgspec.Struct, frozen=True, omit_defaults=True):
    """The states of one issue."""

    elsewhere: State = State()
    """Of all environments that have no state of their own: what was last set for the whole issue."""
    named: dict[str, State] = {}

    def of(self, environment: str) -> State:
        """The state in an environment."""
        return self.named.get(environment, self.elsewhere)

    def status(self, seen: Collection[str], otherwise: str) -> str:
        """The status of the issue itself. `otherwise` is that of an issue whose own states nobody can see."""
        if not seen:
            return otherwise if self.named else self.elsewhere.status
        statuses = {self.of(environment).status for environment in seen}
        return status_of_all(statuses)

    def starting(self, seen: Collection[str]) -> State:
        """The state of an environment that is seen for the first time: the issue's.

        But nothing is suppressed in an environment because all others are, each for itself.
        """
        status = self.status(seen, self.elsewhere.status)
        if status in (self.elsewhere.status, SUPPRESSED):
            return self.elsewhere
        alike = [state for state in map(self.of, seen) if state.status == status]
        return max(alike, key=_moment_of, default=State(status))

    def having(self, environment: str, state: State | None) -> "States":
        """The same with another state of an environment; None: none of its own."""
        named = {name: other for name, other in self.named.items() if name != environment}
        return States(self.elsewhere, named if state is None else {**named, environment: state})


UNTOUCHED = States()
"""Of a new issue."""


def status_of_all(statuses: Collection[str]) -> str:
    """Suppressed when all are, else resolved when none is active, else active; what all have in common stays."""
    if len(statuses) == 1:
        return next(iter(statuses))
    return ACTIVE if ACTIVE in statuses else RESOLVED


def shown_environment(environment: str) -> str:
    """An environment's name as people see it."""
    return environment or UNNAMED


def read_environment_name(text: str) -> str:
    """An environment from how people write it."""
    return NOWHERE if text == UNNAMED else text


def write_states(states: States) -> str:
    """As a column keeps them."""
    return msgspec.json.encode(states).decode()


def write_environments(environments: Collection[str]) -> str:
    """As a column keeps a list of names."""
    return msgspec.json.encode(sorted(environments)).decode()


# Most issues are active everywhere and were seen in the same environments, so most texts are known.
read_states = lru_cache(maxsize=20_000)(msgspec.json.Decoder(States).decode)
read_environments = lru_cache(maxsize=20_000)(msgspec.json.Decoder(frozenset[str]).decode)


def _moment_of(state: State) -> float:
    return 0.0 if state.resolved_at is None else state.resolved_at.timestamp()
