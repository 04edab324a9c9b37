"""The list of issues: what it shows, and the forms on it."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.support.cast import NOW
from tests.support.received import exception
from tests.support.visitor import forms_of, words_of

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}\"'><img src=x onerror=alert(2)>\u202e"


@pytest.fixture
def listed(site):
    """The path of the list."""
    return site.path("issues")


def rows_of(page):
    """The ids of the issues that a page lists, in its order."""
    return re.findall(r'name="issue" value="([^"]+)"', page.text)


def select(visitor, page, listed, ids, action, **more):
    """Send the form of the list with some boxes checked."""
    return visitor.send(page, f"{listed}/change", issue=ids, do=action, **more)


class TestWhoMay:
    PATHS = ("issues", "issues/fresh", "issues/complete", "issues/merge", "changes")
    FORMS = ("issues/change", "issues/merge", "changes/0196b2c4-0000-7000-8000-000000000001/undo")

    @pytest.mark.parametrize("path", PATHS)
    def test_pages(self, site, owner, member, stranger, path):
        assert owner.get(site.path(path)).status_code in (200, 303)
        assert member.get(site.path(path)).status_code in (200, 303)
        assert stranger.get(site.path(path)).status_code == 403
        answer = site.visitor().get(site.path(path))
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")

    @pytest.mark.parametrize("path", FORMS)
    def test_forms(self, site, triage, owner, stranger, path):
        triage.issue("a")
        token = forms_of(owner.get(site.path("issues")))[0].fields["form_token"]
        theirs = forms_of(stranger.get("/nothing"))[0].fields["form_token"]

        assert stranger.post(site.path(path), {"form_token": theirs, "keep": "x"}).status_code == 403
        assert owner.post(site.path(path), {"keep": "x"}).status_code == 403
        assert site.visitor().post(site.path(path), {"form_token": token}).headers["location"] == "/sign-in"

    def test_a_member_may_change_issues(self, triage, member, listed):
        issue = triage.issue("a")
        member.follow(select(member, member.get(listed), listed, [issue], "resolve"))

        assert rows_of(member.get(listed)) == []
        assert rows_of(member.get(f"{listed}?q=is:resolved")) == [issue]

    def test_nobody_reaches_issues_of_another_project(self, site, triage, stranger):
        issue = triage.issue("a")
        theirs = f"/projects/{site.cast.other_project.id}/issues"
        token = forms_of(stranger.get(theirs))[0].fields["form_token"]

        answer = stranger.post(f"{theirs}/change", {"form_token": token, "issue": issue, "do": "resolve"})
        assert answer.status_code == 404
        assert stranger.get(f"{theirs}/merge?issue={issue}").status_code == 404


class TestList:
    def test_it_shows_what_where_how_often_and_for_whom(self, triage, owner, listed):
        triage.issue(
            "a", users=3, **{"$exception_list": [exception("CardError", "declined")], "$lib": "posthog-python"}
        )
        page = owner.get(listed)
        words = words_of(page)

        assert "CardError declined" in words
        assert "python pay · shop/pay.py" in words
        assert "3 events" in words
        assert "just now" in words
        assert "Active 1 Regressed 0 New in 24 h 1 Mine 0 Resolved 0 Suppressed 0" in words
        assert 'aria-label="Events, last 7 days: 3 in all"' in page.text

    def test_one_page_asks_no_more_for_many_rows_than_for_one(self, site, triage, owner, listed, monkeypatch):
        asked = []
        query = site.events.query
        monkeypatch.setattr(type(site.events), "query", lambda self, *args: asked.append(1) or query(*args))
        triage.issue("a")
        asked.clear()
        owner.get(listed)
        for_one = len(asked)
        for name in "bcdefgh":
            triage.issue(name)
        asked.clear()
        assert len(rows_of(owner.get(listed))) == 8
        assert len(asked) == for_one

    def test_order_and_pages_are_in_the_address(self, triage, owner, listed):
        ids = [triage.issue(f"issue {n}", users=n) for n in range(1, 28)]
        first = owner.get(f"{listed}?sort=users")

        assert rows_of(first) == ids[:1:-1]
        assert "1 to 25" in words_of(first)
        assert rows_of(owner.get(f"{listed}?sort=users&page=2")) == ids[1::-1]
        assert rows_of(owner.get(f"{listed}?sort=users&up=1")) == ids[:25]
        assert 'aria-sort="descending"' in first.text

    def test_what_is_typed_joins_the_tokens_at_an_address_of_its_own(self, owner, listed):
        answer = owner.get(f"{listed}?q=is:active&add={quote('type:KeyError !env:staging')}&sort=users")
        assert (
            answer.headers["location"]
            == f"{listed}?q={quote('is:active type:KeyError !env:staging', safe='')}&sort=users"
        )

        other = owner.get(f"{listed}?q=is:active&add=is:resolved")
        assert other.headers["location"] == f"{listed}?q=is%3Aresolved"

    def test_each_token_has_a_link_that_removes_it(self, triage, owner, listed):
        triage.issue("a")
        page = owner.get(f"{listed}?q={quote('is:active type:PayError')}")

        assert f'href="{listed}" title="Remove type:PayError"' in page.text
        assert f'href="{listed}?q=type%3APayError" title="Remove is:active"' in page.text

    def test_days_are_those_of_the_viewer(self, triage, owner, listed):
        triage.capture("late", timestamp=NOW - timedelta(hours=14))
        owner.cookies["mothlight_zone"] = "Pacific/Auckland"

        # 22:00 UTC of the day before is this day in Auckland.
        assert len(rows_of(owner.get(f"{listed}?from=2026-04-24&to=2026-04-24"))) == 1
        assert rows_of(owner.get(f"{listed}?from=2026-04-23&to=2026-04-23")) == []

    @pytest.mark.parametrize("query", ["range=x", "sort=x", "page=0", "page=-1", "page=x", "from=x&to=2026-13-01"])
    def test_an_address_that_makes_no_sense_is_the_usual_list(self, triage, owner, listed, query):
        issue = triage.issue("a")
        assert rows_of(owner.get(f"{listed}?{query}")) == [issue]

    def test_a_token_that_cannot_be_is_told(self, triage, owner, listed):
        triage.issue("a")
        page = owner.get(f"{listed}?q=is:brokn")

        assert page.status_code == 400
        assert "nothing is “brokn”" in words_of(page)
        assert "It stands in is:brokn" in words_of(page)

    @pytest.mark.parametrize("text", ["x" * 3000, "a%00b", "x " * 60])
    def test_a_search_that_is_too_much_is_told(self, owner, listed, text):
        assert owner.get(f"{listed}?q={text.replace(' ', '%20')}").status_code == 400
        assert owner.get(f"{listed}?add={text.replace(' ', '%20')}").status_code == 400

    def test_hostile_text_is_text(self, triage, owner, listed):
        triage.issue("a", **{"$exception_list": [exception(HOSTILE, HOSTILE)], "$lib": HOSTILE, "plan": HOSTILE})
        pages = [
            owner.get(listed),
            owner.get(f"{listed}?q={quote(HOSTILE)}"),
            owner.get(f"{listed}/complete?add=plan:"),
            owner.get(f"{listed}/complete?key=type"),
            owner.get(listed.replace("issues", "changes")),
        ]
        for page in pages:
            assert "<script>alert" not in page.text
            assert "<img" not in page.text
        assert "&lt;script&gt;" in pages[0].text


class TestNothingThere:
    def test_a_new_project_leads_to_its_first_steps(self, owner, site, listed):
        assert f'href="{site.path("start")}"' in owner.get(listed).text

    def test_all_quiet(self, triage, owner, listed):
        triage.capture("old", timestamp=NOW - timedelta(days=20))
        words = words_of(owner.get(listed))

        assert "All quiet 1 active issue, and none was seen in the last 7 days." in words

    def test_the_token_that_is_to_blame_is_named(self, triage, owner, listed):
        triage.issue("a")
        page = owner.get(f"{listed}?q={quote('is:active release:9')}")

        assert "release:9 is why" in words_of(page)
        assert "Remove release:9" in words_of(page)

    def test_or_the_range_is(self, triage, owner, listed):
        triage.capture("old", timestamp=NOW - timedelta(days=20))
        page = owner.get(f"{listed}?q={quote('is:active type:PayError')}")

        assert "There are none in the last 7 days, but there are before." in words_of(page)
        assert "Look at 90 days" in words_of(page)

    def test_a_page_after_the_last(self, triage, owner, listed):
        triage.issue("a")
        assert "The list ends before this page" in words_of(owner.get(f"{listed}?page=9"))


class TestViews:
    def test_what_came_back_is_regressed_until_somebody_decides(self, site, triage, owner, listed):
        issue = triage.issue("a")
        owner.follow(select(owner, owner.get(listed), listed, [issue], "resolve"))
        site.hands.moment += timedelta(hours=1)
        triage.capture("a")
        regressed = f"{listed}?q={quote('is:active is:regressed')}"
        page = owner.get(regressed)

        assert rows_of(page) == [issue]
        assert "Regressed 1" in words_of(page)

        owner.follow(select(owner, page, listed, [issue], "suppress"))
        owner.follow(select(owner, owner.get(f"{listed}?q=is:suppressed"), listed, [issue], "reopen"))
        assert rows_of(owner.get(regressed)) == []
        assert "Regressed 0" in words_of(owner.get(regressed))

    def test_mine(self, site, triage, owner, member, listed):
        issue = triage.issue("a")
        triage.issue("b")
        owner.follow(select(owner, owner.get(listed), listed, [issue], f"assign:user:{site.cast.owner.user.id}"))
        mine = f"{listed}?q={quote('is:active assignee:me')}"

        assert rows_of(owner.get(mine)) == [issue]
        assert "Mine 1" in words_of(owner.get(listed))
        assert rows_of(member.get(mine)) == []
        assert "Mine 0" in words_of(member.get(listed))


class TestBulk:
    def test_several_are_changed_and_taken_back_together(self, triage, owner, listed):
        ids = sorted(triage.issue(name) for name in "ab")
        page = owner.follow(select(owner, owner.get(listed), listed, ids, "suppress"))

        assert "Suppressed 2 issues." in words_of(page)
        assert rows_of(page) == []
        undo = next(form for form in forms_of(page) if form.action.endswith("/undo"))
        back = owner.follow(owner.post(undo.action, undo.fields))
        assert sorted(rows_of(back)) == ids
        assert "Taken back." in words_of(back)

    def test_one_comes_back_to_the_list_that_one_came_from(self, triage, owner, listed):
        issue = triage.issue("a")
        path = f"{listed}?q=is%3Aactive+type%3APayError&sort=users"
        assert select(owner, owner.get(path), listed, [issue], "resolve").headers["location"] == path

    @pytest.mark.parametrize("target", ["//evil.test", "https://evil.test/", "/projects/1/settings", "x"])
    def test_but_nowhere_else(self, triage, owner, listed, target):
        issue = triage.issue("a")
        answer = select(owner, owner.get(listed), listed, [issue], "resolve", next=target)
        assert answer.headers["location"] == listed

    def test_nothing_selected_changes_nothing(self, triage, owner, listed):
        triage.issue("a")
        assert "Nothing is selected." in words_of(owner.follow(select(owner, owner.get(listed), listed, [], "resolve")))

    def test_nothing_that_differs_is_told(self, triage, owner, listed):
        issue = triage.issue("a")
        page = owner.follow(select(owner, owner.get(listed), listed, [issue], "reopen"))
        assert "Nothing changed" in words_of(page)

    @pytest.mark.parametrize(
        "action", ["", "explode", "assign:user:x", "assign:user:999999", "assign:role:x", "assign:x:1"]
    )
    def test_what_cannot_be_done_is_refused(self, triage, owner, listed, action):
        issue = triage.issue("a")
        assert select(owner, owner.get(listed), listed, [issue], action).status_code == 400

    def test_what_is_no_issue_is_refused(self, triage, owner, listed):
        triage.issue("a")
        assert select(owner, owner.get(listed), listed, ["x"], "resolve").status_code == 400

    def test_a_stranger_is_no_assignee(self, site, triage, owner, listed):
        issue = triage.issue("a")
        wanted = f"assign:user:{site.cast.stranger.user.id}"
        assert select(owner, owner.get(listed), listed, [issue], wanted).status_code == 400

    def test_in_one_environment_only(self, triage, owner, listed):
        issue = triage.issue("a", environment="production")
        triage.capture("a", environment="staging")
        there = f"{listed}?q={quote('is:active env:production')}"
        page = owner.follow(select(owner, owner.get(there), listed, [issue], "resolve"))

        assert "Resolved 1 issue in production." in words_of(page)
        assert rows_of(page) == []
        everywhere = owner.get(listed)
        assert rows_of(everywhere) == [issue]
        assert 'title="production: resolved"' in everywhere.text


class TestMerge:
    def test_first_it_says_what_would_be(self, triage, owner, listed):
        ids = [triage.issue("a", users=2), triage.issue("b", users=3)]
        page = owner.follow(select(owner, owner.get(listed), listed, ids, "merge"))
        words = words_of(page)

        assert "Nothing has changed yet" in words
        assert "Together 5 3 2" in words
        assert "1 fingerprint and 2 events of 2 users get another issue" in words
        assert sorted(rows_of(owner.get(listed))) == sorted(ids)

        done = owner.follow(owner.send(page, f"{listed}/merge", keep=ids[0]))
        assert "Merged 2 issues into one." in words_of(done)
        assert rows_of(done) == [ids[0]]

        undo = next(form for form in forms_of(done) if form.action.endswith("/undo"))
        assert sorted(rows_of(owner.follow(owner.post(undo.action, undo.fields)))) == sorted(ids)

    def test_one_issue_is_too_few(self, triage, owner, listed):
        ids = [triage.issue("a")]
        answer = owner.follow(select(owner, owner.get(listed), listed, ids, "merge"))
        assert "Select two issues or more" in words_of(answer)

    def test_what_is_gone_is_told(self, owner, listed):
        assert owner.get(f"{listed}/merge?issue=0196b2c4-0000-7000-8000-000000000001").status_code == 404
        assert owner.get(f"{listed}/merge?issue=x").status_code == 400


class TestFresh:
    def test_it_counts_what_came_since(self, site, triage, owner, listed):
        triage.issue("a")
        path = re.search(r'hx-get="([^"]+/fresh[^"]+)"', owner.get(listed).text).group(1).replace("&amp;", "&")
        assert owner.get(path).text.strip() == ""

        site.hands.moment += timedelta(minutes=1)
        triage.capture("a", users=2)
        triage.issue("b")
        answer = owner.get(path, **{"hx-request-type": "partial"})
        assert "3 new events in 2 issues. Show them" in words_of(answer)
        assert "<html" not in answer.text

    @pytest.mark.parametrize("query", ["", "since=x", "since=1990-01-01", "since=2026-04-24T12:00:00Z&q=is:brokn"])
    def test_it_says_nothing_where_it_cannot(self, triage, owner, listed, query):
        triage.issue("a")
        answer = owner.get(f"{listed}/fresh?{query}")
        assert (answer.status_code, answer.text.strip()) == (200, "")


class TestCompletion:
    @pytest.fixture(autouse=True)
    def events(self, triage):
        more = {"environment": "production", "plan": "pro", "$lib": "posthog-python"}
        triage.issue("a", users=3, **more)
        triage.issue("b", **{**more, "environment": "staging", "plan": "go"})

    def ask(self, owner, listed, typed, **more):
        query = "&".join(f"{name}={quote(value)}" for name, value in {"add": typed, **more}.items())
        answer = owner.get(f"{listed}/complete?{query}", **{"hx-request-type": "partial"})
        assert answer.status_code == 200
        return answer

    def test_names(self, owner, listed):
        assert 'data-put="release:"' in self.ask(owner, listed, "").text
        assert 'data-put="plan:"' in self.ask(owner, listed, "pla").text
        assert 'data-put="timeout !plan:"' in self.ask(owner, listed, "timeout !pla").text

    def test_values_with_counts_lead_to_the_list(self, owner, listed):
        answer = self.ask(owner, listed, "plan:", q="is:active")

        assert words_of(answer) == "plan:pro 3 plan:go 1"
        assert f'href="{listed}?q=is%3Aactive%20plan%3Apro"' in answer.text

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("is:reso", "is:resolved"),
            ("assignee:member", "assignee:member@moths.test"),
            ("env:", "env:production 3 env:staging 1"),
            ("env:STAG", "env:staging 1"),
            ("library:", "library:python 4"),
            ("type:pay", "type:PayError 4"),
            ("file:", "file:shop/pay.py 4"),
            ("function:", "function:pay 4"),
            ("user:user-2", "user:user-2 1"),
            ("!plan:g", "!plan:go 1"),
            ("nothing.such:", ""),
            (":", ""),
        ],
    )
    def test_values(self, owner, listed, typed, words):
        assert words_of(self.ask(owner, listed, typed)) == words

    def test_values_of_a_menu(self, owner, listed):
        answer = owner.get(f"{listed}/complete?key=env")
        assert words_of(answer) == "production 3 staging 1"
