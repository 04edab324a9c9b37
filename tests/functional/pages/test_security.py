"""What every answer of the pages carries, and what no form gets past."""

import pytest
from structlog.testing import capture_logs

from mothlight.model.errors import Unavailable
from mothlight.web.address import PublicAddress
from mothlight.web.pages.page import open_page, operator_page, project_page, user_page
from mothlight.web.pages.routes import PAGES
from tests.functional.pages.conftest import build
from tests.support.visitor import PASSWORD, form_to, forms_of, words_of

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "report-to": "csp",
    "report-uri": "/_csp",
}
POSTS = [page.path for page in PAGES if page.method == "POST"]


def _concrete(site, path):
    return path.replace("{project_id}", str(site.project.id)).replace("{id}", "x").replace("{secret}", "x")


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/assets/x/mothlight.css"])
    def test_every_answer_has_them(self, site, path):
        headers = site.visitor().get(path).headers
        policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))

        assert policy == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert "camera=()" in headers["permissions-policy"]
        assert "access-control-allow-origin" not in headers

    def test_no_page_is_kept_anywhere(self, site, owner):
        for answer in (site.visitor().get("/sign-in"), owner.get("/"), owner.get("/nothing")):
            assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("path", ["/sign-in", "/nothing"])
    def test_no_page_has_script_or_style_in_it(self, site, owner, path):
        for text in (site.visitor().get(path).text, owner.get(path).text):
            assert " style=" not in text
            assert "<style" not in text
            assert " on" + "click=" not in text
            assert text.count("<script") == text.count("<script src=")

    @pytest.mark.parametrize(
        ("accepted", "expected"), [("br, gzip", "br"), ("gzip", "gzip"), ("br;q=0", None), ("", None)]
    )
    def test_pages_and_assets_are_compressed_as_the_browser_likes_it(self, site, accepted, expected):
        visitor = site.visitor()
        page = visitor.get("/sign-in", **{"accept-encoding": accepted})
        sheet = visitor.get("/assets/x/mothlight.css", **{"accept-encoding": accepted})

        for answer in (page, sheet):
            assert answer.headers.get("content-encoding") == expected
            assert "Accept-Encoding" in answer.headers["vary"]
        assert "</html>" in page.text
        assert "--accent" in sheet.text


class TestForms:
    @pytest.mark.parametrize("path", POSTS)
    def test_a_form_without_our_token_is_refused_and_changes_nothing(self, site, owner, path):
        where = _concrete(site, path)
        answers = [
            owner.post(where),
            owner.post(where, {"form_token": "x" * 43}),
            owner.post(where, {"form_token": "é"}),
        ]

        assert [answer.status_code for answer in answers] == [403, 403, 403]
        assert "does not come from Mothlight" in words_of(answers[0])
        assert owner.get("/").headers["location"] == site.path("issues")

    @pytest.mark.parametrize("path", POSTS)
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.test"},
            {"origin": "null"},
            {"origin": "http://errors.test:8080"},
            {"origin": "http://errors.test.evil.test"},
            {"origin": "ftp://errors.test"},
            {"origin": "http://[bad"},
        ],
    )
    def test_a_form_from_elsewhere_is_refused_whatever_it_carries(self, site, owner, path, headers):
        token = form_to(owner.get("/nothing"), "/sign-out").fields
        answer = owner.post(_concrete(site, path), token, **headers)

        assert answer.status_code == 403
        assert owner.get("/").headers["location"] == site.path("issues")

    @pytest.mark.parametrize(
        ("site_", "status"), [("same-origin", 303), ("same-site", 403), ("none", 403), (None, 403)]
    )
    def test_a_browser_that_names_no_origin_must_say_that_we_ask(self, site, owner, site_, status):
        token = form_to(owner.get("/nothing"), "/sign-out").fields
        headers = {"sec-fetch-site": site_} if site_ else {}
        answer = owner._send("POST", "/theme", headers, data=token)

        assert answer.status_code == status

    def test_a_token_is_for_one_visitor(self, site, owner, member):
        token = form_to(member.get("/nothing"), "/sign-out").fields

        assert owner.post("/sign-out", token).status_code == 403

    def test_a_token_from_before_signing_in_is_worth_nothing_after(self, site):
        visitor = site.visitor()
        page = visitor.get("/sign-in")
        visitor.send(page, "/sign-in", email="owner@moths.test", password=PASSWORD)

        assert visitor.send(page, "/theme").status_code == 403

    def test_a_token_reads_differently_each_time(self, owner):
        tokens = {form.fields["form_token"] for _ in range(3) for form in forms_of(owner.get("/nothing"))}

        assert len(tokens) == 3 * len(forms_of(owner.get("/nothing")))

    def test_behind_a_proxy_the_public_address_is_the_origin(self, site):
        proxied = build(site.cast, site.hands, site.events, address=PublicAddress("https://errors.example.com:443"))
        visitor = proxied.visitor(cookies={"mothlight_visitor": "x" * 43})
        fields = form_to(visitor.get("/sign-in"), "/sign-in").fields
        wanted = fields | {"email": "owner@moths.test", "password": PASSWORD}

        assert visitor.post("/sign-in", wanted, origin="http://errors.example.com").status_code == 403
        assert visitor.post("/sign-in", wanted, origin="http://errors.test").status_code == 403
        assert visitor.post("/sign-in", wanted, origin="https://errors.example.com").status_code == 303

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (b"{}", "application/json", 415),
            (b"a=%ff", "application/x-www-form-urlencoded", 400),
            (b"a=%00", "application/x-www-form-urlencoded", 400),
            (b"a&" * 1001, "application/x-www-form-urlencoded", 400),
            (b"a" * (1024 * 1024 + 1), "application/x-www-form-urlencoded", 413),
        ],
    )
    def test_what_is_no_form_is_told_so(self, site, body, kind, status):
        answer = site.visitor()._send("POST", "/sign-in", {"content-type": kind}, content=body)

        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")


class TestWho:
    def _site(self, site):
        pages = [
            open_page("GET", "/open", lambda call: call.fragment("problem/part.html", title="t", words="w", id=None)),
            user_page("GET", "/user", lambda call: call.redirect("/seen")),
            project_page("GET", "member", lambda call: call.redirect(f"/seen/{call.role}")),
            project_page("GET", "admin", lambda call: call.redirect("/seen"), admins_only=True),
            operator_page("GET", "/operator", lambda call: call.redirect("/seen")),
        ]
        return build(site.cast, site.hands, site.events, pages=[*PAGES, *pages])

    @pytest.mark.parametrize(
        ("path", "owner", "member", "stranger", "outside"),
        [
            ("/open", 200, 200, 200, 200),
            ("/user", 303, 303, 303, "/sign-in?next=%2Fuser"),
            ("/projects/ID/member", 303, 303, 403, "/sign-in?next="),
            ("/projects/ID/admin", 303, 403, 403, "/sign-in?next="),
            ("/projects/9/member", 404, 404, 404, "/sign-in?next="),
            ("/projects/x/member", 404, 404, 404, "/sign-in?next="),
            ("/projects/99999999999/member", 404, 404, 404, "/sign-in?next="),
            ("/operator", 303, 403, 403, "/sign-in?next=%2Foperator"),
        ],
    )
    def test_each_sees_what_is_theirs(self, site, path, owner, member, stranger, outside):
        place = self._site(site)
        where = path.replace("ID", str(site.project.id))
        people = (site.cast.owner, site.cast.member, site.cast.stranger)
        answers = [place.signed_in(person).get(where).status_code for person in people]
        unknown = place.visitor().get(where)

        assert answers == [owner, member, stranger]
        if isinstance(outside, str):
            assert unknown.headers["location"].startswith(outside)
        else:
            assert unknown.status_code == outside

    def test_a_script_of_somebody_who_was_signed_out_goes_to_the_door(self, site):
        answer = site.visitor().get("/status", **{"hx-request": "true"})

        assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (200, "/sign-in", "")

    def test_a_page_of_a_project_makes_it_the_one_that_was_opened_last(self, site):
        place = self._site(site)
        another = site.cast.add_project()
        visitor = place.signed_in(site.cast.owner)
        before = visitor.get("/").headers["location"]
        visitor.get(f"/projects/{another.id}/member")
        site.hands.seconds += 1

        assert (before, visitor.get("/").headers["location"]) == (
            site.path("issues"),
            f"/projects/{another.id}/issues",
        )


class TestProblems:
    def _failing(self, site, problem):
        def fail(_call):
            raise problem

        return build(site.cast, site.hands, site.events, pages=[*PAGES, open_page("GET", "/fails", fail)])

    def test_a_path_of_nobody_is_a_page_in_plain_words(self, site, owner):
        for visitor in (site.visitor(), owner):
            answer = visitor.get("/nothing")
            assert answer.status_code == 404
            assert "Nothing is here" in words_of(answer)

    def test_programs_get_an_error_in_their_shape(self, site):
        visitor = site.visitor()

        assert visitor.get("/nothing", accept="*/*").json()["code"] == "not_found"
        assert visitor.get("/api/nothing").json()["code"] == "not_found"

    def test_another_method_is_told_with_those_that_work(self, site):
        answer = site.visitor()._send("PUT", "/sign-in", {})

        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")

    def test_a_head_is_answered_like_a_get(self, site):
        assert site.visitor()._send("HEAD", "/sign-in", {}).status_code == 200

    def test_a_defect_has_an_id_that_the_log_has_and_says_nothing_else(self, site):
        with capture_logs() as logged:
            answer = self._failing(site, RuntimeError("secret detail")).visitor().get("/fails")
        (entry,) = [each for each in logged if each["event"] == "page_failed"]

        assert answer.status_code == 500
        assert entry["id"] in words_of(answer)
        assert entry["path"] == "/fails"
        assert "secret detail" not in answer.text

    def test_an_outage_says_when_to_come_back(self, site):
        problem = Unavailable("the event store does not answer", 7, "host db7 is away")
        with capture_logs() as logged:
            answer = self._failing(site, problem).visitor().get("/fails")
        (entry,) = [each for each in logged if each["event"] == "page_unavailable"]

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
        assert entry["id"] in words_of(answer)
        assert "db7" not in answer.text

    def test_a_part_of_a_page_fails_as_a_part(self, site):
        place = self._failing(site, RuntimeError())
        answer = place.visitor().get("/fails", **{"hx-request": "true", "hx-request-type": "partial"})

        assert answer.status_code == 500
        assert "<html" not in answer.text
        assert "Something broke in Mothlight" in words_of(answer)


class TestReports:
    def _log_of(self, site, body):
        with capture_logs() as logged:
            answer = site.visitor()._send("POST", "/_csp", {"content-type": "application/csp-report"}, content=body)
        return answer.status_code, [each for each in logged if each["event"] == "page_policy_violated"]

    def test_what_a_browser_refused_is_logged_without_queries(self, site):
        body = b"""{"csp-report": {"document-uri": "http://errors.test/a?q=secret", "blocked-uri": "inline",
                    "effective-directive": "script-src-elem", "script-sample": "x"}}"""
        status, logged = self._log_of(site, body)

        assert status == 204
        assert [(each["page"], each["blocked"], each["directive"]) for each in logged] == [
            ("http://errors.test/a", "inline", "script-src-elem")
        ]

    def test_the_newer_form_is_understood(self, site):
        body = b'[{"type": "csp-violation", "body": {"documentURL": "/a", "blockedURL": "eval"}}]'

        assert len(self._log_of(site, body)[1]) == 1

    def test_no_more_than_twenty_a_minute_are_logged(self, site):
        body = b"[" + b",".join([b'{"body": {"documentURL": "/a"}}'] * 50) + b"]"

        assert len(self._log_of(site, body)[1]) == 20

    @pytest.mark.parametrize("body", [b"", b"{", b"x" * 20_000, b"[1, null]", b'"x"', b'{"csp-report": 1}'])
    def test_anything_else_is_not(self, site, body):
        assert self._log_of(site, body)[1] == []
