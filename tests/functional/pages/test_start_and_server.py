"""First steps, the operator's page, suggestions, and the undo that toasts offer."""

import pytest

from mothlight.model.outcome import DropReason
from mothlight.recommendations.kinds import KINDS
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories.changes import EntryFilter, list_entries
from mothlight.storage.metadata.repositories.settings import load_settings
from mothlight.web.intake.dialects.interface import BadEvent
from mothlight.web.pages.onboarding.sdks import SDKS
from mothlight.web.pages.recommendations.words import ADVICE
from mothlight.web.pages.server.page import ADVICE as REASONS
from tests.support.triage import Triage
from tests.support.visitor import form_to, words_of

PART = {"hx-request": "true", "hx-request-type": "partial"}


class TestStart:
    @pytest.mark.parametrize("sdk", SDKS, ids=lambda each: each.name)
    def test_each_sdk_has_its_snippet_with_address_and_key(self, site, owner, sdk):
        page = owner.get(site.path(f"start?sdk={sdk.name}"))
        code = sdk.filled("http://errors.test", site.project.api_token)

        assert page.status_code == 200
        assert site.project.api_token in code
        assert "http://errors.test" in code
        assert "HOST" not in code.replace("NEXT_RUNTIME", "")
        assert site.project.api_token in page.text

    def test_all_are_offered_and_an_unknown_one_is_the_first(self, site, owner):
        page = owner.get(site.path("start?sdk=cobol"))

        assert len(SDKS) == len({each.name for each in SDKS}) == 18
        assert all(f"?sdk={each.name}" in page.text for each in SDKS)
        assert "pip install posthog" in words_of(page)

    def test_the_line_waits_until_an_exception_is_there(self, site, owner, symbol_reader):
        waiting = owner.get(site.path("start/waiting"), **PART)
        Triage(site, symbol_reader).capture("first")
        found = owner.get(site.path("start/waiting"), **PART)

        assert "<html" not in waiting.text
        assert 'hx-trigger="every 1s"' in waiting.text
        assert "Waiting for the first exception" in words_of(waiting)
        assert "hx-trigger" not in found.text
        assert f"/projects/{site.project.id}/issues/" in found.text


class TestServer:
    def test_it_tells_what_was_counted_and_why_events_were_dropped(self, owner):
        text = words_of(owner.get("/server"))

        assert "1,203 since the start" in text
        assert "not exception 1,002" in text
        assert "other events tell about persons only" in text

    def test_the_doctor_says_what_is_wrong_first(self, owner):
        part = owner.get("/server/doctor", **PART)
        text = words_of(part)

        assert "<html" not in part.text
        assert text.index("Clock: it is late Set it.") < text.index("Database: it answers")
        assert "Clock:" in words_of(owner.get("/server/doctor"))

    def test_every_reason_has_its_advice(self):
        assert REASONS.keys() == {*map(str, BadEvent), *map(str, DropReason), "unreadable"}


class TestSuggestions:
    def test_every_kind_has_its_words(self):
        assert ADVICE.keys() == KINDS.keys()

    def test_one_is_hidden_and_shown_again_with_the_toast(self, site, owner):
        path = site.path("recommendations")
        strip = owner.get(path, **PART)
        rest = strip.text.split(f"{path}/")[1].split('"')[0]
        answer = owner.send(strip, f"{path}/{rest}")
        toast = owner.get(path)
        hidden = owner.get(path, **PART)
        owner.send(toast, f"{path}/{rest.replace('dismiss', 'restore')}")

        assert answer.status_code == 303
        assert f"{path}/{rest}" not in hidden.text
        assert "Hidden." in words_of(toast)
        assert f"{path}/{rest}" in owner.get(path, **PART).text

    @pytest.mark.parametrize("what", ["dismiss", "restore"])
    def test_one_of_another_project_is_not_found(self, site, owner, stranger, what):
        theirs = f"/projects/{site.cast.other_project.id}/recommendations"
        rest = stranger.get(theirs, **PART).text.split(f"{theirs}/")[1].split("/")[0]
        token = form_to(owner.get("/nothing"), "/sign-out").fields

        assert owner.post(site.path(f"recommendations/{rest}/{what}"), token).status_code == 404


class TestUndo:
    def _entries(self, site):
        with reading(site.cast.engine) as connection:
            return list_entries(connection, site.project.id, EntryFilter(), 10, 0)

    def _limit(self, site):
        with reading(site.cast.engine) as connection:
            return load_settings(connection, site.project.id).project_rate_limit_value

    def test_a_change_is_taken_back_and_done_again_by_the_toast(self, site, owner):
        path = site.path("settings/limits")
        owner.send(owner.get(path), path, project_rate_limit_value="7")
        (entry,) = self._entries(site)
        token = form_to(owner.get(path), "/sign-out").fields
        undo = site.path(f"changes/{entry.id}/undo")
        taken_back = owner.post(undo, token | {"next": path})
        after = self._limit(site)
        page = owner.follow(taken_back)
        redo = site.path(f"changes/{self._entries(site)[0].id}/undo")
        owner.send(page, redo)

        assert taken_back.headers["location"] == path
        assert "Taken back. Nothing was lost." in words_of(page)
        assert (after, self._limit(site)) == (None, 7)

    def test_only_admins_take_back_what_only_admins_change(self, site, owner, member):
        path = site.path("settings")
        owner.send(owner.get(path), site.path("settings/origins"), origins="https://shop.test")
        (entry,) = self._entries(site)
        undo = site.path(f"changes/{entry.id}/undo")
        token = form_to(member.get(path), "/sign-out").fields
        refused = member.post(undo, token)
        kept = site.parts.directory.find_project(site.project.id).allowed_origins
        owner.post(undo, form_to(owner.get(path), "/sign-out").fields)

        assert (refused.status_code, kept) == (403, ("https://shop.test",))
        assert site.parts.directory.find_project(site.project.id).allowed_origins == ()

    def test_what_changed_since_stays(self, site, owner):
        path = site.path("settings/limits")
        owner.send(owner.get(path), path, project_rate_limit_value="7")
        (entry,) = self._entries(site)
        owner.send(owner.get(path), path, project_rate_limit_value="8")
        token = form_to(owner.get(path), "/sign-out").fields
        answer = owner.post(site.path(f"changes/{entry.id}/undo"), token | {"next": path})

        assert answer.status_code == 409
        assert "Something changed since" in words_of(answer)
        assert f'href="{path}"' in answer.text
        assert self._limit(site) == 8
