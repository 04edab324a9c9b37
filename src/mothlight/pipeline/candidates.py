"""The fingerprints that an event can have (pipeline 4.1): the one it was sent with, a rule's, or the automatic ones."""

from collections.abc import Callable

from mothlight.grouping import by_rule, candidates, manual
from mothlight.model.stack import Fingerprint, Stack
from mothlight.pipeline.states import Fingerprinted, Normalised

StackOf = Callable[[Normalised, int], Stack]
"""The stack of an event in one of its versions."""


def candidates_of(item: Fingerprinted, stack_of: StackOf) -> list[Fingerprint]:
    """Oldest version first. Without a choice there is one."""
    if item.manual is not None:
        return [manual(item.manual)]
    if item.rule is not None:
        return [by_rule(item.rule.id)]
    return candidates(item.normalised.entries, stack_of(item.normalised, item.stack_version))
