"""Rules on their pages: what they would do is shown before it is saved, applied to the past, and taken back."""

import os
from datetime import timedelta

import pytest

from mothlight.kit.ids import id_maker
from mothlight.rewind.applications import RuleApplications
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.rule_applications import list_applications
from mothlight.storage.metadata.repositories.rules import disable_rules, list_rules
from mothlight.storage.mirror import Mirror
from tests.support.received import exception, received
from tests.support.visitor import form_to, forms_of, words_of

PATH = "settings/rules"
ROW = ("type", "key", "operator", "value")


def said(page):
    """The words of a page; no space before a mark where a tag ended."""
    return words_of(page).replace(" ,", ",").replace(" :", ":").replace(" ”", "”")


class Desk:
    """A visitor at the pages of rules of a project with seven events in three issues."""

    def __init__(self, site, triage, visitor):
        self.site, self.triage, self.visitor = site, triage, visitor

    def send_events(self):
        moment = self.site.hands.now() - timedelta(hours=1)
        for number, (type_, plan) in enumerate(
            [("PayError", "pro")] * 2 + [("PayError", "free")] * 2 + [("TypeError", "pro")] * 2 + [("KeyError", "free")]
        ):
            moment += timedelta(seconds=1)
            properties = {"plan": plan, "$exception_list": [exception(type_, value="<b>bad</b>")]}
            sent = received(
                self.triage.project,
                properties,
                distinct_id=f"user-{number % 3}",
                timestamp=moment,
                received_at=moment,
            )
            self.triage.process(sent)

    def get(self, rest=""):
        return self.visitor.get(self.site.path(f"{PATH}{rest}"))

    def preview(self, rest, *rows, **fields):
        """The page of a rule, filled and sent to its preview."""
        columns = dict(zip(ROW, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
        page = self.get(rest)
        return self.visitor.send(page, self.site.path(f"{PATH}{rest.split('?')[0]}"), **columns, **fields)

    def save(self, page, rest, do="save", **fields):
        """What a preview's own button does."""
        return self.visitor.send(page, self.site.path(f"{PATH}{rest}"), do=do, **fields)

    def make(self, kind, *rows, **fields):
        self.site.hands.moment += timedelta(seconds=1)
        page = self.preview(f"/new?kind={kind}", *rows, **fields)
        self.visitor.follow(self.save(page, "/new"))
        return self.rules(kind)[-1]

    def rules(self, kind):
        with reading(self.site.cast.engine) as connection:
            return list_rules(connection, self.site.project.id, kind)

    def work(self):
        engine, events, clock = self.site.cast.engine, self.site.events, self.site.hands.now
        worker = RuleApplications(engine, events, Mirror(engine, events), clock, id_maker(clock, os.urandom))
        while worker.work():
            pass

    def undo(self, page):
        """What the last Undo of a page does: that of the toast, if there is one."""
        action = [form.action for form in forms_of(page) if form.action.endswith("/undo")][-1]
        return self.visitor.follow(self.visitor.send(page, action))


PRO = ("event", "plan", "exact", "pro")
PAY = ("event", "$exception_types", "exact", "PayError")


@pytest.fixture
def desk(site, triage, owner):
    made = Desk(site, triage, owner)
    made.send_events()
    return made


def test_a_grouping_rule_shows_what_it_joins_is_saved_applied_and_taken_back(desk):
    page = desk.preview("/new?kind=grouping", PRO, description="Paying people")
    words = said(page)
    assert "It would have matched 4 events of the 7 events of the last 30 days" in words
    assert "They are of 3 users, in 2 issues." in words
    assert "2 issues would be joined in one: 1 whole, and 1 split, which keep other events." in words
    assert "&lt;b&gt;bad&lt;/b&gt;" in page.text
    assert desk.rules("grouping") == []

    saved = desk.visitor.follow(desk.save(page, "/new", "apply"))
    (rule,) = desk.rules("grouping")
    assert rule.description == "Paying people"
    assert "The rule is made." in said(saved)
    assert "Waits" in said(saved)
    assert 'data-hx-trigger="every 2s"' in saved.text

    desk.work()
    done = desk.get(f"/{rule.id}/past")
    assert "Done 4 of 4 events moved." in said(done)
    assert "every 2s" not in done.text.partition('id="past"')[2].partition(">")[0]
    listed = said(desk.get("?count=on"))
    assert "When plan is pro, group as “Paying people”" in listed
    assert "It decides about 4 events of the last 30 days. Its issue: " in listed
    assert "Done: application 1 4 of 4 events moved." in listed

    assert "Taken back" in said(desk.undo(done))
    assert "They are of 3 users, in 2 issues." in said(desk.preview(f"/{rule.id}"))


def test_what_was_not_shown_is_not_saved(desk):
    page = desk.preview("/new?kind=suppression", PRO)
    assert "4 events would have been dropped." in said(page)

    other = desk.save(page, "/new", value=["free", ""])
    assert "It is something else than what was shown before." in said(other)
    assert "3 events would have been dropped." in said(other)
    unseen = desk.save(desk.get("/new?kind=suppression"), "/new")
    assert unseen.status_code == 200
    assert desk.rules("suppression") == []

    desk.visitor.follow(desk.save(other, "/new"))
    assert [rule.filters["values"][0]["value"] for rule in desk.rules("suppression")] == ["free"]


def test_each_kind_says_what_it_would_do(desk):
    member = desk.site.cast.member.user
    to = f"user:{member.id}"
    told = {
        kind: said(desk.preview(f"/new?kind={kind}", PAY, assignee=to, severity="high", joined_by="OR"))
        for kind in ("assignment", "severity", "bypass")
    }

    assert f"1 issue would have been given away: 1 to {member.email}." in told["assignment"]
    assert "1 issue would have begun with another severity: 1 high." in told["severity"]
    assert "No rate limit would have held 4 events." in told["bypass"]
    assert "apply to the last 30 days" in told["assignment"]
    assert "apply to the last 30 days" not in told["bypass"]


def test_the_order_and_rules_that_are_no_longer_reached_are_shown_first(desk):
    first = desk.make("suppression", PRO)
    second = desk.make("suppression", ("event", "plan", "exact", "nobody"), sampling_rate="0.5")
    assert "Of them 2 would come to it" in said(desk.preview("/new?kind=suppression", PAY))
    third = desk.make("suppression", PAY)
    assert [rule.id for rule in desk.rules("suppression")] == [first.id, second.id, third.id]

    wide = said(desk.preview(f"/{first.id}", ("event", "plan", "is_set", "")))
    assert "No longer reached: the rule “When $exception_types is PayError”" in wide
    page = desk.get(f"/{third.id}/move?to=up")
    assert "It would be number 2" in said(page)
    moved = desk.visitor.follow(desk.visitor.send(page, desk.site.path(f"{PATH}/{third.id}/move")))
    assert [rule.id for rule in desk.rules("suppression")] == [first.id, third.id, second.id]
    stale = desk.visitor.send(page, desk.site.path(f"{PATH}/{third.id}/move"))
    assert "It is something else than what was shown before." in said(stale)
    desk.undo(moved)
    assert [rule.id for rule in desk.rules("suppression")] == [first.id, second.id, third.id]


def test_a_rule_is_deleted_with_its_past_and_comes_back(desk):
    rule = desk.make("grouping", PRO)
    path = desk.site.path(f"{PATH}/{rule.id}")
    desk.visitor.send(desk.get(f"/{rule.id}/past"), f"{path}/past")
    desk.work()

    desk.site.hands.moment += timedelta(seconds=1)
    page = desk.get(f"/{rule.id}/delete")
    assert "It decides about 4 events" in said(page)
    assert "4 events would leave the rule’s issue." in said(page)
    gone = desk.visitor.follow(desk.visitor.send(page, f"{path}/delete", backwards="on"))
    assert "The rule is deleted." in said(gone)
    desk.work()
    with reading(desk.site.cast.engine) as connection:
        newest = list_applications(connection, desk.site.project.id, rule.id, 1)[0]
    assert (newest.backwards, newest.status, newest.moved) == (True, "done", 4)
    assert "4 of 4 events left the rule’s issue." in said(desk.get(f"/{rule.id}/past"))
    desk.undo(gone)
    assert [each.id for each in desk.rules("grouping")] == [rule.id]


def test_a_disabled_rule_says_why_and_works_again_when_it_is_saved(desk):
    rule = desk.make("bypass", PRO)
    with writing(desk.site.cast.engine) as connection:
        disable_rules(
            connection, desk.site.project.id, {rule.id: {"message": "It is <i>odd</i>."}}, desk.site.hands.now()
        )
    page = desk.get("?kind=bypass")
    assert "Switched off by Mothlight It is &lt;i&gt;odd&lt;/i&gt;. Saving it again switches it on." in said(page)

    desk.visitor.follow(desk.save(desk.preview(f"/{rule.id}"), f"/{rule.id}"))
    assert desk.rules("bypass")[0].disabled_data is None


@pytest.mark.parametrize(
    ("kind", "rows", "fields", "told"),
    [
        ("grouping", (), {}, "Filters must contain at least one filter value."),
        ("suppression", (PRO,), {"sampling_rate": "2"}, "Ensure this value is less than or equal to 1.0."),
        ("suppression", (("event", "plan", "gt", "x"),), {}, "Invalid filters payload."),
        ("assignment", (PRO,), {}, "This field may not be null."),
        ("assignment", (PRO,), {"assignee": "user:999999"}, "does not belong to this organization"),
        ("bypass", (), {"tree": "[" * 5000}, "This is no JSON."),
    ],
)
def test_what_is_wrong_is_told_at_the_field(desk, kind, rows, fields, told):
    page = desk.preview(f"/new?kind={kind}", *rows, **fields)

    assert page.status_code == 400
    assert told in said(page)
    assert 'role="alert"' in page.text
    assert "shown" not in form_to(page, desk.site.path(f"{PATH}/new")).fields


def test_groups_of_groups_are_kept_when_a_rule_is_edited(desk, site):
    filters = {"type": "AND", "values": [{"type": "OR", "values": [dict(zip(ROW, PRO, strict=True))]}]}
    page = desk.preview("/new?kind=bypass", PRO)
    assert page.status_code == 200
    rule = desk.make("bypass", PRO, tree=str(filters).replace("'", '"'))
    assert rule.filters == filters

    form = form_to(desk.get(f"/{rule.id}"), site.path(f"{PATH}/{rule.id}"))
    assert "tree" in form.fields
    assert "key" not in form.fields
    desk.visitor.follow(desk.save(desk.preview(f"/{rule.id}"), f"/{rule.id}"))
    assert desk.rules("bypass")[0].filters == filters
    assert "When ( plan is pro )" in said(desk.get("?kind=bypass"))


def test_unknown_kinds_and_rules_of_others_are_not_there(desk, site):
    other = "019bb1a2-0000-7000-8000-000000000000"
    for rest in ("?kind=odd", "/new?kind=odd", f"/{other}", f"/{other}/past", f"/{other}/move?to=up", "/x/delete"):
        assert desk.get(rest).status_code == 404
