"""The event store over `clickhouse-connect`, the same for the embedded engine and a server: only the clients differ."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error

from mothlight.model.errors import Unavailable
from mothlight.storage.events import moves, schema
from mothlight.storage.events.clients import ClientPool
from mothlight.storage.events.failures import (
    BlockRefused,
    failure_of_insert,
    failure_of_query,
    failure_of_trial,
)
from mothlight.storage.events.interface import Move, Parameter, RefusedRow
from mothlight.storage.events.rows import DropRow, EventRow, IssueRow, OverrideRow, OwnerRow, PersonRow, StackRow

ROWS_PER_BLOCK = 20_000
"""Bound of one insert. One block is stored whole or not at all."""

FIRST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2299, 12, 31, tzinfo=UTC)
"""What a column of times can hold; bounds beyond it mean the same as these."""

PROJECT = "{project:UInt32}"
_TABLE_READ = re.compile(rf"\b(?:FROM|JOIN)\s+(?:{'|'.join(schema.TABLES)})\b", re.IGNORECASE)

INSERT_SETTINGS = {
    # Weeks of an import may be many.
    "max_partitions_per_insert_block": 0,
    "date_time_input_format": "best_effort",
    # A text is stored as it is, even if it looks like a date or a number.
    "input_format_try_infer_dates": 0,
    "input_format_try_infer_datetimes": 0,
    "input_format_json_try_infer_numbers_from_strings": 0,
    # A row and its table can't drift apart unseen.
    "input_format_skip_unknown_fields": 0,
    # One block is one parse, so that a bad row leaves nothing of its block behind.
    "input_format_parallel_parsing": 0,
    "async_insert": 0,
}

_SIMPLEST_QUERY = "SELECT 1"
_SIMPLEST_INSERT = f"INSERT INTO schema_version (singleton, version) VALUES (1, {len(schema.MIGRATIONS)})"
"""Changes nothing: the highest version counts."""

_KNOWN = (
    "SELECT uuid FROM {} WHERE project_id = {{project:UInt32}} "
    "AND received_at > {{received_after:DateTime64(6, 'UTC')}} "
    "AND uuid IN (SELECT arrayJoin(arrayMap(number -> reinterpretAsUUID(number), {{uuids:Array(UInt128)}})))"
)

Row = TypeVar("Row", bound=msgspec.Struct)

_encode_lines = msgspec.json.Encoder().encode_lines

_HALF_OF_UUID = 2**64


class ClickHouseStore:
    """`interface.EventStore` on ClickHouse's SQL.

    `cluster` names the cluster on which the tables are created and distributed, None on a single engine.
    """

    def __init__(self, pool: ClientPool, cluster: str | None = None) -> None:
        self._pool = pool
        self._cluster = cluster

    def migrate(self) -> None:
        """See the interface."""
        with self._client() as client:
            for statement in schema.create_table(schema.SCHEMA_VERSION, self._cluster):
                client.command(statement)
            reached = int(client.query("SELECT max(version) FROM schema_version").result_rows[0][0])
            for version, statements in enumerate(schema.MIGRATIONS[reached:], start=reached + 1):
                for statement in statements(self._cluster):
                    client.command(statement)
                client.command(f"INSERT INTO schema_version (singleton, version) VALUES (1, {version})")

    def check(self) -> None:
        """See the interface."""
        self._try(_SIMPLEST_QUERY)

    def insert_events(self, rows: Sequence[EventRow]) -> list[RefusedRow]:
        """See the interface."""
        refused: list[RefusedRow] = []
        for block in _blocks(rows):
            refused += self._insert_halving(block)
        return refused

    def insert_drops(self, rows: Sequence[DropRow]) -> None:
        """See the interface."""
        self._insert_all("drops", rows)

    def insert_stacks(self, rows: Sequence[StackRow]) -> None:
        """See the interface."""
        self._insert_all("stacks", rows)

    def insert_owners(self, rows: Sequence[OwnerRow]) -> None:
        """See the interface."""
        self._insert_all("owners", rows)

    def insert_issues(self, rows: Sequence[IssueRow]) -> None:
        """See the interface."""
        self._insert_all("issues", rows)

    def insert_persons(self, rows: Sequence[PersonRow]) -> None:
        """See the interface."""
        self._insert_all("persons", rows)

    def insert_overrides(self, rows: Sequence[OverrideRow]) -> None:
        """See the interface."""
        self._insert_all("person_overrides", rows)

    def known_events(self, project_id: int, uuids: Collection[UUID], received_after: datetime) -> set[UUID]:
        """See the interface."""
        if not uuids:
            return set()
        rows = self.query(
            project_id,
            " UNION ALL ".join(map(_KNOWN.format, ("events", "drops"))),
            {"uuids": [_as_stored(uuid) for uuid in uuids], "received_after": received_after},
        )
        return {uuid for (uuid,) in rows}

    def known_stacks(self, project_id: int, hashes: Collection[str]) -> set[str]:
        """See the interface."""
        if not hashes:
            return set()
        rows = self.query(
            project_id,
            "SELECT DISTINCT hash FROM stacks WHERE project_id = {project:UInt32} AND hash IN {hashes:Array(String)}",
            {"hashes": list(hashes)},
        )
        return {stack for (stack,) in rows}

    def move_events(self, project_id: int, move: Move) -> int:
        """See the interface."""
        self.finish_move(project_id, move.id)
        bound = {
            **move.parameters,
            "project": project_id,
            "move": move.id,
            "from_keys": list(move.keys),
            "to_keys": list(move.keys.values()),
        }
        self._command(moves.copy_out(move.condition, move.settings), bound)
        return self._finish(project_id, move.id)

    def finish_move(self, project_id: int, move: UUID) -> None:
        """See the interface."""
        self._finish(project_id, move)

    def _finish(self, project_id: int, move: UUID) -> int:
        sql = f"SELECT count() FROM moving_events WHERE {moves.OF_MOVE}"
        ((waiting,),) = self.query(project_id, sql, {"move": move})
        if waiting:
            for statement in moves.steps_to_the_end(self._cluster):
                self._command(statement, {"project": project_id, "move": move})
        return int(waiting)

    def _command(self, statement: moves.Statement, parameters: Mapping[str, Parameter]) -> None:
        sql, settings = statement
        bound: dict[str, Any] = {name: _bindable(value) for name, value in parameters.items()}
        with self._client() as client:
            client.command(sql, parameters=bound, settings=settings)

    def query(
        self, project_id: int, sql: str, parameters: Mapping[str, Parameter] | None = None
    ) -> list[tuple[Any, ...]]:
        """See the interface."""
        _check_names_project(sql)
        bound: dict[str, Any] = {name: _bindable(value) for name, value in (parameters or {}).items()}
        with self._client() as client:
            return list(client.query(sql, parameters={**bound, "project": project_id}).result_rows)  # type: ignore[arg-type]

    def delete_project(self, project_id: int) -> None:
        """See the interface."""
        where = schema.on_cluster(self._cluster)
        with self._client() as client:
            for table in schema.TABLES:
                local = schema.local_name(table, self._cluster)
                client.command(
                    f"ALTER TABLE {local}{where} DELETE WHERE project_id = {int(project_id)}",
                    settings={"mutations_sync": 2},
                )

    def drop_events_before(self, moment: datetime) -> int:
        """See the interface."""
        first_kept = _week_of(moment)
        where = schema.on_cluster(self._cluster)
        dropped = 0
        for name in ("events", "drops"):
            table = schema.local_name(name, self._cluster)
            with self._client() as client:
                rows = client.query(
                    "SELECT DISTINCT partition_id FROM system.parts WHERE active AND database = currentDatabase() "
                    f"AND table = '{table}' AND toInt32(partition) < {first_kept}"
                ).result_rows
                for (partition,) in rows:
                    client.command(f"ALTER TABLE {table}{where} DROP PARTITION ID '{partition}'")
            dropped += len(rows)
        return dropped

    def size_on_disk(self) -> int:
        """See the interface."""
        with self._client() as client:
            rows = client.query(
                "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()"
            ).result_rows
        return int(rows[0][0])

    def close(self) -> None:
        """See the interface."""
        self._pool.close()

    def _insert_all(self, table: str, rows: Sequence[msgspec.Struct]) -> None:
        for block in _blocks(rows):
            self._insert(table, block)

    def _insert_halving(self, rows: Sequence[EventRow]) -> list[RefusedRow]:
        try:
            self._insert("events", rows)
        except BlockRefused as failure:
            if len(rows) == 1:
                return [RefusedRow(rows[0], failure.reason)]
            middle = len(rows) // 2
            return self._insert_halving(rows[:middle]) + self._insert_halving(rows[middle:])
        return []

    def _insert(self, table: str, rows: Sequence[msgspec.Struct]) -> None:
        if not rows:
            return
        with self._client(failure_of_insert) as client:
            client.raw_insert(table, insert_block=_encode_lines(rows), fmt="JSONEachRow", settings=INSERT_SETTINGS)

    @contextmanager
    def _client(self, meaning_of: Callable[[Error], Exception] = failure_of_query) -> Iterator[Client]:
        try:
            with self._pool.borrow() as client:
                yield client
        except Error as error:
            meaning = meaning_of(error)
            if not isinstance(meaning, Unavailable):
                # A store that fails whatever it is asked says nothing about this statement, or these rows.
                self._try(_SIMPLEST_INSERT if isinstance(meaning, BlockRefused) else _SIMPLEST_QUERY)
            raise meaning from error

    def _try(self, statement: str) -> None:
        """Raises `Unavailable` where the store cannot do even this."""
        try:
            with self._pool.borrow() as client:
                client.command(statement)
        except Error as error:
            raise failure_of_trial(error) from error


def _check_names_project(sql: str) -> None:
    """Each table that a statement reads needs its own condition on the project."""
    reads = len(_TABLE_READ.findall(sql))
    if sql.count(PROJECT) < max(1, reads):
        raise ValueError(f"a query reads {reads} tables and names the project {sql.count(PROJECT)} times")


def _blocks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), ROWS_PER_BLOCK):
        yield rows[start : start + ROWS_PER_BLOCK]


def _week_of(moment: datetime) -> int:
    return (moment.astimezone(UTC) - FIRST_MOMENT) // timedelta(weeks=1)


def _as_stored(uuid: UUID) -> int:
    """The number whose bytes are the engine's own form of a UUID: its two halves the other way round.

    Numbers are bound in a tenth of the time of texts, which are looked through for quotes.
    """
    high, low = divmod(uuid.int, _HALF_OF_UUID)
    return low * _HALF_OF_UUID + high


def _bindable(value: Parameter) -> Any:
    if isinstance(value, datetime):
        return min(max(value.astimezone(UTC), FIRST_MOMENT), LAST_MOMENT).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [str(each) if isinstance(each, UUID) else each for each in value]
    return value
