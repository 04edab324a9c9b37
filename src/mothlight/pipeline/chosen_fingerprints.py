"""Which fingerprint the events of a grouping key have, for rules that look at it.

Before an event is linked its key may be one that nobody has seen yet: its fingerprint is chosen then as it will be.
"""

from collections.abc import Callable, Mapping

import msgspec
import sqlalchemy as sa

from mothlight.issues.link import choose
from mothlight.model.stack import Fingerprint
from mothlight.pipeline.rule_subject import Chosen
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.issues import OwnerState, load_owner_states, read_fingerprints

Key = tuple[int, int]
Candidates = Callable[[], list[Fingerprint]]


class ChosenFingerprints:
    """Answers for one batch at a time."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._found: dict[Key, Chosen] = {}

    def prepare(self, wanted: Mapping[Key, Candidates]) -> None:
        """Find the fingerprints of some keys; of those that are new, by the fingerprints that they can have."""
        by_project: dict[int, list[int]] = {}
        for project_id, key in wanted:
            by_project.setdefault(project_id, []).append(key)
        self._found = {}
        with reading(self._engine) as connection:
            for project_id, keys in by_project.items():
                for state in load_owner_states(connection, project_id, keys):
                    self._found[project_id, state.grouping_key] = _told(state)
            for place in wanted.keys() - self._found.keys():
                possible = wanted[place]()
                known = read_fingerprints(connection, place[0], [each.value for each in possible])
                self._found[place] = Chosen(_texts(choose(possible, known)))

    def find(self, project_id: int, grouping_key: int) -> Chosen | None:
        """What was found; None for keys that nobody asked about."""
        return self._found.get((project_id, grouping_key))


def _told(state: OwnerState) -> Chosen:
    chosen = Fingerprint(state.fingerprint, state.fingerprint_version, state.record)
    return Chosen(_texts(chosen))


def _texts(chosen: Fingerprint) -> dict[str, str | None]:
    return {
        "$exception_fingerprint": chosen.value,
        "$exception_fingerprint_version": chosen.version,
        "$exception_fingerprint_record": msgspec.json.encode(chosen.record).decode(),
    }
