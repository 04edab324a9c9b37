"""What `storage.events.interface` promises, on every engine."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from mothlight.model.errors import Unavailable
from mothlight.storage.events.engines.embedded import open_embedded
from mothlight.storage.events.engines.server import open_server
from mothlight.storage.events.interface import Move
from mothlight.storage.events.limits import Limits
from mothlight.storage.events.properties import decode_properties, encode_properties
from mothlight.storage.events.rows import OwnerRow
from tests.support.event_rows import NOW, Shop, event_row, iso, raw
from tests.support.event_stores import Listener, new_project

COUNT = "SELECT count() FROM events WHERE project_id = {project:UInt32}"


def test_events_move_to_other_keys_and_stay_what_they_are(event_store, project):
    """Stands first, because a deletion looks at every part of the table, and each test leaves some."""
    rows = [
        event_row(project, key=1 + number % 3, properties=encode_properties({"n": raw(number)})) for number in range(9)
    ]
    event_store.insert_events(rows)
    columns = "uuid, timestamp, received_at, distinct_id, toJSONString(properties), searched, user_key, historical"
    whole = f"SELECT {columns} FROM events WHERE project_id = {{project:UInt32}} ORDER BY uuid"
    before = event_store.query(project, whole)
    move = Move(uuid.UUID(int=7), "distinct_id = {who:String}", {"who": "user-1"}, {1: 11, 2: 12})

    assert event_store.move_events(project, move) == 6
    assert event_store.move_events(project, move) == 0
    event_store.finish_move(project, move.id)

    keys = "SELECT grouping_key, count() FROM events WHERE project_id = {project:UInt32} GROUP BY 1 ORDER BY 1"
    assert event_store.query(project, keys) == [(3, 3), (11, 3), (12, 3)]
    assert event_store.query(project, whole) == before


def test_an_inserted_event_shows_in_the_next_query(event_store, project):
    event_store.insert_events([event_row(project), event_row(project)])

    assert event_store.query(project, COUNT) == [(2,)]


def test_every_column_comes_back_as_it_was_given(event_store, project):
    row = event_row(
        project,
        "0196b2c4-7d1e-7c55-9a41-3f0d1c2b4a90",
        key=2**63 - 1,
        at=datetime(2026, 4, 24, 11, 52, 40, 250000, UTC),
        stack="ab" * 16,
        distinct_id="it's \\ \n`Ä",
        person_id="0196b2c4-7d1e-7c55-9a41-3f0d1c2b4a91",
        session_key=2**64 - 1,
        lib="web",
        types=["A", "2024-01-01"],
        messages=["", "12"],
        handled=True,
        exceptions='[{"a/b":"c"}]',
        release='{"version":"1"}',
        release_names=["1", "x"],
    )
    event_store.insert_events([row])

    columns = [name for name in row.__struct_fields__ if name != "properties"]
    sql = f"SELECT {', '.join(columns)} FROM events WHERE project_id = {{project:UInt32}}"
    (stored,) = event_store.query(project, sql)
    found = dict(zip(columns, stored, strict=True))
    assert found.pop("timestamp") == found.pop("received_at") == datetime(2026, 4, 24, 11, 52, 40, 250000, UTC)
    assert {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in found.items()} == {
        name: getattr(row, name) for name in found
    }


@pytest.mark.parametrize("year", [1905, 1969, 1970, 2150, 2290])
def test_an_event_of_any_year_is_found_by_its_time(event_store, project, year):
    at = datetime(year, 7, 1, tzinfo=UTC)
    event_store.insert_events([event_row(project, at=at), event_row(project)])

    sql = f"{COUNT} AND timestamp >= {{a:DateTime64(6, 'UTC')}} AND timestamp <= {{b:DateTime64(6, 'UTC')}}"
    assert event_store.query(project, sql, {"a": at, "b": at}) == [(1,)]


def test_properties_come_back_exactly_as_sent(event_store, project):
    sent = {
        "a.b": b'{"c":1}', "a": b"[1, 2]", "": b'"empty key"', "null": b"null",
        "big": b"123456789012345678901234567890",
        "huge": b"1e400", "date": b'"2024-01-01T00:00:00Z"', "digits": b'"5"', "true": b"true",
        "quote`'\"\\": b'"it\'s"',
        "control\x01\n": b'"\\u0001x"', "two": b'"\\u0002\\u0001"',
        "line": b'"a\\nb"', "Ä ö": b'"\xc3\xa4"', "a%2Eb": b"1.50",
        "obj": b'{"x":{},"y":[null],"x":"\\u0041"}', "blank": b'""', "$feature/a-b": b"false", "a[]": b"[]",
        "^x:y": b"0",
    }  # fmt: skip
    column = encode_properties({key: msgspec.Raw(value) for key, value in sent.items()})
    event_store.insert_events([event_row(project, properties=column)])

    sql = "SELECT toJSONString(properties) FROM events WHERE project_id = {project:UInt32}"
    ((stored,),) = event_store.query(project, sql)
    back = {key: bytes(value) for key, value in decode_properties(stored).items()}
    # A string comes back as the same string; its escapes may be spelled differently.
    strings = {key: msgspec.json.decode(value) for key, value in sent.items() if value.startswith(b'"')}
    assert {key: msgspec.json.decode(back[key]) for key in strings} == strings
    assert {key: back[key] for key in sent if key not in strings} == {k: v for k, v in sent.items() if k not in strings}


def test_more_properties_than_the_column_has_paths_are_kept(event_store, project):
    sent = {f"key {number}": raw(number) for number in range(600)}
    event_store.insert_events([event_row(project, properties=encode_properties(sent))])

    sql = "SELECT toJSONString(properties) FROM events WHERE project_id = {project:UInt32}"
    ((stored,),) = event_store.query(project, sql)
    assert {key: bytes(value) for key, value in decode_properties(stored).items()} == {
        key: bytes(value) for key, value in sent.items()
    }


def test_a_row_that_the_store_refuses_does_not_hold_up_the_others(event_store, project):
    good = [event_row(project) for _ in range(20)]
    bad = [event_row(project, properties=msgspec.Raw(b'{"a":"\\ud800"}')), event_row(project, "not a uuid")]
    refused = event_store.insert_events([*good[:7], bad[0], *good[7:12], bad[1], *good[12:]])

    assert [each.row for each in refused] == bad
    assert all(each.reason for each in refused)
    assert event_store.query(project, COUNT) == [(20,)]


def test_a_block_that_is_sent_again_is_stored_once(event_store, project):
    rows = [event_row(project) for _ in range(3)]
    event_store.insert_events(rows)
    event_store.insert_events(rows)

    assert event_store.query(project, COUNT) == [(3,)]


def test_known_events_are_those_of_the_project_that_were_received_after_the_moment(event_store, project):
    new, old, foreign = (uuid.uuid4() for _ in range(3))
    event_store.insert_events([event_row(project, str(new)), event_row(project, str(old), at=NOW - timedelta(days=2))])
    event_store.insert_events([event_row(new_project(), str(foreign))])

    asked = [new, old, foreign, uuid.uuid4()]
    assert event_store.known_events(project, asked, NOW - timedelta(days=1)) == {new}
    assert event_store.known_events(project, asked, NOW - timedelta(days=3)) == {new, old}
    assert event_store.known_events(project, [], NOW) == set()


def test_known_stacks_are_those_of_the_project(event_store, project):
    mine = Shop(event_store, project).stack([[]], hash="a" * 32)
    foreign = Shop(event_store, new_project()).stack([[]], hash="b" * 32)

    assert event_store.known_stacks(project, [mine, foreign, "c" * 32]) == {mine}
    assert event_store.known_stacks(project, []) == set()


def test_of_equal_keys_the_highest_version_counts(event_store, project):
    def owner(issue, version):
        return OwnerRow(project, 7, "f", "v3", "[]", issue, iso(NOW), version)

    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    event_store.insert_owners([owner(second, 2)])
    event_store.insert_owners([owner(first, 1)])

    sql = "SELECT toString(issue_id) FROM owners FINAL WHERE project_id = {project:UInt32}"
    assert event_store.query(project, sql) == [(second,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM events",
        "SELECT 1",
        "SELECT count() FROM events JOIN owners USING grouping_key WHERE project_id = {project:UInt32}",
        "SELECT count() FROM events WHERE project_id = {project:UInt32} AND stack IN (SELECT hash from  stacks)",
    ],
)
def test_a_query_that_does_not_name_the_project_for_each_table_is_refused(event_store, project, sql):
    with pytest.raises(ValueError, match="names the project"):
        event_store.query(project, sql)


@pytest.mark.parametrize(
    "text", ["it's", "\\", "\\'", "`", "\n\t\r\0", "{project:UInt32}", "%s %(a)s", "Ä€😀", "", "\\N"]
)
def test_a_bound_value_arrives_as_it_is(event_store, project, text):
    sql = "SELECT {text:String}, {texts:Array(String)} WHERE {project:UInt32} > 0"

    assert event_store.query(project, sql, {"text": text, "texts": [text, "x"]}) == [(text, [text, "x"])]


def test_a_long_list_of_values_can_be_bound(event_store, project):
    texts = [f"text {number}" for number in range(5000)]

    assert event_store.query(project, "SELECT length({texts:Array(String)}), {project:UInt32}", {"texts": texts}) == [
        (5000, project)
    ]


def test_deleting_a_project_leaves_the_others(event_store, project):
    other = new_project()
    for each in (project, other):
        shop = Shop(event_store, each)
        shop.own("f", shop.issue())
        shop.event("f", frames=[])
        shop.person(str(uuid.uuid4()))
        shop.merged(str(uuid.uuid4()), str(uuid.uuid4()))
    event_store.delete_project(project)

    for table in ("events", "stacks", "owners", "issues", "persons", "person_overrides"):
        sql = f"SELECT count() FROM {table} WHERE project_id = {{project:UInt32}}"
        assert (event_store.query(project, sql), event_store.query(other, sql)) == ([(0,)], [(1,)])


def test_whole_weeks_before_a_moment_go_and_nothing_else(event_store, project):
    monday = datetime(1950, 1, 2, tzinfo=UTC)
    for at in (monday - timedelta(microseconds=1), monday, monday + timedelta(days=6)):
        event_store.insert_events([event_row(project, at=at)])
    dropped = event_store.drop_events_before(monday + timedelta(days=3))

    assert dropped >= 1
    assert event_store.query(project, COUNT) == [(2,)]


def test_size_on_disk_grows_with_events(event_store, project):
    before = event_store.size_on_disk()
    event_store.insert_events([event_row(project) for _ in range(100)])

    assert event_store.size_on_disk() > before


def test_migrating_again_changes_nothing(event_store, project):
    event_store.insert_events([event_row(project)])
    event_store.migrate()
    event_store.check()

    assert event_store.query(project, COUNT) == [(1,)]


SLOW = "SELECT sum(sipHash64(number)) FROM numbers(100000000000) WHERE {project:UInt32} > 0"
LARGE = "SELECT length(groupArray(toString(number))) FROM numbers(10000000) WHERE {project:UInt32} > 0"


@pytest.fixture(params=["embedded", "server"])
def limited_store(request, tmp_path):
    """A store whose queries may take little; its engine is that of the other stores of the run."""
    limits = Limits(seconds=0.3, memory=20 * 1024 * 1024)
    if request.param == "embedded":
        store = open_embedded(request.getfixturevalue("embedded_directory"), limits)
    else:
        store = open_server(request.getfixturevalue("clickhouse_listener").url, limits)
    yield store
    store.close()


@pytest.mark.parametrize(("sql", "words"), [(SLOW, "took too long"), (LARGE, "too much memory")])
def test_a_query_over_its_limits_is_stopped_and_told_so(limited_store, project, sql, words):
    with pytest.raises(Unavailable, match=words):
        limited_store.query(project, sql)

    assert limited_store.query(project, "SELECT {project:UInt32}") == [(project,)]


def test_rows_of_many_weeks_are_one_insert(event_store, project):
    rows = [event_row(project, at=NOW - timedelta(weeks=week)) for week in range(300)]

    assert event_store.insert_events(rows) == []
    assert event_store.query(project, COUNT) == [(300,)]


def test_threads_share_a_store(event_store, project):
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: event_store.insert_events([event_row(project)]), range(24)))
        counts = list(pool.map(lambda _: event_store.query(project, COUNT), range(24)))

    assert counts == [[(24,)]] * 24


@pytest.mark.parametrize("code", [243, 241, 252])
def test_a_server_in_trouble_is_tried_again_and_loses_nothing(server_store, clickhouse_listener, project, code):
    rows = [event_row(project) for _ in range(3)]
    clickhouse_listener.trouble(f'{{"fail": {code}, "times": 1}}')
    with pytest.raises(Unavailable):
        server_store.insert_events(rows)

    assert server_store.insert_events(rows) == []
    assert server_store.query(project, COUNT) == [(3,)]


@pytest.mark.parametrize("trouble", ['"fail": 1001', '"fail": 49', '"status": 500', '"status": 502'])
def test_a_server_that_fails_whatever_it_is_asked_is_away(server_store, clickhouse_listener, project, trouble):
    """Then no row is to blame and no statement is wrong, whatever it answers."""
    rows = [event_row(project) for _ in range(3)]
    clickhouse_listener.trouble(f'{{{trouble}, "times": 1000}}')
    for ask in (
        lambda: server_store.insert_events(rows),
        lambda: server_store.query(project, COUNT),
        server_store.check,
    ):
        with pytest.raises(Unavailable, match="does not answer"):
            ask()
    clickhouse_listener.trouble("{}")

    assert server_store.insert_events(rows) == []
    assert server_store.query(project, COUNT) == [(3,)]


def test_a_server_that_fails_on_one_table_alone_refuses_its_rows(server_store, clickhouse_listener, project):
    rows = [event_row(project) for _ in range(2)]
    clickhouse_listener.trouble('{"fail": 1001, "times": 1000, "about": "INSERT INTO events"}')
    refused = server_store.insert_events(rows)
    clickhouse_listener.trouble("{}")

    assert [each.row for each in refused] == rows


def test_a_server_that_is_away_is_unavailable_until_it_answers(tmp_path):
    listener = Listener(tmp_path / "data")
    store = open_server(listener.url)
    store.migrate()
    listener.stop()
    with pytest.raises(Unavailable, match="does not answer"):
        store.check()

    again = Listener(tmp_path / "data", listener.port)
    store.check()
    store.close()
    again.stop()


def test_the_words_of_a_failure_hold_no_password():
    store = open_server("clickhouse://user:sesame@127.0.0.1:1/db")
    with pytest.raises(Unavailable) as failure:
        store.check()

    assert "sesame" not in failure.value.detail


# Moving events to other grouping keys


def test_there_is_room_for_every_column_of_an_event_that_moves(event_store):
    def columns(table):
        sql = f"SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '{table}' "
        computed = "AND default_kind != 'MATERIALIZED' AND {project:UInt32} = 1 ORDER BY name"
        return dict(event_store.query(1, sql + computed))

    assert columns("moving_events") == {"move": "UUID", "from_key": "UInt64", **columns("events")}
