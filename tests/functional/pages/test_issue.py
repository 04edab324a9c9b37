"""The page of an issue: what it shows, and every form of it."""

import json
import re
import uuid
from datetime import timedelta

import msgspec
import pytest

from mothlight.issues.journal import Author
from mothlight.issues.project_settings import change_settings
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories import changes, fingerprints
from mothlight.storage.metadata.repositories.changes import Actor, EntryFilter
from tests.support.cast import NOW
from tests.support.received import exception, frame, received
from tests.support.triage import Triage
from tests.support.visitor import form_to, forms_of, words_of


class Desk:
    """Errors in the owner's project, through the real pipeline."""

    def __init__(self, site, reader):
        self.site = site
        self.triage = Triage(site, reader)

    def throw(self, *, at=NOW, person="user-1", fingerprint="f", **properties):
        """One event; gives the issue's id."""
        sent = {"$exception_fingerprint": fingerprint, **properties}
        event = received(self.site.project.id, sent, distinct_id=person, timestamp=at, received_at=NOW)
        self.triage.process(event)
        with reading(self.site.cast.engine) as connection:
            return str(fingerprints.find_fingerprint_owner(connection, self.site.project.id, fingerprint))


@pytest.fixture
def desk(site, symbol_reader):
    return Desk(site, symbol_reader)


@pytest.fixture
def issue(desk):
    return desk.throw()


def project_change(site):
    """The owner gives the project another name; the id of the entry in the journal."""
    actor = Actor("user", str(site.cast.owner.user.id), None)
    author = Author(site.project.id, actor, NOW, site.parts.make_id)
    with writing(site.cast.engine) as connection:
        assert change_settings(connection, author, {"name": "Another name"})
        return changes.list_entries(connection, site.project.id, EntryFilter(), 1, 0)[0].id


def form_of(page, action):
    """The form of a page that changes something there."""
    (found,) = [form for form in forms_of(page) if form.method == "post" and form.action == action]
    return found


def path(site, issue, rest=""):
    return site.path(f"issues/{issue}{rest}")


def pictured(**more):
    """An exception with a cause, own and library frames, source lines and variables."""
    own = frame(
        "charge",
        context_line="    raise PayError()",
        pre_context=["def charge():"],
        post_context=["    return 1"],
        code_variables={"total": 3, "password": "hunter2"},
    )
    library = [frame(f"handle_{n}", in_app=False, filename=f"lib/web{n}.py", module="web") for n in range(3)]
    cause = exception("TimeoutError", "too slow", stacktrace={"type": "raw", "frames": [frame("connect")]})
    return {
        "$exception_list": [
            exception("PayError", "card declined", stacktrace={"type": "raw", "frames": [*library, own]}),
            cause,
        ],
        **more,
    }


class TestPage:
    def test_it_answers_what_since_when_for_whom_and_in_which_release(self, site, desk, owner):
        desk.throw(person="a", release="4.12.0", at=NOW - timedelta(days=2))
        issue = desk.throw(person="b", release="4.12.0")

        page = owner.get(path(site, issue))
        words = words_of(page)
        assert page.status_code == 200
        for said in ("PayError", "2 events", "2 users", "4.12.0", "Active", "Nobody", "shop/pay.py:12"):
            assert said in words
        assert "4.12.0 was first seen" in page.text

    def test_frames_are_shown_crash_first_with_lines_variables_and_causes(self, site, desk, owner):
        issue = desk.throw(**pictured())

        words = words_of(owner.get(path(site, issue)))
        assert words.index("charge shop/pay.py") < words.index("3 library frames") < words.index("caused by")
        assert words.index("caused by") < words.index("TimeoutError too slow") < words.index("connect shop/pay.py")
        for said in ("raise PayError()", "def charge():", "total", "PayError", "card declined"):
            assert said in words
        assert "hunter2" not in words

    def test_a_frame_that_is_not_resolved_says_why_and_what_helps(self, site, desk, owner):
        raw = {
            "platform": "web:javascript",
            "filename": "https://x.test/a.js",
            "function": "t",
            "lineno": 1,
            "colno": 90412,
        }
        trace = {"type": "raw", "frames": [{**raw, "in_app": True}]}
        issue = desk.throw(**{"$exception_list": [exception("TypeError", "x", stacktrace=trace)]})

        words = words_of(owner.get(path(site, issue)))
        assert "Not resolved" in words
        assert "source map" in words

    def test_from_event_to_event(self, site, desk, owner):
        for age in (3, 2, 1):
            issue = desk.throw(person=f"user-{age}", at=NOW - timedelta(hours=age))

        newest = owner.get(path(site, issue))
        assert "Newest of 3" in words_of(newest)
        (older,) = re.findall(r'href="([^"]*)" title="Older"', newest.text)
        middle = owner.get(older.replace("&amp;", "&"))
        assert "Event 2 of 3" in words_of(middle)
        assert "user-2" in words_of(middle)
        assert "Event 3 of 3" in words_of(owner.get(path(site, issue, "?at=oldest")))

    def test_filters_range_and_zoom_are_in_the_address(self, site, desk, owner):
        desk.throw(person="a", **{"$os": "Linux"})
        issue = desk.throw(person="b", at=NOW - timedelta(days=3), **{"$os": "Mac"})

        assert "1 event of 2 events without the filter" in words_of(owner.get(path(site, issue, "?where=$os%3DMac")))
        assert "No event matches" in words_of(owner.get(path(site, issue, "?where=$os%3DAmiga")))
        assert "Newest of 1" in words_of(owner.get(path(site, issue, "?range=24h")))
        zoomed = owner.get(path(site, issue, "?from=2026-04-21T00:00&to=2026-04-22T00:00"))
        assert "Newest of 1" in words_of(zoomed)
        assert "Events per 15 minutes" in words_of(zoomed)

    def test_without_a_chosen_range_an_old_issue_shows_all_time(self, site, desk, owner):
        issue = desk.throw(at=NOW - timedelta(days=100))

        assert "Newest of 1" in words_of(owner.get(path(site, issue)))
        assert "No event matches in this range" in words_of(owner.get(path(site, issue, "?range=24h")))

    def test_facts_flags_and_steps(self, site, desk, owner):
        steps = [{"$message": "Opened /cart", "$timestamp": (NOW - timedelta(seconds=4.5)).isoformat(), "kind": "page"}]
        issue = desk.throw(
            **{
                "$exception_steps": steps,
                "$feature/fast-timeouts": True,
                "$current_url": "https://shop.test/",
                "plan": "pro",
            }
        )

        words = words_of(owner.get(path(site, issue)))
        for said in ("−4.5 s", "Opened /cart", "kind: page", "fast-timeouts on", "https://shop.test/", "plan pro"):
            assert said in words

    def test_the_whole_event_as_json_and_the_trace_as_markdown(self, site, desk, owner):
        issue = desk.throw(**pictured(n=12345678901234567890123))

        answer = owner.get(path(site, issue, "/event.json"))
        assert answer.headers["content-type"] == "application/json"
        assert "12345678901234567890123" in answer.text
        assert json.loads(answer.text)["exceptions"][1]["type"] == "TimeoutError"
        markdown = re.search(
            r'(?s)<textarea id="markdown"[^>]*>(.*?)</textarea>', owner.get(path(site, issue)).text
        ).group(1)
        assert "**PayError**" in markdown
        assert "charge  shop/pay.py:12" in markdown
        assert "Caused by **TimeoutError**" in markdown

    def test_why_it_is_grouped_here(self, site, desk, owner, issue):
        assert "The application chose the fingerprint f itself" in words_of(owner.get(path(site, issue)))

    def test_of_several_fingerprints_the_events_own_comes_first(self, site, desk, owner, issue):
        other = desk.throw(fingerprint="other", at=NOW - timedelta(hours=1))
        where = path(site, issue, "/merge")
        form = form_of(owner.get(f"{where}?other={other}"), where)
        owner.post(form.action, form.fields)

        for at, first, second in (("newest", "f", "other"), ("oldest", "other", "f")):
            words = words_of(owner.get(path(site, issue, f"?at={at}")))
            own, others = words.split("1 other fingerprint")
            assert f"fingerprint {first} itself" in own
            assert f"fingerprint {second} itself" in others

    def test_insights_as_a_part_and_as_a_page(self, site, desk, owner):
        for number in range(6):
            issue = desk.throw(person=f"a{number}", **{"$feature/fast-timeouts": True, "$browser": "Chrome"})
            other = desk.throw(person=f"b{number}", fingerprint="other", **{"$browser": "Chrome"})

        part = owner.get(path(site, issue, "/insights"), hx_request_type="partial", **{"hx-request-type": "partial"})
        whole = owner.get(path(site, issue, "/insights?property=$browser"))
        assert "<html" not in part.text
        assert "<html" in whole.text
        words = words_of(part)
        assert "fast-timeouts is on in 100 % of these, in 0 % of all others" in words
        assert "6 of 6, and 0 of 6" in words
        assert "Chrome 6 100 %" in words
        assert other in part.text

    def test_hostile_text_is_only_text(self, site, desk, owner):
        evil = "<script>alert(1)</script>{{ 7*7 }}\"'><img src=x onerror=alert(1)>\u202e"
        frames = [frame(evil, filename=evil, module=evil, context_line=evil, code_variables={evil: evil})]
        issue = desk.throw(
            fingerprint=evil[:40],
            person=evil,
            **{
                "$exception_list": [exception(evil, evil, stacktrace={"type": "raw", "frames": frames})],
                "$current_url": "javascript:alert(1)",
                "$browser": evil,
                "$feature/x": evil,
                "release": evil,
                evil: evil,
                "$exception_steps": [{"$message": evil, evil: evil}],
            },
        )

        for rest in ("", "/insights", "/edit", "/merge", "/split"):
            page = owner.get(path(site, issue, rest))
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "<img" not in page.text
            assert 'href="javascript:' not in page.text

    def test_numbers_beyond_floats_are_shown(self, site, desk, owner):
        huge = msgspec.Raw(b'{"$exception_fingerprint": "f", "total": 1e999, "$os": -1e999}')
        sent = received(site.project.id, {}, timestamp=NOW, received_at=NOW)
        properties = {**sent.properties, **msgspec.json.decode(huge, type=dict[str, msgspec.Raw])}
        desk.triage.process(msgspec.structs.replace(sent, properties=properties))
        with reading(site.cast.engine) as connection:
            issue = fingerprints.find_fingerprint_owner(connection, site.project.id, "f")

        for rest in ("", "/insights", "/event.json"):
            assert owner.get(path(site, issue, rest)).status_code == 200

    def test_what_is_no_issue_here(self, site, owner, issue):
        for each in (str(uuid.uuid4()), "x"):
            for rest in ("", "/insights", "/event.json", "/edit", "/merge", "/split"):
                assert owner.get(path(site, each, rest)).status_code == 404


class TestForms:
    def test_resolve_and_take_back_from_the_toast(self, site, owner, issue):
        done = owner.follow(owner.send(owner.get(path(site, issue)), path(site, issue, "/status"), status="resolved"))
        assert "Resolved. An event of this or a newer release reopens it." in words_of(done)
        assert "Reopen" in words_of(done)

        undo = next(form for form in forms_of(done) if form.action.endswith("/undo"))
        back = owner.follow(owner.post(undo.action, undo.fields))
        assert "Taken back." in words_of(back)
        redo = next(form for form in forms_of(back)[::-1] if form.action.endswith("/undo"))
        assert "Done again." in words_of(owner.follow(owner.post(redo.action, redo.fields)))

    @pytest.mark.parametrize("status", ["suppressed", "resolved"])
    def test_states(self, site, member, issue, status):
        page = member.get(path(site, issue))
        member.send(page, path(site, issue, "/status"), status=status)
        member.send(page, path(site, issue, "/status"), status="active")

        assert "Active" in words_of(member.get(path(site, issue)))
        assert member.send(page, path(site, issue, "/status"), status="archived").status_code == 400

    def test_one_environment_alone_and_the_next_release(self, site, desk, owner):
        desk.throw(environment="staging")
        issue = desk.throw(environment="production", release="1.0")
        page = owner.get(path(site, issue))
        where = path(site, issue, "/status")

        done = owner.follow(owner.send(page, where, status="resolved", environment="staging"))
        words = words_of(done)
        assert "Resolved in staging." in words
        assert "staging resolved Reopen" in words
        assert "production active Resolve" in words
        assert owner.send(page, where, status="resolved", environment="nowhere").status_code == 400
        later = owner.follow(owner.post(where, form_to(page, where).fields | {"status": "resolved", "next": "on"}))
        assert "in what comes after the newest release" in words_of(later)

    def test_members_do_not_take_back_what_admins_did_to_the_project(self, site, owner, member):
        entry = project_change(site)
        token = {"form_token": form_to(member.get("/nothing"), "/sign-out").fields["form_token"]}
        assert member.post(site.path(f"changes/{entry}/undo"), token).status_code == 403
        token = {"form_token": form_to(owner.get("/nothing"), "/sign-out").fields["form_token"]}
        assert owner.post(site.path(f"changes/{entry}/undo"), token).status_code == 303

    def test_what_was_so_already_changes_nothing(self, site, owner, issue):
        answer = owner.send(owner.get(path(site, issue)), path(site, issue, "/status"), status="active")

        assert "it was so already" in words_of(owner.follow(answer))

    def test_assign_to_somebody_and_to_nobody(self, site, owner, issue):
        someone = f"user:{site.cast.member.user.id}"
        page = owner.get(path(site, issue))
        assigned = owner.follow(owner.send(page, path(site, issue, "/assignee"), assignee=someone))
        assert "Assigned to: ME member@moths.test" in words_of(assigned)
        owner.send(page, path(site, issue, "/assignee"), assignee="")
        assert "Assigned to: Nobody" in words_of(owner.get(path(site, issue)))
        for wrong in (f"user:{site.cast.stranger.user.id}", "user:x", "role:x", "cat:1"):
            assert owner.send(page, path(site, issue, "/assignee"), assignee=wrong).status_code == 400

    def test_rename(self, site, owner, issue):
        where = path(site, issue, "/edit")
        done = owner.follow(owner.send(owner.get(where), where, name="Cards fail", description="ask the bank"))
        assert "Cards fail" in words_of(done)
        assert "ask the bank" in words_of(done)
        for name in ("", "x" * 501):
            wrong = owner.send(owner.get(where), where, name=name)
            assert wrong.status_code == 400
            assert 'role="alert"' in wrong.text

    def test_merge_with_preview_and_back(self, site, desk, owner, issue):
        other = desk.throw(fingerprint="other", person="user-2")
        where = path(site, issue, "/merge")
        preview = owner.get(f"{where}?other={other}")
        assert "Nothing has changed yet" in words_of(preview)
        assert "Together, over all time 2 2" in words_of(preview)
        assert "PayError" in words_of(owner.get(path(site, other)))

        form = next(form for form in forms_of(preview) if form.method == "post" and form.action == where)
        done = owner.follow(owner.post(form.action, form.fields))
        assert "Merged 2 issues into this one." in words_of(done)
        assert "2 events" in words_of(done)
        gone = owner.get(path(site, other))
        assert gone.headers["location"].startswith(path(site, issue))
        assert "was merged into this one" in words_of(owner.follow(gone))
        undo = next(form for form in forms_of(done) if form.action.endswith("/undo"))
        owner.post(undo.action, undo.fields)
        assert owner.get(path(site, other)).status_code == 200

    def test_merge_keeps_the_chosen_one(self, site, desk, owner, issue):
        other = desk.throw(fingerprint="other")
        where = path(site, issue, "/merge")
        form = next(
            form
            for form in forms_of(owner.get(f"{where}?other={site.path(f'issues/{other}')}"))
            if form.method == "post" and form.action == where
        )

        done = owner.post(form.action, form.fields | {"keep": other})
        assert done.headers["location"] == path(site, other)
        assert owner.get(path(site, issue)).status_code == 303
        for wrong in ({"other": ""}, {"keep": str(uuid.uuid4())}):
            assert owner.post(form.action, form.fields | wrong).status_code in (400, 404)

    def test_split_with_preview(self, site, desk, owner, issue):
        other = desk.throw(fingerprint="other", person="user-2")
        where = path(site, issue, "/merge")
        form = next(
            form
            for form in forms_of(owner.get(f"{where}?other={other}"))
            if form.method == "post" and form.action == where
        )
        owner.post(form.action, form.fields)
        split = path(site, issue, "/split")
        assert "Split" in words_of(owner.get(split))

        preview = owner.get(f"{split}?fingerprint=other")
        assert "Stays here (1 fingerprint) 1 1" in words_of(preview)
        form = next(form for form in forms_of(preview) if form.method == "post" and form.action == split)
        assert form.fields["fingerprint"] == "other"
        done = owner.follow(owner.post(form.action, form.fields))
        assert "Split off 1 issue." in words_of(done)
        assert "1 event" in words_of(done)
        assert owner.post(split, {**form.fields, "fingerprint": "no such"}).status_code == 400

    def test_a_later_change_stands_in_the_way_of_an_undo_and_is_named(self, site, owner, issue):
        page = owner.get(path(site, issue))
        first = owner.follow(owner.send(page, path(site, issue, "/status"), status="resolved"))
        undo = next(form for form in forms_of(first) if form.action.endswith("/undo"))
        owner.send(page, path(site, issue, "/status"), status="suppressed")

        answer = owner.post(undo.action, undo.fields)
        assert answer.status_code == 409
        assert "Something changed since" in words_of(answer)
        assert "Nothing of it can be taken back" in words_of(answer)
        assert owner.post(site.path("changes/x/undo"), undo.fields).status_code == 404
        assert owner.post(site.path(f"changes/{uuid.uuid4()}/undo"), undo.fields).status_code == 404

    def test_every_form_of_the_page_carries_its_token(self, site, owner, issue):
        forms = [form for form in forms_of(owner.get(path(site, issue))) if form.method == "post"]

        assert len(forms) > 8
        assert [form.action for form in forms if "form_token" not in form.fields] == []


CHANGES = [
    ("/status", {"status": "resolved"}),
    ("/assignee", {"assignee": ""}),
    ("/edit", {"name": "x", "description": ""}),
    ("/merge", {"other": "{other}", "keep": "{issue}"}),
    ("/split", {"fingerprint": "f"}),
]
PAGES = ("", "/insights", "/event.json", "/edit", "/merge", "/split")


class TestAccess:
    @pytest.mark.parametrize("rest", PAGES)
    def test_owner_and_member_see_it_a_stranger_does_not_and_who_is_out_is_led_to_the_door(
        self, site, owner, member, stranger, issue, rest
    ):
        where = path(site, issue, rest)

        assert [each.get(where).status_code for each in (owner, member, stranger)] == [200, 200, 403]
        out = site.visitor().get(where)
        assert (out.status_code, out.headers["location"].startswith("/sign-in")) == (303, True)

    @pytest.mark.parametrize(("rest", "fields"), CHANGES)
    def test_members_change_it_strangers_and_who_is_out_change_nothing(
        self, site, desk, member, stranger, issue, rest, fields
    ):
        other = desk.throw(fingerprint="other")
        sent = {name: value.format(issue=issue, other=other) for name, value in fields.items()}
        where = path(site, issue, rest)
        before = words_of(member.get(path(site, issue)))

        token = {"form_token": form_to(stranger.get("/nothing"), "/sign-out").fields["form_token"]}
        assert stranger.post(where, sent | token).status_code == 403
        out = site.visitor()
        assert out.post(where, sent | token).status_code == 303
        assert words_of(member.get(path(site, issue))) == before
        token = {"form_token": form_to(member.get("/nothing"), "/sign-out").fields["form_token"]}
        assert member.post(where, sent | token).status_code == 303

    def test_an_issue_of_another_project_is_not_here(self, site, stranger, owner, issue):
        there = f"/projects/{site.cast.other_project.id}/issues/{issue}"
        token = {"form_token": form_to(stranger.get("/nothing"), "/sign-out").fields["form_token"]}

        assert stranger.get(there).status_code == 404
        assert stranger.post(f"{there}/status", {"status": "resolved"} | token).status_code == 404
        assert "Active" in words_of(owner.get(path(site, issue)))
