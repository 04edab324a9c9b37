"""What `docs/change-journal.md` shows is what the API answers."""

import json
import re
from pathlib import Path

from mothlight.issues.journal import KINDS, UNDOABLE
from mothlight.web.api.error_tracking.changes import ActorShape, ChangeShape, ConflictShape
from mothlight.web.api.triage_routes import CHANGE_FILTERS
from mothlight.web.dry_run import DryRunShape, LeftShape

PAGE = (Path(__file__).parents[2] / "docs" / "change-journal.md").read_text()
LISTED, CONFLICT, FORCED, TRIED = (
    json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)


def rows(title):
    """The cells of the table below a line of titles."""
    table = PAGE.split(f"\n{title}\n", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in table.splitlines()[1:]]


def test_every_kind_is_told_with_whether_it_can_be_undone():
    told = {kind: undoable for kind, _, undoable in rows("| kind | what happened | can be undone |")}

    assert told == {kind: "yes" if kind in UNDOABLE else "no" for kind in KINDS}


def test_every_filter_is_told():
    table = PAGE.split("| parameter | only entries |", 1)[1].split("\n\n", 1)[0]

    assert [parameter.name for parameter in CHANGE_FILTERS if f"`{parameter.name}`" not in table] == []


def test_examples_have_the_fields_of_the_answers():
    (entry,) = LISTED["results"]

    assert tuple(entry) == ChangeShape.__struct_fields__
    assert tuple(entry["actor"]) == ActorShape.__struct_fields__
    assert tuple(CONFLICT) == ConflictShape.__struct_fields__
    assert tuple(FORCED["left"][0]) == LeftShape.__struct_fields__
    assert tuple(TRIED) == DryRunShape.__struct_fields__
