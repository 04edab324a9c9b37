"""Grouping rules choose fingerprints, suppression rules drop events (pipeline 4.1, 6)."""

from collections.abc import Sequence
from functools import partial

import msgspec

from mothlight.grouping.key import rule_key
from mothlight.model.outcome import DropReason
from mothlight.pipeline.candidates import StackOf, candidates_of
from mothlight.pipeline.chosen_fingerprints import Key
from mothlight.pipeline.rules import PipelineRules
from mothlight.pipeline.stages.fingerprint import SIGN_BITS
from mothlight.pipeline.states import Batch, Fingerprinted
from mothlight.rules.kinds import GROUPING, SUPPRESSION, Kind
from mothlight.rules.subject import FINGERPRINT_KEYS


def group_by_rules(batch: Batch[Fingerprinted], rules: PipelineRules) -> Batch[Fingerprinted]:
    """Give events without a manual fingerprint the key of the first grouping rule that matches."""
    if not rules.has(GROUPING.name):
        return batch
    return batch.hand_on([_grouped(item, rules) for item in batch.items])


def _grouped(item: Fingerprinted, rules: PipelineRules) -> Fingerprinted:
    project_id = item.normalised.event.project_id
    if item.manual is not None or not rules.of(project_id, GROUPING.name):
        return item
    rule = rules.first(project_id, GROUPING.name, rules.subject(item))
    if rule is None:
        return item
    key = key_by_rule(str(rule.id), item.grouping_key)
    return msgspec.structs.replace(item, grouping_key=key, rule=rule)


def key_by_rule(rule: str, grouping_key: int) -> int:
    """The key of events that a rule groups, which had another one without it."""
    return rule_key(rule, grouping_key) >> SIGN_BITS or 1


def suppress_by_rules(batch: Batch[Fingerprinted], rules: PipelineRules, stack_of: StackOf) -> Batch[Fingerprinted]:
    """Drop the events that a suppression rule matches, before they can begin or reopen an issue."""
    if not rules.has(SUPPRESSION.name):
        return batch
    choose_fingerprints(batch, rules, (SUPPRESSION,), stack_of)
    kept = [item for item in batch.items if not _is_suppressed(item, rules)]
    batch.drop(DropReason.SUPPRESSED_BY_RULE, len(batch.items) - len(kept))
    return batch.hand_on(kept)


def _is_suppressed(item: Fingerprinted, rules: PipelineRules) -> bool:
    event = item.normalised.event
    if not rules.of(event.project_id, SUPPRESSION.name):
        return False
    return rules.first(event.project_id, SUPPRESSION.name, rules.subject(item), event.uuid) is not None


def choose_fingerprints(
    batch: Batch[Fingerprinted], rules: PipelineRules, kinds: Sequence[Kind], stack_of: StackOf
) -> None:
    """Have the fingerprints of a batch at hand, if rules of one of the kinds look at them."""
    if any(rules.reads(kind.name, FINGERPRINT_KEYS) for kind in kinds):
        rules.chosen.prepare({_key(item): partial(candidates_of, item, stack_of) for item in batch.items})


def _key(item: Fingerprinted) -> Key:
    return item.normalised.event.project_id, item.grouping_key
