"""What rules say of the issues that begin or come back with the events of a batch (pipeline 6.7, 6.8)."""

from collections.abc import Iterable

from mothlight.issues.severity import read_severity
from mothlight.model.event import ReceivedEvent
from mothlight.pipeline.rule_subject import EventSubject
from mothlight.pipeline.rules import PipelineRules
from mothlight.pipeline.stages.normalise import read_text
from mothlight.pipeline.states import Fingerprinted
from mothlight.rules.kinds import ASSIGNMENT, GROUPING, SEVERITY
from mothlight.storage.metadata.repositories.issues import Assignee, StoredIssue


def rulings_of(items: Iterable[Fingerprinted], rules: PipelineRules) -> "BatchRulings | None":
    """None where no rule has a say."""
    kinds = (ASSIGNMENT, SEVERITY, GROUPING)
    return BatchRulings(items, rules) if any(rules.has(kind.name) for kind in kinds) else None


class BatchRulings:
    """See `issues.rulings.Rulings`."""

    def __init__(self, items: Iterable[Fingerprinted], rules: PipelineRules) -> None:
        self._rules = rules
        self._items = {(item.normalised.event.project_id, item.normalised.event.uuid): item for item in items}

    def severity(self, event: ReceivedEvent, issue: StoredIssue) -> str | None:
        """See `Rulings`."""
        item = self._items[event.project_id, event.uuid]
        if read_severity(read_text(item.normalised.properties.get("$issue_severity"))) is not None:
            return None
        rule = self._rules.first(event.project_id, SEVERITY.name, self._subject(item, issue))
        return None if rule is None else rule.severity

    def assignee(self, event: ReceivedEvent, issue: StoredIssue) -> Assignee | None:
        """See `Rulings`. A grouping rule with an assignee goes before the assignment rules."""
        item = self._items[event.project_id, event.uuid]
        if item.rule is not None and item.rule.assignee is not None:
            return item.rule.assignee
        rule = self._rules.first(event.project_id, ASSIGNMENT.name, self._subject(item, issue))
        return None if rule is None else rule.assignee

    def _subject(self, item: Fingerprinted, issue: StoredIssue) -> EventSubject:
        texts = {"name": issue.name, "description": issue.description, "status": issue.status}
        return self._rules.subject(item, issue_id=str(issue.id), issue=texts)
