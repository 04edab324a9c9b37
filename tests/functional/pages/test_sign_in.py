"""Who has the password comes in, everybody else stays out, and nobody can try for long."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from mothlight.access.sessions import AT_MOST, LASTS_FOR, STAYS_FOR
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import writing
from mothlight.web.address import PublicAddress
from tests.functional.pages.conftest import build
from tests.support.visitor import PASSWORD, Visitor, form_to, words_of

WRONG = "E-mail or password is wrong."


def _is_in(visitor):
    return visitor.get("/").headers.get("location", "").startswith("/projects/")


def _fail(visitor, email, times):
    return [visitor.sign_in(email, "wrong password") for _ in range(times)]


class TestTheDoor:
    def test_somebody_who_is_not_signed_in_is_sent_there_and_comes_back(self, site):
        visitor = site.visitor()
        asked = visitor.get("/?x=1%202")
        page = visitor.follow(asked)
        answer = visitor.send(page, "/sign-in", email="owner@moths.test", password=PASSWORD)

        assert asked.headers["location"] == "/sign-in?next=%2F%3Fx%3D1%2B2"
        assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1+2")
        assert _is_in(visitor)

    @pytest.mark.parametrize("email", ["owner@moths.test", "  OWNER@Moths.Test "])
    def test_an_address_is_the_same_in_capitals(self, site, email):
        assert site.visitor().sign_in(email).status_code == 303

    @pytest.mark.parametrize(
        "next_", ["//evil.test/", "https://evil.test/", "/\\evil.test", "/a\\b", "javascript:x", ""]
    )
    def test_nobody_is_led_to_another_server(self, site, next_):
        visitor = site.visitor()
        page = visitor.get("/sign-in?next=" + next_)
        answer = visitor.send(page, "/sign-in", email="owner@moths.test", password=PASSWORD, next=next_)

        assert form_to(page, "/sign-in").fields["next"] == "/"
        assert answer.headers["location"] == "/"

    def test_who_is_in_is_not_asked_again(self, owner):
        assert owner.get("/sign-in").headers["location"] == "/"

    def test_the_front_leads_to_the_project_that_was_opened_last(self, site, owner):
        assert owner.get("/").headers["location"] == site.path("issues")

    def test_a_wrong_password_is_told_at_the_field_and_keeps_the_address(self, site):
        visitor = site.visitor()
        answer = visitor.sign_in("owner@moths.test", "wrong password")

        assert answer.status_code == 403
        assert WRONG in words_of(answer)
        assert form_to(answer, "/sign-in").fields | {"form_token": ""} == {
            "form_token": "",
            "next": "/",
            "email": "owner@moths.test",
            "password": "",
        }
        assert not _is_in(visitor)

    @pytest.mark.parametrize("email", ["nobody@moths.test", "", "'; DROP TABLE users", "x" * 10_000])
    def test_an_unknown_account_reads_like_a_wrong_password(self, site, email):
        answer = site.visitor().sign_in(email)

        assert answer.status_code == 403
        assert WRONG in words_of(answer)

    @pytest.mark.parametrize("password", ["", "x" * 2000, PASSWORD + "x"])
    def test_no_other_password_opens(self, site, password):
        assert site.visitor().sign_in("owner@moths.test", password).status_code == 403

    def test_a_user_without_a_password_cannot_come_in(self, site):
        site.cast.add_user("keys@moths.test")

        assert site.visitor().sign_in("keys@moths.test", "").status_code == 403

    def test_a_deactivated_user_is_out_at_once_and_cannot_come_in(self, site, owner):
        with writing(site.cast.engine) as connection:
            connection.execute(sa.update(tables.users).values(is_active=False))

        assert not _is_in(owner)
        assert site.visitor().sign_in("owner@moths.test").status_code == 403


class TestLimits:
    def test_the_sixth_attempt_at_an_account_is_not_looked_at(self, site):
        visitor = site.visitor()
        failed = _fail(visitor, "owner@moths.test", 5)
        answer = visitor.sign_in("owner@moths.test")

        assert [each.status_code for each in failed] == [403] * 5
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "901")
        assert "Too many attempts failed. Try again in 16 minutes." in words_of(answer)
        assert not _is_in(visitor)

    def test_it_holds_wherever_the_attempts_come_from_and_for_that_account_only(self, site):
        for number in range(5):
            _fail(site.visitor(client=(f"198.51.100.{number}", 1)), "owner@moths.test", 1)

        assert site.visitor().sign_in("OWNER@moths.test").status_code == 429
        assert site.visitor().sign_in("member@moths.test").status_code == 303

    def test_it_holds_for_accounts_that_do_not_exist(self, site):
        _fail(site.visitor(), "nobody@moths.test", 5)

        assert site.visitor().sign_in("nobody@moths.test").status_code == 429

    def test_it_ends_fifteen_minutes_after_the_attempt_that_is_too_many(self, site):
        visitor = site.visitor()
        _fail(visitor, "owner@moths.test", 1)
        site.hands.moment += timedelta(minutes=10)
        _fail(visitor, "owner@moths.test", 4)
        site.hands.moment += timedelta(minutes=4, seconds=59)
        before = visitor.sign_in("owner@moths.test").status_code
        site.hands.moment += timedelta(seconds=2)

        assert (before, visitor.sign_in("owner@moths.test").status_code) == (429, 303)

    def test_the_right_password_clears_what_failed_before(self, site):
        visitor = site.visitor()
        for _ in range(3):
            _fail(visitor, "owner@moths.test", 4)
            assert visitor.sign_in("owner@moths.test").status_code == 303
            visitor.cookies.clear()

    def test_the_twenty_first_attempt_from_an_address_is_not_looked_at(self, site):
        for number in range(20):
            _fail(site.visitor(), f"nobody{number}@moths.test", 1)

        assert site.visitor().sign_in("owner@moths.test").status_code == 429
        assert site.visitor(client=("203.0.113.8", 1)).sign_in("owner@moths.test").status_code == 303

    def test_an_ipv6_customer_counts_as_one_address(self, site):
        for number in range(20):
            _fail(site.visitor(client=(f"2001:db8:0:1::{number:x}", 1)), f"nobody{number}@moths.test", 1)

        assert site.visitor(client=("2001:db8:0:1:ffff::1", 1)).sign_in("owner@moths.test").status_code == 429
        assert site.visitor(client=("2001:db8:0:2::1", 1)).sign_in("owner@moths.test").status_code == 303

    def test_the_account_is_not_written_down(self, site):
        _fail(site.visitor(), "owner@moths.test", 1)

        with writing(site.cast.engine) as connection:
            rows = connection.execute(sa.select(tables.sign_in_attempts)).all()
        assert len(rows) == 1
        assert "owner" not in str(rows)


class TestSessions:
    def test_the_cookie_is_for_the_browser_only_and_its_secret_is_stored_nowhere(self, site):
        visitor = site.visitor()
        cookie = next(
            each for each in visitor.sign_in("owner@moths.test").headers.get_list("set-cookie") if "session" in each
        )
        with writing(site.cast.engine) as connection:
            row = connection.execute(sa.select(tables.sessions)).one()

        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie
        assert "Max-Age" not in cookie
        assert visitor.cookies["mothlight_session"] not in str(row)

    def test_over_https_cookies_are_secure_and_below_a_path_they_stay_there(self, site):
        address = PublicAddress("https://errors.test/moth")
        secure = build(site.cast, site.hands, site.events, address=address)
        visitor = Visitor(secure.app, address="https://errors.test")
        page = visitor.get("/sign-in")
        cookies = page.headers.get_list("set-cookie")
        visitor.cookies = {"mothlight_visitor": cookies[0].split("=", 1)[1].split(";")[0]}
        answer = visitor.post(
            "/sign-in",
            form_to(page, "/moth/sign-in").fields
            | {
                "email": "owner@moths.test",
                "password": PASSWORD,
                "stay": "on",
            },
        )
        cookies += answer.headers.get_list("set-cookie")

        assert answer.headers["location"] == "/moth/"
        assert len(cookies) == 2
        assert all("Secure" in each and "Path=/moth" in each for each in cookies)
        assert "Max-Age=7776000" in cookies[1]

    @pytest.mark.parametrize(("stay", "length"), [({}, LASTS_FOR), ({"stay": "on"}, STAYS_FOR)])
    def test_a_session_ends_when_nobody_uses_it(self, site, stay, length):
        visitor = site.visitor()
        visitor.sign_in("owner@moths.test", **stay)
        site.hands.moment += length - timedelta(minutes=1)
        used = _is_in(visitor)
        site.hands.moment += length - timedelta(minutes=1)
        used_again = _is_in(visitor)
        site.hands.moment += length

        assert (used, used_again, _is_in(visitor)) == (True, True, False)

    def test_after_ninety_days_everybody_signs_in_again(self, site):
        visitor = site.visitor()
        visitor.sign_in("owner@moths.test", stay="on")
        for _ in range(4):
            site.hands.moment += AT_MOST / 4 - timedelta(minutes=1)
            assert _is_in(visitor)
        site.hands.moment += timedelta(minutes=5)

        assert not _is_in(visitor)

    @pytest.mark.parametrize("secret", ["", "x", "x" * 5000, "%00"])
    def test_a_made_up_secret_is_nobody(self, site, secret):
        answer = site.visitor().get("/", cookie=f"mothlight_session={secret}")

        assert answer.headers["location"].startswith("/sign-in")

    def test_signing_out_ends_the_session_and_not_only_the_cookie(self, site, owner):
        cookies = dict(owner.cookies)
        other = site.signed_in(site.cast.owner)
        answer = owner.send(owner.get("/nothing"), "/sign-out")
        thief = site.visitor(cookies=cookies)

        assert answer.headers["location"] == "/sign-in"
        assert "mothlight_session" not in owner.cookies
        assert not _is_in(thief)
        assert _is_in(other)

    def test_signing_out_everywhere_ends_all_of_the_user_and_no_others(self, site, owner, member):
        other = site.signed_in(site.cast.owner)
        page = owner.get("/nothing")
        token = form_to(page, "/sign-out").fields
        answer = owner.post("/sign-out-everywhere", token)

        assert answer.status_code == 303
        assert (_is_in(owner), _is_in(other), _is_in(member)) == (False, False, True)

    def test_who_signs_in_as_another_leaves_no_session_behind(self, site, owner):
        cookies = dict(owner.cookies)
        token = form_to(owner.get("/nothing"), "/sign-out").fields
        owner.post("/sign-in", token | {"email": "member@moths.test", "password": PASSWORD})

        assert not _is_in(site.visitor(cookies=cookies))
        assert _is_in(owner)
