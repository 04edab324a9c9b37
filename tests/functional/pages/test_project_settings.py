"""Name, key, test accounts, origins, limits and the end of a project."""

import pytest

from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access
from mothlight.storage.metadata.repositories.changes import EntryFilter, list_entries
from mothlight.storage.metadata.repositories.settings import load_settings
from tests.support.visitor import form_to, words_of


@pytest.fixture
def stored(site):
    """The project as it is now."""

    def find():
        with reading(site.cast.engine) as connection:
            return access.find_project(connection, site.project.id)

    return find


def _send(site, visitor, action, **changes):
    page = visitor.get(site.path("settings"))
    return visitor.send(page, site.path(f"settings/{action}"), **changes)


def test_address_and_key_are_there_to_copy(site, owner):
    text = owner.get(site.path("settings")).text

    assert f'value="{site.project.api_token}"' in text
    assert 'value="http://errors.test"' in text
    assert "Events are kept for 90 days" in text


def test_a_member_sees_them_and_has_no_form_to_change_them(site, member):
    page = member.get(site.path("settings"))

    assert site.project.api_token in page.text
    assert "Delete the project" not in page.text
    assert ">Save<" not in page.text


def test_the_name_is_changed_and_the_next_page_says_so_once(site, owner, stored):
    page = owner.follow(_send(site, owner, "name", name="  Shop "))

    assert stored().name == "Shop"
    assert "The project has another name." in words_of(page)
    assert "The project has another name." not in words_of(owner.get(site.path("settings")))


def test_a_name_that_cannot_be_is_told_at_the_field(site, owner, stored):
    answer = _send(site, owner, "name", name="x" * 201)

    assert answer.status_code == 400
    assert "A name has at most 200 characters." in words_of(answer)
    assert form_to(answer, site.path("settings/name")).fields["name"] == "x" * 201
    assert stored().name == site.project.name


def test_test_accounts_come_back_as_they_were_saved(site, owner, stored):
    rows = {
        "type": ["event", "person", "event"],
        "key": ["$host", "email", ""],
        "operator": ["exact", "not_icontains", "exact"],
        "value": ['["a.test", "b.test"]', "@moths.test", ""],
    }
    answer = _send(site, owner, "filters", **rows)
    again = form_to(owner.follow(answer), site.path("settings/filters")).fields

    assert stored().test_account_filters == [
        {"type": "event", "key": "$host", "operator": "exact", "value": ["a.test", "b.test"]},
        {"type": "person", "key": "email", "operator": "not_icontains", "value": "@moths.test"},
    ]
    assert {name: again[name] for name in rows} == rows


def test_a_filter_that_cannot_be_is_told_and_nothing_is_lost_from_the_form(site, owner, stored):
    before = stored().test_account_filters
    answer = _send(site, owner, "filters", type="event", key="$host", operator="regex", value="(")

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert form_to(answer, site.path("settings/filters")).fields["value"][0] == "("
    assert stored().test_account_filters == before


def test_origins_are_kept_as_browsers_name_them(site, owner, stored):
    _send(site, owner, "origins", origins="https://Shop.example.com/\n\nhttps://*.example.org:443\n")

    assert stored().allowed_origins == ("https://shop.example.com", "https://*.example.org")


@pytest.mark.parametrize("entry", ["shop.example.com", "https://", "https://a/b", "javascript:x", "https://a b"])
def test_what_is_no_origin_is_told(site, owner, stored, entry):
    answer = _send(site, owner, "origins", origins=entry)

    assert answer.status_code == 400
    assert "is not an origin" in words_of(answer)
    assert stored().allowed_origins == ()


def test_another_key_is_made_only_when_the_box_is_ticked(site, owner, stored):
    refused = _send(site, owner, "renew-key")
    before = stored().api_token
    made = _send(site, owner, "renew-key", sure="on")

    assert (refused.status_code, made.status_code) == (400, 303)
    assert before == site.project.api_token != stored().api_token
    assert stored().api_token.startswith("phc_")


def test_a_project_is_deleted_only_when_its_name_was_typed(site, owner, stored):
    refused = _send(site, owner, "delete", name="another")
    there = stored()
    answer = _send(site, owner, "delete", name=site.project.name)

    assert (refused.status_code, answer.status_code) == (400, 303)
    assert there is not None
    assert stored() is None
    assert "No project yet" in words_of(owner.get("/"))


class TestLimits:
    def _limits(self, site):
        with reading(site.cast.engine) as connection:
            return load_settings(connection, site.project.id)

    def test_a_member_sets_and_removes_them_and_the_journal_says_who(self, site, member):
        path = site.path("settings/limits")
        sizes = {"per_issue_rate_limit_value": "600", "per_issue_rate_limit_bucket_size_minutes": "60"}
        member.send(member.get(path), path, **sizes)
        after = self._limits(site)
        member.send(member.get(path), path, per_issue_rate_limit_value="")
        with reading(site.cast.engine) as connection:
            entries = list_entries(connection, site.project.id, EntryFilter(), 10, 0)

        assert (after.per_issue_rate_limit_value, after.per_issue_rate_limit_bucket_size_minutes) == (600, 60)
        assert self._limits(site).per_issue_rate_limit_value is None
        assert [(each.kind, each.actor.id, each.actor.key_id) for each in entries] == [
            ("settings_changed", str(site.cast.member.user.id), None)
        ] * 2

    @pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "99999999999"])
    def test_what_is_no_limit_is_told_at_the_field(self, site, owner, value):
        path = site.path("settings/limits")
        answer = owner.send(owner.get(path), path, project_rate_limit_value=value)

        assert answer.status_code == 400
        assert 'id="fault-project_rate_limit_value"' in answer.text
        assert form_to(answer, path).fields["project_rate_limit_value"] == value
        assert self._limits(site).project_rate_limit_value is None
