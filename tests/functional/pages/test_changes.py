"""The journal on its page, and undos that meet later changes."""

from datetime import timedelta

import pytest

from tests.support.visitor import form_to, forms_of, words_of


@pytest.fixture
def journal(site):
    """The path of the page."""
    return site.path("changes")


def act(visitor, site, ids, what):
    """Change issues with the form of the list."""
    path = site.path("issues")
    return visitor.follow(visitor.send(visitor.get(f"{path}?q="), f"{path}/change", issue=ids, do=what))


def undo_forms(page):
    """The forms of a page that take something back or do it again; that of the toast stands last."""
    return [form for form in forms_of(page) if form.action.endswith("/undo")]


class TestJournal:
    def test_it_shows_who_did_what_newest_first(self, site, triage, owner, member, journal):
        issue = triage.issue("a")
        act(owner, site, [issue], "resolve")
        act(member, site, [issue], "reopen")
        words = words_of(owner.get(journal))

        assert words.index("member@moths.test changed PayError : status from resolved to active") < words.index(
            "owner@moths.test changed PayError : status from active to resolved"
        )
        assert "Mothlight created PayError" in words
        assert "All 3 People 2 Mothlight 1" in words
        assert f'href="{site.path("issues")}/{issue}"' in owner.get(journal).text

    def test_by_whom(self, site, triage, owner, member, journal):
        issue = triage.issue("a")
        act(owner, site, [issue], "resolve")
        act(member, site, [issue], "reopen")

        assert "created" not in words_of(owner.get(f"{journal}?by=people"))
        assert "to active" not in words_of(owner.get(f"{journal}?by=pipeline"))
        of_member = words_of(owner.get(f"{journal}?who={site.cast.member.user.id}"))
        assert "to active" in of_member
        assert "to resolved" not in of_member

    def test_of_one_issue(self, triage, owner, journal):
        triage.issue("a", **{"$exception_list": [{"type": "One", "value": "x"}]})
        other = triage.issue("b", **{"$exception_list": [{"type": "Other", "value": "x"}]})
        words = words_of(owner.get(f"{journal}?issue={other}"))

        assert "created Other" in words
        assert "created One" not in words

    def test_days_are_named(self, site, triage, owner, journal):
        triage.issue("a")
        for name, days in (("Today", 0), ("Yesterday", 1), ("24 April 2026", 5)):
            site.hands.moment += timedelta(days=days)
            assert f">{name}</h2>" in site.signed_in(site.cast.owner).get(journal).text
            site.hands.moment -= timedelta(days=days)

    def test_long_journals_have_pages(self, triage, owner, journal):
        for number in range(52):
            triage.issue(f"issue {number}")
        assert "1 to 50" in words_of(owner.get(journal))
        assert "51 to 52" in words_of(owner.get(f"{journal}?page=2"))

    @pytest.mark.parametrize("query", ["by=x", "who=x", "who=0", "who=99999999999", "issue=x", "page=x", "page=0"])
    def test_an_address_that_makes_no_sense_is_still_a_page(self, triage, owner, journal, query):
        triage.issue("a")
        assert owner.get(f"{journal}?{query}").status_code == 200

    def test_it_is_empty_first(self, owner, journal):
        assert "Nothing has changed yet" in words_of(owner.get(journal))


class TestUndo:
    def test_undo_and_redo(self, site, triage, owner, journal):
        issue = triage.issue("a")
        act(owner, site, [issue], "resolve")

        form = form_to(owner.get(journal), undo_forms(owner.get(journal))[0].action)
        undone = owner.follow(owner.post(form.action, form.fields))
        assert "Taken back. Nothing was lost. Redo" in words_of(undone)
        assert "Taken back by owner@moths.test just now" in words_of(undone)
        assert triage_status(owner, site, issue) == "active"

        again = undo_forms(undone)[0]
        redone = owner.follow(owner.post(again.action, again.fields))
        assert "Done again." in words_of(redone)
        assert triage_status(owner, site, issue) == "resolved"

    def test_one_comes_back_to_the_page_one_came_from(self, site, triage, owner, journal):
        act(owner, site, [triage.issue("a")], "resolve")
        path = f"{journal}?by=people"
        form = undo_forms(owner.get(path))[0]
        assert owner.post(form.action, form.fields).headers["location"] == path

    def test_later_changes_stand_in_the_way_and_are_shown(self, site, triage, owner, member, journal):
        one, other = triage.issue("a"), triage.issue("b")
        act(owner, site, [one, other], "resolve")
        form = undo_forms(owner.get(journal))[0]
        act(member, site, [one], "suppress")

        conflict = owner.post(form.action, form.fields)
        words = words_of(conflict)
        assert conflict.status_code == 409
        assert "Something changed since" in words
        assert "member@moths.test changed PayError : status from resolved to suppressed" in words
        assert "Nothing has changed yet. Part of it can be taken back: 1 issue" in words
        assert "1 piece stays as the later change left it." in words
        assert triage_status(owner, site, other) == "resolved"

        forced = form_to(conflict, form.action)
        assert "as far as later changes allow" in words_of(owner.follow(owner.post(forced.action, forced.fields)))
        assert triage_status(owner, site, one) == "suppressed"
        assert triage_status(owner, site, other) == "active"

    def test_what_was_replaced_altogether_stays(self, site, triage, owner, member, journal):
        issue = triage.issue("a")
        act(owner, site, [issue], "resolve")
        form = undo_forms(owner.get(journal))[0]
        act(member, site, [issue], "suppress")

        words = words_of(owner.post(form.action, form.fields))
        assert "Nothing of it can be taken back. The later changes replaced all of it" in words
        assert "Undo what can be" not in words

    def test_nothing_is_taken_back_twice(self, site, triage, owner, journal):
        act(owner, site, [triage.issue("a")], "resolve")
        form = undo_forms(owner.get(journal))[0]
        owner.post(form.action, form.fields)
        assert owner.post(form.action, form.fields).status_code == 409

    @pytest.mark.parametrize("entry", ["x", "0196b2c4-0000-7000-8000-000000000001"])
    def test_what_there_is_not(self, site, triage, owner, journal, entry):
        act(owner, site, [triage.issue("a")], "resolve")
        form = undo_forms(owner.get(journal))[0]
        assert owner.post(f"{journal}/{entry}/undo", form.fields).status_code == 404

    def test_what_is_another_projects(self, site, triage, owner, stranger, journal):
        act(owner, site, [triage.issue("a")], "resolve")
        action = undo_forms(owner.get(journal))[0].action
        theirs = f"/projects/{site.cast.other_project.id}"
        token = forms_of(stranger.get(f"{theirs}/changes"))[0].fields["form_token"]
        entry = action.split("/")[-2]

        assert stranger.post(f"{theirs}/changes/{entry}/undo", {"form_token": token}).status_code == 404
        assert stranger.post(action, {"form_token": token}).status_code == 403


def triage_status(visitor, site, issue):
    """The state that the list shows of an issue."""
    for status in ("active", "resolved", "suppressed"):
        if issue in visitor.get(f"{site.path('issues')}?q=is:{status}").text:
            return status
    return None
