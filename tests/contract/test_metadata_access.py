"""The directory and the changes it shows, on both databases."""

import asyncio
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from mothlight.access import changes
from mothlight.access.changes import OPERATOR
from mothlight.access.directory import Directory
from mothlight.issues.journal import Author
from mothlight.issues.project_settings import change_settings
from mothlight.model.errors import Refused, Unavailable
from mothlight.storage.metadata import tables
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.repositories.changes import Actor
from tests.support.cast import NOW


@pytest.fixture
def directory(engine, hands):
    return Directory(engine, hands.now, elapsed=hands.elapsed)


def _count(engine, table):
    with reading(engine) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def _token_id(directory, token):
    return asyncio.run(directory.project_id_of_token(token))


class TestKeys:
    def test_a_key_stands_for_its_user_with_its_scopes_and_pinning(self, cast, directory):
        value = cast.add_key(["error_tracking:read", "user:read"], of=cast.member, projects=[cast.project.id])

        caller = directory.find_key(value)

        assert caller.user_id == cast.member.user.id
        assert caller.scopes == ("error_tracking:read", "user:read")
        assert caller.scoped_projects == (cast.project.id,)
        assert caller.scoped_organizations == ()

    @pytest.mark.parametrize("value", ["phx_wrong", "", "\x00", "é", "\ud800"])
    def test_an_unknown_key_stands_for_nobody(self, cast, directory, value):
        assert directory.find_key(value) is None

    def test_the_key_itself_is_stored_nowhere(self, cast, engine):
        with reading(engine) as connection:
            row = connection.execute(sa.select(tables.api_keys).where(tables.api_keys.c.id == cast.owner.key_id)).one()

        assert row.hash == changes.hash_key(cast.owner.key)
        assert row.mask == f"phx_...{cast.owner.key[-4:]}"
        assert cast.owner.key not in str(row)

    def test_keys_of_deactivated_users_do_not_authenticate(self, cast, engine, directory):
        with writing(engine) as connection:
            connection.execute(
                sa.update(tables.users).where(tables.users.c.id == cast.member.user.id).values(is_active=False)
            )

        assert directory.find_key(cast.member.key) is None
        assert directory.find_key(cast.owner.key) is not None

    def test_a_use_is_recorded_at_most_once_an_hour(self, cast, engine, directory, hands):
        def recorded():
            with reading(engine) as connection:
                return connection.scalar(
                    sa.select(tables.api_keys.c.last_used_at).where(tables.api_keys.c.id == cast.owner.key_id)
                )

        def use(after):
            hands.moment = NOW + after
            hands.seconds = after.total_seconds()
            directory.find_key(cast.owner.key)
            return recorded()

        assert recorded() is None
        assert use(timedelta(minutes=1)) == NOW + timedelta(minutes=1)
        assert use(timedelta(minutes=60)) == NOW + timedelta(minutes=1)
        assert use(timedelta(minutes=61)) == NOW + timedelta(minutes=61)

    def test_a_revoked_key_stops_within_half_a_second(self, cast, engine, directory, hands):
        assert directory.find_key(cast.owner.key)
        with writing(engine) as connection:
            changes.revoke_key(connection, OPERATOR, cast.owner.key_id)

        assert directory.find_key(cast.owner.key)
        hands.seconds = 0.5
        assert directory.find_key(cast.owner.key) is None

    def test_a_key_can_be_given_and_is_taken_once(self, cast, engine, directory):
        with writing(engine) as connection:
            changes.create_key(connection, OPERATOR, cast.owner.user.id, NOW, scopes=["*"], value="phx_chosen")

        assert directory.find_key("phx_chosen").user_id == cast.owner.user.id
        with pytest.raises(Refused, match="exists already"), writing(engine) as connection:
            changes.create_key(connection, OPERATOR, cast.owner.user.id, NOW, value="phx_chosen")

    def test_scopes_and_projects_must_exist(self, cast, engine):
        with pytest.raises(Refused, match="'error_tracking:all' is not a scope"):
            cast.add_key(["error_tracking:all"])
        with pytest.raises(Refused, match="no project 4711"):
            cast.add_key(projects=[4711])
        with pytest.raises(Refused, match=f"no project {cast.other_project.id}"):
            cast.add_key(projects=[cast.other_project.id])

    def test_users_manage_their_own_keys_and_admins_those_of_members(self, cast, engine):
        def create(by, user):
            with writing(engine) as connection:
                return changes.create_key(connection, by.user.id, user.user.id, NOW)

        assert create(cast.member, cast.member).key.user_id == cast.member.user.id
        made = create(cast.owner, cast.member)
        for stranger in (cast.stranger, cast.member):
            with pytest.raises(Refused) as refused:
                create(stranger, cast.owner)
            assert refused.value.status == 403
        with pytest.raises(Refused), writing(engine) as connection:
            changes.revoke_key(connection, cast.stranger.user.id, made.key.id)
        with writing(engine) as connection:
            assert changes.revoke_key(connection, cast.member.user.id, made.key.id) == made.key

    def test_revoking_an_unknown_key_is_not_found(self, engine):
        with pytest.raises(Refused) as refused, writing(engine) as connection:
            changes.revoke_key(connection, OPERATOR, uuid4())

        assert refused.value.status == 404


def _change_project(connection, by, project_id, **values):
    """As the API does it: checked here, written and entered in the change journal there."""
    author = Author(project_id, Actor("user", str(by)), NOW, uuid4)
    change_settings(connection, author, changes.check_project_change(connection, by, project_id, **values))


class TestProjects:
    def test_a_project_is_found_by_id_and_by_token(self, cast, directory):
        assert directory.find_project(cast.project.id) == cast.project
        assert directory.find_project_by_token(cast.project.api_token) == cast.project
        assert _token_id(directory, cast.project.api_token) == cast.project.id
        assert directory.find_project(4711) is None
        assert directory.find_project_by_token("phc_unknown") is None
        assert _token_id(directory, "phc_unknown") is None

    def test_a_new_project_hides_development_machines_and_the_companys_own_addresses(self, cast):
        local = {
            "key": "$host",
            "operator": "not_regex",
            "value": r"^(localhost|127\.0\.0\.1)($|:)",
            "type": "event",
        }
        own = {"key": "email", "operator": "not_icontains", "value": "@moths.test", "type": "person"}

        assert cast.project.test_account_filters == [local]  # made before it had members
        assert cast.add_project().test_account_filters == [own, local]

    def test_a_project_made_by_another_process_shows_within_half_a_second(self, cast, directory, hands):
        assert directory.find_project_by_token("phc_later") is None
        project = cast.add_project(token="phc_later")

        assert directory.find_project_by_token("phc_later") is None
        hands.seconds = 0.5
        assert directory.find_project_by_token("phc_later") == project

    def test_the_process_that_changes_something_sees_it_at_once(self, cast, engine, directory):
        directory.find_project(cast.project.id)
        with writing(engine) as connection:
            _change_project(connection, cast.owner.user.id, cast.project.id, name="Renamed")
        directory.forget()

        assert directory.find_project(cast.project.id).name == "Renamed"

    def test_filters_change_and_stay_as_they_were_given(self, cast, engine, directory):
        filters = [{"key": "é", "operator": "exact", "value": ["a", 1, None], "type": "event"}]
        with writing(engine) as connection:
            _change_project(connection, OPERATOR, cast.project.id, test_account_filters=filters)

        changed = directory.find_project(cast.project.id)
        assert changed.test_account_filters == filters
        assert changed.name == cast.project.name

    @pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b"])
    def test_a_name_that_nobody_could_read_is_refused(self, cast, engine, name):
        with pytest.raises(Refused) as refused, writing(engine) as connection:
            _change_project(connection, OPERATOR, cast.project.id, name=name)

        assert (refused.value.status, refused.value.attr) == (400, "name")

    def test_a_token_belongs_to_one_project(self, cast):
        with pytest.raises(Refused, match="another project"):
            cast.add_project(token=cast.other_project.api_token)

    def test_members_and_strangers_manage_no_projects(self, cast, engine):
        for person in (cast.member, cast.stranger):
            for change in (
                lambda on, by: changes.create_project(on, by, cast.organization.id, "New", NOW),
                lambda on, by: _change_project(on, by, cast.project.id, name="New"),
                lambda on, by: changes.delete_project(on, by, cast.project.id, NOW),
                lambda on, by: changes.create_user(on, by, cast.organization.id, "new@moths.test", NOW),
                lambda on, by: changes.create_role(on, by, cast.organization.id, "New", [], NOW),
            ):
                with pytest.raises(Refused) as refused, writing(engine) as connection:
                    change(connection, person.user.id)
                assert (refused.value.status, refused.value.code) == (403, "permission_denied")

    def test_a_deleted_project_takes_all_its_rows_and_leaves_its_events_to_upkeep(self, cast, engine, directory):
        issue_id, fingerprint_id = uuid4(), uuid4()
        mine = {"project_id": cast.project.id}
        with writing(engine) as connection:
            connection.execute(sa.insert(tables.issues).values(id=issue_id, status="active", created_at=NOW, **mine))
            connection.execute(
                sa.insert(tables.fingerprints).values(
                    id=fingerprint_id, fingerprint="f", issue_id=issue_id, created_at=NOW, **mine
                )
            )
            connection.execute(
                sa.insert(tables.grouping_keys).values(
                    grouping_key=1, fingerprint_id=fingerprint_id, record=[], stack="", created_at=NOW, **mine
                )
            )
            connection.execute(
                sa.insert(tables.assignments).values(
                    issue_id=issue_id, user_id=cast.member.user.id, created_at=NOW, **mine
                )
            )
            connection.execute(
                sa.update(tables.users)
                .where(tables.users.c.id == cast.member.user.id)
                .values(current_project_id=cast.project.id)
            )

        with writing(engine) as connection:
            changes.delete_project(connection, cast.owner.user.id, cast.project.id, NOW)

        for table in (tables.issues, tables.fingerprints, tables.grouping_keys, tables.assignments):
            assert _count(engine, table) == 0
        with reading(engine) as connection:
            assert connection.execute(sa.select(tables.deleted_projects)).all() == [(cast.project.id, NOW, None)]
        assert directory.find_project(cast.project.id) is None
        assert directory.find_project(cast.other_project.id) == cast.other_project
        assert directory.find_user(cast.member.user.id).current_project_id is None

    def test_an_id_is_never_used_again(self, cast, engine):
        last = cast.add_project()
        with writing(engine) as connection:
            changes.delete_project(connection, OPERATOR, last.id, NOW)

        assert cast.add_project().id > last.id

    def test_deleting_an_unknown_project_is_not_found(self, engine):
        with pytest.raises(Refused, match="Project not found"), writing(engine) as connection:
            changes.delete_project(connection, OPERATOR, 4711, NOW)


class TestCurrentProject:
    def _caller(self, directory, value):
        return directory.find_key(value)

    def test_is_the_one_with_the_lowest_id(self, cast, directory):
        cast.add_project()

        assert directory.current_project(directory.find_key(cast.member.key)) == cast.project

    def test_is_the_one_opened_last(self, cast, engine, directory):
        opened = cast.add_project()
        with writing(engine) as connection:
            connection.execute(
                sa.update(tables.users)
                .where(tables.users.c.id == cast.member.user.id)
                .values(current_project_id=opened.id)
            )

        assert directory.current_project(directory.find_key(cast.member.key)) == opened
        assert directory.current_project(directory.find_key(cast.owner.key)) == cast.project

    def test_is_never_one_of_another_organization(self, cast, engine, directory):
        with writing(engine) as connection:
            connection.execute(sa.update(tables.users).values(current_project_id=cast.other_project.id))

        assert directory.current_project(directory.find_key(cast.member.key)) == cast.project

    def test_of_a_pinned_key_is_the_first_that_it_is_pinned_to(self, cast, directory):
        second, third = cast.add_project(), cast.add_project()
        caller = directory.find_key(cast.add_key(["*"], projects=[third.id, second.id]))

        assert directory.current_project(caller) == third
        assert directory.list_projects(caller) == [second, third]

    def test_is_none_without_projects(self, cast, engine, directory):
        with writing(engine) as connection:
            changes.delete_project(connection, OPERATOR, cast.other_project.id, NOW)
        caller = directory.find_key(cast.stranger.key)

        assert directory.current_project(caller) is None
        assert directory.list_projects(caller) == []
        assert directory.current_organization(caller) == cast.other_organization


class TestPeople:
    def test_members_and_roles_are_those_of_the_organization(self, cast, engine, directory):
        with writing(engine) as connection:
            role = changes.create_role(
                connection, cast.owner.user.id, cast.organization.id, "Crew", ["MEMBER@moths.test"], NOW
            )

        members = directory.list_members(cast.organization.id)
        assert [(each.user, each.role) for each in members] == [
            (cast.owner.user, "admin"),
            (cast.member.user, "member"),
        ]
        assert directory.list_roles(cast.organization.id) == [role]
        assert directory.list_roles(cast.other_organization.id) == []
        assert directory.find_organization(cast.organization.id) == cast.organization
        assert directory.find_organization(uuid4()) is None

    def test_a_membership_says_what_somebody_is(self, cast, directory):
        people = (cast.owner, cast.member, cast.stranger)
        roles = [directory.membership_role(each.user.id, cast.organization.id) for each in people]

        assert roles == ["admin", "member", None]

    def test_an_address_belongs_to_one_user_however_it_is_written(self, cast):
        with pytest.raises(Refused, match=r"user member@moths\.test already"):
            cast.add_user(" Member@Moths.test ")

    def test_a_role_takes_members_of_the_organization_only(self, cast, engine):
        with pytest.raises(Refused, match="no member stranger@"), writing(engine) as connection:
            changes.create_role(connection, OPERATOR, cast.organization.id, "Crew", [cast.stranger.user.email], NOW)

    def test_a_role_name_is_taken_once_in_an_organization(self, cast, engine):
        def create(organization):
            with writing(engine) as connection:
                return changes.create_role(connection, OPERATOR, organization.id, "Crew", [], NOW)

        create(cast.organization)
        create(cast.other_organization)
        with pytest.raises(Refused, match="role 'Crew' already"):
            create(cast.organization)


class TestWhileTheDatabaseIsAway:
    @pytest.fixture
    def away(self, cast, directory, hands, monkeypatch):
        """The directory knows the cast's token, then the database goes away."""
        directory.find_project_by_token(cast.project.api_token)
        hands.seconds = 60

        def fail(_answer):
            raise Unavailable("away")

        monkeypatch.setattr(directory, "_read", fail)
        return directory

    def test_known_tokens_stay_known(self, cast, away):
        assert _token_id(away, cast.project.api_token) == cast.project.id

    def test_other_questions_say_so(self, cast, away):
        with pytest.raises(Unavailable):
            _token_id(away, "phc_unknown")
        with pytest.raises(Unavailable):
            away.find_key(cast.owner.key)


class TestWhileTheDatabaseSaysNothing:
    @pytest.fixture
    def silent(self, cast, directory, hands, monkeypatch):
        """The directory knows the cast's token, then the database takes questions and answers none, until told."""
        monkeypatch.setattr("mothlight.access.directory.PATIENCE_SECONDS", 0.2)
        directory.find_project_by_token(cast.project.api_token)
        hands.seconds = 60
        directory.speak = threading.Event()
        original = directory._read
        monkeypatch.setattr(directory, "_read", lambda answer: (directory.speak.wait(10), original(answer))[1])
        yield directory
        directory.speak.set()

    def test_one_request_waits_and_those_after_it_do_not(self, cast, silent):
        async def ask():
            began = time.monotonic()
            found = await silent.project_id_of_token(cast.project.api_token)
            return found, time.monotonic() - began > 0.1

        async def ask_three_times():
            answers = [await ask() for _ in range(3)]
            silent.speak.set()
            return answers

        project = cast.project.id
        assert asyncio.run(ask_three_times()) == [(project, True), (project, False), (project, False)]

    def test_an_unknown_token_waits_and_is_told(self, silent):
        async def ask():
            with pytest.raises(Unavailable, match="does not answer"):
                await silent.project_id_of_token("phc_unknown")
            silent.speak.set()

        asyncio.run(ask())

    def test_when_it_speaks_again_it_is_waited_for(self, cast, silent):
        changed = "phc_changed"

        async def ask():
            await silent.project_id_of_token(cast.project.api_token)
            silent.speak.set()
            while silent._asked:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(self.rename, cast, changed)
            silent.forget()
            return await silent.project_id_of_token(changed)

        assert asyncio.run(ask()) == cast.project.id

    def rename(self, cast, token):
        with writing(cast.engine) as connection:
            connection.execute(
                sa.update(tables.projects).where(tables.projects.c.id == cast.project.id).values(api_token=token)
            )


def test_many_requests_for_one_token_ask_the_database_once(cast, directory, monkeypatch):
    asked = []
    original = directory._read
    monkeypatch.setattr(directory, "_read", lambda answer: (asked.append(answer), original(answer))[1])

    async def ask_at_once():
        return await asyncio.gather(*(directory.project_id_of_token(cast.project.api_token) for _ in range(50)))

    assert asyncio.run(ask_at_once()) == [cast.project.id] * 50
    assert len(asked) == 1


def test_several_threads_may_ask_and_forget(cast, directory):
    failures = []

    def ask():
        try:
            for _ in range(50):
                assert directory.find_key(cast.owner.key).user_id == cast.owner.user.id
                assert directory.find_project(cast.project.id) == cast.project
                directory.forget()
        except BaseException as problem:  # noqa: BLE001 - shown below, in the test's own thread
            failures.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
