"""Every row of the command table in the surface: what is printed, and what is there afterwards."""

import asyncio
import json
import re
from uuid import UUID, uuid4

import pytest

from mothlight.access.directory import Directory
from mothlight.cli.app import COMMANDS, build
from mothlight.cli.environment import option_variables
from mothlight.kit.clock import system_clock
from mothlight.storage.metadata.engine import open_database


@pytest.fixture
def directory(mothlight, database_url):
    """What a running server knows, in its next half second."""
    engine = open_database(database_url)
    yield Directory(engine, system_clock)
    engine.dispose()


class TestProjects:
    def test_create_prints_id_name_and_token(self, mothlight, directory):
        made = mothlight("projects", "create", "Shop", "--json").json

        assert set(made) == {"id", "name", "api_token"}
        assert (made["id"], made["name"]) == (2, "Shop")
        assert asyncio.run(directory.project_id_of_token(made["api_token"])) == 2

    def test_create_takes_a_token(self, mothlight):
        made = mothlight("projects", "create", "Shop", "--token", "phc_mine", "--json").json

        assert made["api_token"] == "phc_mine"

    def test_create_for_people_says_the_same(self, mothlight):
        assert mothlight("projects", "create", "Shop", "--token", "phc_mine").out == (
            "Project 2, Shop, has the token phc_mine\n"
        )

    def test_list_prints_them_by_id(self, mothlight):
        made = mothlight("projects", "create", "Shop", "--json").json
        first = {
            "id": 1,
            "name": "Default project",
            "api_token": mothlight.installed["project_token"],
        }

        assert mothlight("projects", "list", "--json").json == [first, made]
        assert [line.split()[0] for line in mothlight("projects", "list").out.splitlines()] == ["ID", "1", "2"]

    def test_delete_needs_yes(self, mothlight, directory):
        refused = mothlight("projects", "delete", "1")

        assert (refused.code, refused.err) == (
            1,
            "mothlight: deleting project 1 cannot be undone; say --yes to do it\n",
        )
        assert directory.find_project(1)

    def test_delete_removes_it(self, mothlight, directory):
        done = mothlight("projects", "delete", "1", "--yes")

        assert (done.code, done.out) == (
            0,
            "Project 1, Default project, is deleted; a running server removes its events\n",
        )
        assert directory.find_project(1) is None
        assert mothlight("projects", "list", "--json").json == []


class TestKeys:
    def test_create_prints_the_key_and_what_it_may_do(self, mothlight, directory):
        made = mothlight(
            "keys", "create", "--scope", "error_tracking:read", "--scope", "user:read", "--project", "1",
            "--label", "CI", "--json",
        ).json  # fmt: skip
        caller = directory.find_key(made["value"])

        assert set(made) == {"id", "label", "value", "scopes", "scoped_projects"}
        assert made["label"] == "CI"
        assert re.fullmatch(r"phx_[A-Za-z0-9]{48}", made["value"])
        assert (made["scopes"], made["scoped_projects"]) == (["error_tracking:read", "user:read"], [1])
        assert (str(caller.key_id), caller.scopes, caller.scoped_projects) == (
            made["id"],
            ("error_tracking:read", "user:read"),
            (1,),
        )

    def test_without_a_scope_a_key_grants_nothing_and_is_the_first_admins(self, mothlight, directory):
        mothlight("users", "create", "zoe@moths.test", "--role", "admin")
        made = mothlight("keys", "create", "--json").json
        caller = directory.find_key(made["value"])

        assert (made["scopes"], made["scoped_projects"], made["label"]) == ([], [], "")
        assert (caller.user_id, caller.scopes) == (1, ())

    def test_user_names_its_owner(self, mothlight, directory):
        user = mothlight("users", "create", "bob@moths.test", "--json").json
        made = mothlight("keys", "create", "--user", "Bob@moths.test", "--json").json

        assert directory.find_key(made["value"]).user_id == user["id"]

    def test_list_shows_no_value(self, mothlight):
        made = mothlight("keys", "create", "--label", "CI", "--scope", "user:read", "--json").json
        listed = mothlight("keys", "list", "--json")

        assert listed.json[1] == {
            "id": made["id"],
            "label": "CI",
            "mask": f"phx_...{made['value'][-4:]}",
            "user": "ada@moths.test",
            "scopes": ["user:read"],
            "scoped_projects": [],
        }
        assert made["value"] not in listed.out + mothlight("keys", "list").out

    def test_revoke_makes_it_unknown(self, mothlight, directory):
        made = mothlight("keys", "create", "--json").json
        done = mothlight("keys", "revoke", made["id"])

        assert (done.code, done.out) == (0, f"Key phx_...{made['value'][-4:]} is revoked\n")
        assert directory.find_key(made["value"]) is None

    def test_create_for_people_shows_the_value_once(self, mothlight):
        shown = mothlight("keys", "create").out

        assert re.match(r"phx_[A-Za-z0-9]{48}\nKeep it: ", shown)


class TestUsers:
    def test_create_makes_a_member(self, mothlight, directory):
        made = mothlight("users", "create", "Bob@Moths.test", "--name", "Bob", "--json").json
        project = directory.find_project(1)

        assert made == {"id": 2, "email": "bob@moths.test"}
        assert directory.membership_role(2, project.organization_id) == "member"
        assert directory.find_user(2).first_name == "Bob"

    def test_create_makes_an_admin_when_told_so(self, mothlight, directory):
        mothlight("users", "create", "bob@moths.test", "--role", "admin", "--password", "correct horse battery")
        project = directory.find_project(1)

        assert directory.membership_role(2, project.organization_id) == "admin"

    def test_list_prints_them_by_id(self, mothlight):
        mothlight("users", "create", "bob@moths.test", "--name", "Bob")

        assert mothlight("users", "list", "--json").json == [
            {"id": 1, "email": "ada@moths.test", "name": "", "role": "admin"},
            {"id": 2, "email": "bob@moths.test", "name": "Bob", "role": "member"},
        ]
        assert mothlight("users", "list").out.splitlines()[2] == "2   bob@moths.test  Bob   member"


class TestRoles:
    def test_create_prints_a_uuid_and_the_name(self, mothlight, directory):
        made = mothlight("roles", "create", "Crew", "--member", "ada@moths.test", "--json").json
        project = directory.find_project(1)

        assert set(made) == {"id", "name"}
        assert made["name"] == "Crew"
        assert [role.id for role in directory.list_roles(project.organization_id)] == [UUID(made["id"])]

    def test_list_prints_them_with_their_members(self, mothlight):
        mothlight("users", "create", "bob@moths.test")
        members = ["--member", "bob@moths.test", "--member", "ada@moths.test"]
        crew = mothlight("roles", "create", "Crew", *members, "--json")
        backend = mothlight("roles", "create", "Backend", "--json")

        assert mothlight("roles", "list", "--json").json == [
            {**backend.json, "members": []},
            {**crew.json, "members": ["ada@moths.test", "bob@moths.test"]},
        ]
        assert mothlight("roles", "list").out.splitlines()[0].split() == ["ID", "NAME", "MEMBERS"]


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            ("projects create ''", "A name may not be blank."),
            ("projects create Shop --token nope", "A project token is phc_ and up to 60 letters, digits, - and _."),
            ("projects delete 4711 --yes", "Project not found."),
            ("keys create --scope nope", "'nope' is not a scope. Choose from: *, activity_log:read,"),
            ("keys create --project 4711", "There is no project 4711."),
            ("keys create --user nope", "'nope' is not an e-mail address."),
            ("keys create --user nobody@moths.test", "there is no user nobody@moths.test"),
            (f"keys revoke {uuid4()}", "There is no key "),
            ("users create nope", "'nope' is not an e-mail address."),
            ("users create ada@moths.test", "There is a user ada@moths.test already."),
            ("users create bob@moths.test --password short", "A password has 8 to 1000 characters."),
            ("roles create ''", "A name may not be blank."),
            ("roles create Crew --member nobody@moths.test", "There is no member nobody@moths.test."),
        ],
    )
    def test_a_value_that_cannot_be_gets_one_line_and_code_1(self, mothlight, arguments, line):
        done = mothlight(*[word.strip("'") for word in arguments.split(" ")])

        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert done.err.startswith(f"mothlight: {line}")

    def test_what_is_taken_is_refused(self, mothlight):
        mothlight("projects", "create", "Shop", "--token", "phc_mine")
        mothlight("roles", "create", "Crew")

        assert mothlight("projects", "create", "Shop", "--token", "phc_mine").err == (
            "mothlight: This token belongs to another project.\n"
        )
        assert mothlight("roles", "create", "Crew").err == "mothlight: There is a role 'Crew' already.\n"


class TestVariables:
    def test_every_option_reads_its_variable(self, mothlight, monkeypatch):
        monkeypatch.setenv("MOTHLIGHT_JSON", "1")
        monkeypatch.setenv("MOTHLIGHT_SCOPE", "user:read, person:read")
        monkeypatch.setenv("MOTHLIGHT_PROJECT", "1")
        monkeypatch.setenv("MOTHLIGHT_LABEL", "from afar")
        made = mothlight("keys", "create").json

        assert (made["label"], made["scopes"], made["scoped_projects"]) == (
            "from afar",
            ["user:read", "person:read"],
            [1],
        )

    def test_an_option_that_is_given_comes_first(self, mothlight, monkeypatch):
        monkeypatch.setenv("MOTHLIGHT_TOKEN", "phc_variable")

        assert "phc_option" in mothlight("projects", "create", "Shop", "--token", "phc_option").out

    def test_a_variable_is_one_options_by_its_whole_name(self, mothlight, monkeypatch):
        monkeypatch.setenv("MOTHLIGHT_PROJECT_NAME", "for init")
        monkeypatch.setenv("MOTHLIGHT_LABEL", "")

        assert mothlight("keys", "create", "--json").json["scoped_projects"] == []

    def test_a_bad_value_in_a_variable_gets_one_line(self, mothlight, monkeypatch):
        monkeypatch.setenv("MOTHLIGHT_ROLE", "boss")
        done = mothlight("users", "create", "bob@moths.test")

        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "boss" in done.err


def test_json_is_one_line_that_keeps_every_letter(mothlight):
    done = mothlight("projects", "create", "Überraschung ✓", "--json")

    assert json.loads(done.out)["name"] == "Überraschung ✓"
    assert "Überraschung ✓" in done.out


class TestHelp:
    def test_names_a_variable_only_where_it_is_read(self, command):
        for path, _, _ in COMMANDS:
            told = re.findall(r"MOTHLIGHT_[A-Z_]+", " ".join(command(*path.split(), "--help").out.split()))

            assert set(told) == option_variables(_find(path)), path

    def test_names_none_for_arguments_and_for_consent(self, command):
        text = " ".join(command("projects", "delete", "--help").out.split())

        assert "MOTHLIGHT_PROJECT_ID" not in text
        assert "MOTHLIGHT_YES" not in text
        assert "MOTHLIGHT_NAME" not in command("projects", "create", "--help").out

    def test_consent_is_given_on_the_command_line_only(self, mothlight, monkeypatch):
        monkeypatch.setenv("MOTHLIGHT_YES", "1")
        done = mothlight("projects", "delete", "1")

        assert (done.code, "say --yes" in done.err) == (1, True)
        assert len(mothlight("projects", "list", "--json").json) == 1


def _find(path):
    app = build()
    for name in path.split():
        app = app[name]
    return app
