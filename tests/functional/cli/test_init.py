"""`mothlight init`: makes what a new installation needs, once."""

import threading

import pytest

from mothlight.access.first_run import FirstRun, initialise
from mothlight.access.passwords import verify_password
from mothlight.storage.metadata.engine import reading, writing
from mothlight.storage.metadata.migrate import open_migrated
from mothlight.storage.metadata.repositories import access as repository
from tests.support.cast import NOW

CHOSEN = {
    "--project-name": "Shop",
    "--project-token": "phc_chosen",
    "--personal-api-key": "phx_chosen",
    "--admin-email": "Ada@Moths.test",
    "--admin-password": "correct horse battery",
}
FLAGS = [word for pair in CHOSEN.items() for word in pair]


@pytest.fixture
def init(command, database_url, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_DATABASE_URL", database_url)
    return lambda *flags: command("init", *flags)


def test_makes_up_what_is_not_given(init):
    made = init("--json").json

    assert set(made) == {"project_id", "project_token", "personal_api_key", "admin_email", "admin_password"}
    assert made["project_id"] == 1
    assert made["project_token"].startswith("phc_")
    assert made["personal_api_key"].startswith("phx_")
    assert made["admin_email"] == "admin@localhost"
    assert len(made["admin_password"]) >= 16


def test_a_second_run_creates_nothing_and_knows_no_secret(init):
    first = init("--json").json
    second = init("--json").json

    assert second == {**first, "personal_api_key": None, "admin_password": None}


def test_takes_what_is_given_and_echoes_it(init, command):
    made = init("--json", *FLAGS).json

    assert made == {
        "project_id": 1,
        "project_token": "phc_chosen",
        "personal_api_key": "phx_chosen",
        "admin_email": "ada@moths.test",
        "admin_password": "correct horse battery",
    }
    assert command("projects", "list", "--json").json == [{"id": 1, "name": "Shop", "api_token": "phc_chosen"}]


def test_a_second_run_echoes_given_secrets_that_are_the_stored_ones(init):
    first = init("--json", *FLAGS).json

    assert init("--json", *FLAGS).json == first
    others = init("--json", "--personal-api-key", "phx_other", "--admin-password", "another one").json
    assert (others["personal_api_key"], others["admin_password"]) == (None, None)


def test_the_first_key_may_do_everything_and_belongs_to_the_admin(init, command):
    init("--json", *FLAGS)

    [key] = command("keys", "list", "--json").json
    assert (key["scopes"], key["scoped_projects"], key["user"]) == (["*"], [], "ada@moths.test")
    assert command("users", "list", "--json").json == [
        {"id": 1, "email": "ada@moths.test", "name": "", "role": "admin"}
    ]


def test_the_password_is_stored_as_its_hash(init, database_url):
    init(*FLAGS)
    engine = open_migrated(database_url)
    with reading(engine) as connection:
        stored = repository.find_password_hash(connection, 1)
    engine.dispose()

    assert verify_password(stored, "correct horse battery")


def test_people_see_the_secrets_once(init):
    first, second = init(*FLAGS), init(*FLAGS)

    assert all(value in first.out for value in ("phc_chosen", "phx_chosen", "ada@moths.test", "correct horse battery"))
    assert second.code == 0
    assert "phx_chosen" not in second.out
    assert "nothing changed" in second.out


def test_a_bad_value_leaves_nothing_behind(init, command):
    for flag, value in {
        "--project-token": "nope",
        "--personal-api-key": "nope",
        "--admin-email": "nope",
        "--admin-password": "short",
        "--project-name": " ",
    }.items():
        done = init(flag, value)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)

    assert command("projects", "list").code == 1
    assert init("--json").json["project_id"] == 1


def test_the_data_directory_is_its_owners_alone(init, command):
    init()

    assert command.data_dir.stat().st_mode & 0o777 == 0o700


def test_two_at_once_make_one_installation(database_url):
    made = []

    def start():
        engine = open_migrated(database_url)
        with writing(engine) as connection:
            made.append(initialise(connection, FirstRun(admin_password="correct horse battery"), NOW))
        engine.dispose()

    starters = [threading.Thread(target=start) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()

    assert sorted(each.is_new for each in made) == [False, False, False, True]
    assert len({each.project.api_token for each in made}) == 1


def test_the_defaults_stand_in_the_data_directory(command):
    command("init")

    assert (command.data_dir / "mothlight.db").is_file()
