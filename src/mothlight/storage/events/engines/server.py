"""The event store on a ClickHouse server or cluster, over HTTP.

The address is `clickhouse://user:password@host:8123/database`, or `clickhouses://` for TLS. `?cluster=NAME` creates
replicated and distributed tables on that cluster; `?ca_cert=PATH` and `?verify=0` are about the certificate.
"""

from urllib.parse import parse_qs, unquote, urlsplit

import clickhouse_connect
import msgspec
from clickhouse_connect.driver.client import Client

from mothlight.storage.events.clients import ClientPool
from mothlight.storage.events.limits import Limits, query_settings
from mothlight.storage.events.schema import on_cluster, quoted_name
from mothlight.storage.events.store import ClickHouseStore

CLIENTS = 16
CONNECT_SECONDS = 5
DEFAULT_PORTS = {"clickhouse": 8123, "clickhouses": 8443}


class Address(msgspec.Struct, frozen=True):
    """Where a server is and how to sign in."""

    host: str
    port: int
    secure: bool
    user: str
    password: str
    database: str
    cluster: str | None = None
    ca_cert: str | None = None
    verify: bool = True


def read_address(url: str) -> Address:
    """The parts of an address. ValueError, naming no password, when it is none."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("the event store's address must look like clickhouse://user:password@host:8123/database")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return Address(
        host=parts.hostname,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        secure=parts.scheme == "clickhouses",
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.strip("/")) or "mothlight",
        cluster=options.get("cluster"),
        ca_cert=options.get("ca_cert"),
        verify=options.get("verify", "1") not in {"0", "false"},
    )


def open_server(url: str, limits: Limits | None = None) -> ClickHouseStore:
    """The store at an address. Nothing is contacted before the first call."""
    address = read_address(url)
    limits = limits or Limits()

    def open_client() -> Client:
        client = _connect(address, limits)
        client.command(f"CREATE DATABASE IF NOT EXISTS {quoted_name(address.database)}{on_cluster(address.cluster)}")
        client.database = address.database
        return client

    return ClickHouseStore(ClientPool(open_client, CLIENTS), address.cluster)


def _connect(address: Address, limits: Limits) -> Client:
    settings = dict(query_settings(limits))
    if address.cluster is not None:
        # A subquery over a distributed table is asked once and its result sent along; an insert is done when it is
        # on the shards; one replica is preferred, so that a node reads what it wrote.
        settings |= {
            "distributed_product_mode": "global",
            "distributed_foreground_insert": 1,
            "load_balancing": "in_order",
        }
    return clickhouse_connect.get_client(
        host=address.host,
        port=address.port,
        secure=address.secure,
        username=address.user,
        password=address.password,
        ca_cert=address.ca_cert,
        verify=address.verify,
        settings=settings,
        connect_timeout=CONNECT_SECONDS,
        send_receive_timeout=int(limits.seconds) + 10,
        autogenerate_session_id=False,
        tz_mode="aware",
        dedicated_pool=True,
    )
