"""Members, links that invite, one's own account, and API keys."""

from datetime import timedelta

import pytest

from mothlight.access.invitations import WORKS_FOR
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access
from tests.support.visitor import PASSWORD, form_to, words_of

OTHER = {"password": "another battery", "again": "another battery"}


def _is_in(visitor):
    return visitor.get("/").headers.get("location", "").startswith("/projects/")


def _link(answer):
    start = answer.text.index("/invitation?key=")
    return answer.text[start : answer.text.index('"', start)]


def _members(site):
    with reading(site.cast.engine) as connection:
        return {each.user.email: each.role for each in access.list_members(connection, site.cast.organization.id)}


class TestMembers:
    def _send(self, site, visitor, rest, **changes):
        page = visitor.get(site.path("settings/members"))
        return visitor.send(page, site.path(f"settings/members/{rest}"), **changes)

    def test_a_member_becomes_an_admin_and_can_act_as_one_at_once(self, site, owner, member):
        answer = self._send(site, owner, f"{site.cast.member.user.id}/role", role="admin")

        assert "member@moths.test is saved." in words_of(owner.follow(answer))
        assert _members(site)["member@moths.test"] == "admin"
        assert "Make a link" in member.get(site.path("settings/members")).text

    def test_the_last_admin_stays_one(self, site, owner):
        mine = site.cast.owner.user.id
        answers = [self._send(site, owner, f"{mine}/role", role="member"), self._send(site, owner, f"{mine}/remove")]

        assert [each.status_code for each in answers] == [400, 400]
        assert "An organization needs an admin." in words_of(answers[0])
        assert _members(site)["owner@moths.test"] == "admin"

    def test_who_is_removed_is_out_at_once_with_their_keys(self, site, owner, member):
        self._send(site, owner, f"{site.cast.member.user.id}/remove")

        assert "member@moths.test" not in _members(site)
        assert not _is_in(member)
        assert site.visitor().sign_in("member@moths.test").status_code == 403
        assert site.parts.directory.find_key(site.cast.member.key) is None

    def test_an_admin_signs_somebody_out_everywhere(self, site, owner, member):
        self._send(site, owner, f"{site.cast.member.user.id}/sign-out")

        assert not _is_in(member)
        assert _is_in(owner)

    def test_nobody_of_another_organization_can_be_changed(self, site, owner):
        token = form_to(owner.get(site.path("settings/members")), "/sign-out").fields
        theirs = site.cast.stranger.user.id
        answers = [
            owner.post(site.path(f"settings/members/{theirs}/{what}"), token)
            for what in ("role", "remove", "sign-out", "password-link")
        ]

        assert [each.status_code for each in answers] == [404] * 4
        assert owner.post(site.path("settings/members/x/remove"), token).status_code == 404

    def test_the_page_says_when_everybody_was_here(self, site, owner, member):
        site.cast.add_user("keys@moths.test")
        site.hands.moment += timedelta(hours=3)
        text = words_of(owner.get(site.path("settings/members")))

        assert "3 people" in text
        assert "3 h ago" in text
        assert "not signed in" in text


class TestInvitations:
    def _invite(self, site, owner, role="member"):
        page = owner.get(site.path("settings/members"))
        return owner.send(page, site.path("settings/members/invite"), role=role)

    def test_whoever_opens_the_link_becomes_a_member_and_is_in(self, site, owner):
        link = _link(self._invite(site, owner))
        visitor = site.visitor()
        values = {"email": "New@moths.test", "name": "Nova", "password": PASSWORD, "again": PASSWORD}
        answer = visitor.send(visitor.get(link), "/invitation", **values)

        assert answer.headers["location"] == "/"
        assert _is_in(visitor)
        assert _members(site)["new@moths.test"] == "member"
        assert site.visitor().sign_in("new@moths.test").status_code == 303

    def test_a_link_for_an_admin_makes_one(self, site, owner):
        link = _link(self._invite(site, owner, "admin"))
        visitor = site.visitor()
        visitor.send(visitor.get(link), "/invitation", email="new@moths.test", password=PASSWORD, again=PASSWORD)

        assert _members(site)["new@moths.test"] == "admin"

    def test_it_is_shown_once_and_works_once(self, site, owner):
        link = _link(self._invite(site, owner))
        visitor = site.visitor()
        page = visitor.get(link)
        values = {"password": PASSWORD, "again": PASSWORD}
        visitor.send(page, "/invitation", email="one@moths.test", **values)
        again = site.visitor().get(link)

        assert "/invitation?key=" not in owner.get(site.path("settings/members")).text
        assert again.status_code == 404
        assert "This link does not work" in words_of(again)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"email": "no address"}, "is not an e-mail address"),
            ({"email": "member@moths.test"}, "There is a user member@moths.test already."),
            ({"password": "short", "again": "short"}, "A password has 8 to 1000 characters."),
            ({"again": "another one"}, "The two are not the same."),
        ],
    )
    def test_what_cannot_be_is_told_and_the_link_still_works(self, site, owner, values, words):
        link = _link(self._invite(site, owner))
        visitor = site.visitor()
        good = {"email": "new@moths.test", "name": "Nova", "password": PASSWORD, "again": PASSWORD}
        refused = visitor.send(visitor.get(link), "/invitation", **(good | values))
        fields = form_to(refused, "/invitation").fields

        assert refused.status_code == 400
        assert words in words_of(refused)
        assert (fields["name"], fields["password"]) == ("Nova", "")
        assert visitor.send(refused, "/invitation", **good).status_code == 303

    def test_it_ends_after_three_days(self, site, owner):
        link = _link(self._invite(site, owner))
        site.hands.moment += WORKS_FOR

        assert site.visitor().get(link).status_code == 404

    def test_a_link_that_was_withdrawn_works_no_more(self, site, owner):
        link = _link(self._invite(site, owner))
        page = owner.get(site.path("settings/members"))
        start = page.text.index("/settings/members/links/")
        owner.post(site.path(page.text[start + 1 : page.text.index('"', start)]), form_to(page, "/sign-out").fields)

        assert site.visitor().get(link).status_code == 404

    @pytest.mark.parametrize("key", ["", "x", "%00", "x" * 5000])
    def test_a_made_up_link_does_not_work(self, site, key):
        assert site.visitor().get(f"/invitation?key={key}").status_code == 404

    def test_somebody_who_forgot_their_password_chooses_another(self, site, owner, member):
        page = owner.get(site.path("settings/members"))
        made = owner.send(page, site.path(f"settings/members/{site.cast.member.user.id}/password-link"))
        visitor = site.visitor()
        answer = visitor.send(visitor.get(_link(made)), "/invitation", **OTHER)

        assert answer.status_code == 303
        assert _is_in(visitor)
        assert not _is_in(member)
        assert site.visitor().sign_in("member@moths.test").status_code == 403
        assert site.visitor().sign_in("member@moths.test", "another battery").status_code == 303


class TestAccount:
    def _change(self, visitor, current=PASSWORD, new="another battery", again=None):
        values = {"current": current, "new": new, "again": again or new}
        return visitor.send(visitor.get("/account"), "/account/password", **values)

    def test_another_password_ends_all_other_sessions(self, site, owner):
        other = site.signed_in(site.cast.owner)
        stolen = site.visitor(cookies=dict(owner.cookies))
        answer = self._change(owner)

        assert "You have another password" in words_of(owner.follow(answer))
        assert (_is_in(owner), _is_in(other), _is_in(stolen)) == (True, False, False)
        assert site.visitor().sign_in("owner@moths.test").status_code == 403
        assert site.visitor().sign_in("owner@moths.test", "another battery").status_code == 303

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"current": "wrong one"}, "This is not your present password."),
            ({"new": "short"}, "A password has 8 to 1000 characters."),
            ({"again": "something else"}, "The two are not the same."),
        ],
    )
    def test_what_cannot_be_is_told_and_nothing_changes(self, site, owner, values, words):
        answer = self._change(owner, **values)

        assert answer.status_code == 400
        assert words in words_of(answer)
        assert site.visitor().sign_in("owner@moths.test").status_code == 303

    def test_the_present_password_cannot_be_tried_for_long(self, site, owner):
        answers = [self._change(owner, "wrong one").status_code for _ in range(6)]

        assert answers == [400] * 5 + [429]
        assert self._change(owner).status_code == 429

    def test_one_session_is_ended_and_the_others_go_on(self, site, owner, member):
        other = site.signed_in(site.cast.owner)
        page = owner.get("/account")
        theirs = page.text.split("/account/sessions/")[1:]
        path = "/account/sessions/" + theirs[0].split('"')[0]
        refused = member.post(path, form_to(member.get("/account"), "/sign-out").fields)
        owner.post(path, form_to(page, "/sign-out").fields)

        assert "2 sessions" in words_of(page)
        assert refused.status_code == 404
        assert (_is_in(owner), _is_in(other)) == (True, False)

    def test_a_session_says_where_it_is(self, site):
        visitor = site.visitor(client=("198.51.100.9", 1))
        visitor.sign_in("owner@moths.test")
        text = words_of(visitor.get("/account"))

        assert "198.51.100.9" in text
        assert "python-httpx" in text


class TestKeys:
    def _make(self, visitor, **values):
        page = visitor.get("/account/keys")
        return visitor.send(page, "/account/keys", **values)

    def _value(self, answer):
        return answer.text.split('id="made" readonly value="')[1].split('"')[0]

    def test_a_key_is_shown_once_and_does_what_was_chosen(self, site, owner):
        answer = self._make(owner, label="CI", scope=["error_tracking:read"], project=str(site.project.id))
        caller = site.parts.directory.find_key(self._value(answer))

        assert (caller.user_id, caller.scopes, caller.scoped_projects) == (
            site.cast.owner.user.id,
            ("error_tracking:read",),
            (site.project.id,),
        )
        assert self._value(answer) not in owner.get("/account/keys").text
        assert "CI" in words_of(owner.get("/account/keys"))

    def test_a_key_for_everything(self, site, owner):
        answer = self._make(owner, everything="on")

        assert site.parts.directory.find_key(self._value(answer)).scopes == ("*",)

    @pytest.mark.parametrize("values", [{}, {"scope": "made:up"}, {"scope": "error_tracking:read", "project": "x"}])
    def test_what_cannot_be_is_told(self, owner, values):
        answer = self._make(owner, **values)

        assert answer.status_code == 400
        assert 'id="made"' not in answer.text

    def test_no_key_reaches_a_project_of_others(self, site, owner):
        theirs = str(site.cast.other_project.id)

        assert self._make(owner, scope="error_tracking:read", project=theirs).status_code == 400

    def test_a_revoked_key_works_no_more_and_only_ones_own_can_be_revoked(self, site, owner, member):
        path = f"/account/keys/{site.cast.owner.key_id}/revoke"
        refused = member.post(path, form_to(member.get("/account/keys"), "/sign-out").fields)
        still_there = site.parts.directory.find_key(site.cast.owner.key)
        owner.send(owner.get("/account/keys"), path)

        assert refused.status_code == 404
        assert still_there is not None
        assert site.parts.directory.find_key(site.cast.owner.key) is None
