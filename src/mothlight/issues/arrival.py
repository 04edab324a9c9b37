"""What the events of a batch do to one issue, environment by environment; `receive` reads and writes the rows."""

from collections.abc import Mapping, Sequence

import msgspec

from mothlight.issues.regressions import Verdict, judge
from mothlight.issues.sighting import Sighting
from mothlight.model.issue_states import ACTIVE, SUPPRESSED, State, States, shown_environment
from mothlight.storage.metadata.repositories.issues import Owner
from mothlight.storage.metadata.repositories.release_sightings import KnownReleases

OPEN = (ACTIVE, SUPPRESSED)
"""What events do not change."""

Seen = tuple[Sighting, Owner]


class Step(msgspec.Struct, frozen=True):
    """What became of one environment."""

    environment: str
    sighting: Sighting
    """The events that decided."""
    fingerprint: str
    verdict: Verdict
    states_before: States
    states_after: States
    status_before: str
    """Of the whole issue, as is `status_after`."""
    status_after: str
    was_resolved: bool


class Arrival(msgspec.Struct, frozen=True):
    """What became of an issue."""

    states: States
    environments: frozenset[str]
    """Where it was seen, with the new ones."""
    is_new_somewhere: bool
    steps: list[Step]
    """Those that are worth telling."""


def arrive(
    states: States,
    environments: frozenset[str],
    status: str,
    arrived: Mapping[str, Sequence[Seen]],
    known: KnownReleases,
) -> Arrival:
    """What the events, by environment, do to an issue with these states and this status, seen in these environments."""
    steps: list[Step] = []
    known_before = environments
    for environment, some in sorted(arrived.items()):
        is_new = environment not in environments and environment not in states.named
        state = states.starting(environments) if is_new else states.of(environment)
        if state.status == SUPPRESSED:
            continue
        (sighting, owner), verdict = _decide(state, some, known)
        after = states.having(environment, _kept(states, ACTIVE_THERE if verdict.reopens else state))
        wider = environments | {environment}
        new_status = after.status(wider, status)
        was_resolved = state.status not in OPEN
        if was_resolved or new_status != status:
            steps.append(
                Step(environment, sighting, owner.fingerprint, verdict, states, after, status, new_status, was_resolved)
            )
        states, environments, status = after, wider, new_status
    return Arrival(states, environments, environments != known_before, steps)


ACTIVE_THERE = State()


def _decide(state: State, some: Sequence[Seen], known: KnownReleases) -> tuple[Seen, Verdict]:
    """The latest events that reopen the environment; where none do, the latest of all."""
    in_order = sorted(some, key=lambda each: each[0].latest.timestamp, reverse=True)
    if state.status in OPEN:
        (sighting, _) = in_order[0]
        reason = f"it was seen in {shown_environment(sighting.environment)}, where it is {state.status}"
        return in_order[0], Verdict(False, "new_environment", reason)
    verdicts = [(each, judge(state, each[0].release, each[0].latest, known)) for each in in_order]
    return next((found for found in verdicts if found[1].reopens), verdicts[0])


def _kept(states: States, state: State) -> State | None:
    """The state of one environment, None when it has the one of all."""
    return None if state == states.elsewhere else state
