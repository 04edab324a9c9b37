"""Decides where to connect to (design 9), and connects to the very address that it decided on."""

import re
import socket
import threading
from collections.abc import Callable, Collection, Iterable
from ipaddress import IPv4Address
from itertools import islice
from queue import Empty, SimpleQueue

from mothlight.outbound.addresses import Address, Network, is_public, read_address
from mothlight.outbound.failures import Blocked, NetworkFailure, TimedOut

WEB_PORTS = frozenset({80, 443})
RESOLVE_SECONDS = 5.0
MOST_TRIED = 3
"""Addresses of one name that are tried until one answers."""

Allowed = str | Network
"""A host name in small letters, with `*.` in front for all names below it, or a network."""
Resolve = Callable[[str], Iterable[str]]
"""Gives the addresses of a name. Raises OSError where it has none."""

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Guard:
    """Lets connections go to public addresses at some ports, and wherever the operator allows it."""

    def __init__(
        self,
        allow: Collection[Allowed] = (),
        *,
        ports: Collection[int] = WEB_PORTS,
        resolve: Resolve | None = None,
    ) -> None:
        """Build it.

        `allow`: hosts and networks that may be connected to although they are private, at any port. `ports`: of all
        others. `resolve`: another way to look names up.
        """
        self._names = frozenset(entry for entry in allow if isinstance(entry, str))
        self._networks = tuple(entry for entry in allow if not isinstance(entry, str))
        self._ports = frozenset(ports)
        self._resolve = resolve or resolve_name

    def check(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses at which `host` may be connected to now; connect to one of these, never to the name.

        `host` is an address or a name as in a URL. Each call looks the name up once.

        Raises:
            Blocked: none of its addresses may be connected to, or not at this port.
            NetworkFailure: the name has no address.
            TimedOut: looking it up took too long.
        """
        name = host.lower().removesuffix(".")
        if not 0 < port < 65536:
            raise Blocked(f"port {port} cannot be connected to")
        literal = read_address(name.removeprefix("[").removesuffix("]"))
        if literal is None:
            _check_name(name)
        elif "[" in name and isinstance(literal, IPv4Address):
            raise Blocked("an IPv4 address may not stand in brackets")
        found = [literal] if literal is not None else self._look_up(name)
        everywhere = literal is None and self._is_named(name)
        passed = [address for address in found if everywhere or self._may_connect(address, port, literal is not None)]
        if not passed:
            raise Blocked(self._reason(found, port))
        return tuple(str(address) for address in passed)

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connection to one of the addresses that `check` gives.

        `seconds`: for all attempts together; it is the connection's timeout afterwards, until the caller sets another.

        Raises:
            Blocked: as `check`.
            NetworkFailure: no connection came about.
            TimedOut: none came about in time.
        """
        addresses = self.check(host, port)[:MOST_TRIED]
        problem: OSError | None = None
        for address in addresses:
            try:
                return socket.create_connection((address, port), seconds / len(addresses))
            except OSError as error:
                problem = error
        if isinstance(problem, TimeoutError):
            raise TimedOut(f"no connection to {host} port {port} in time") from problem
        raise NetworkFailure(f"no connection to {host} port {port}: {_words(problem)}") from problem

    def _may_connect(self, address: Address, port: int, is_literal: bool) -> bool:
        if any(address.version == network.version and address in network for network in self._networks):
            return True
        if port not in self._ports or not is_public(address):
            return False
        return is_literal or isinstance(address, IPv4Address)  # pipeline 9.5: names are looked up as IPv4

    def _is_named(self, name: str) -> bool:
        if name in self._names:
            return True
        labels = name.split(".")
        return any("*." + ".".join(labels[start:]) in self._names for start in range(1, len(labels)))

    def _look_up(self, name: str) -> list[Address]:
        try:
            texts = list(islice(self._resolve(name), 100))
        except OSError as problem:
            if isinstance(problem, TimeoutError):
                raise TimedOut(f"looking up {name} took too long") from problem
            raise NetworkFailure(f"the name {name} could not be looked up: {_words(problem)}") from problem
        if not texts:
            raise NetworkFailure(f"the name {name} has no address")
        found = [address for address in map(read_address, texts) if address is not None]
        if not found:
            raise Blocked(f"{texts[0]} is no public address")
        return found

    def _reason(self, found: list[Address], port: int) -> str:
        if port not in self._ports and any(map(is_public, found)):
            return f"port {port} is not one of {', '.join(map(str, sorted(self._ports)))}"
        return f"{found[0]} is no public address"


def resolve_name(name: str) -> list[str]:
    """Look a name up as the system does, for at most `RESOLVE_SECONDS`. Raises OSError, TimeoutError among them."""
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except OSError as problem:
            answers.put(problem)
        except UnicodeError as problem:
            answers.put(OSError(str(problem)))
        else:
            answers.put(list(dict.fromkeys(str(address[0]) for *_, address in found)))

    threading.Thread(target=look_up, name="resolve-name", daemon=True).start()
    try:
        answer = answers.get(timeout=RESOLVE_SECONDS)
    except Empty:
        raise TimeoutError(f"no answer within {RESOLVE_SECONDS:g} seconds") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Blocked(f"{name[:300]!r} is no host name")
    # Systems read 127.1, 0x7f000001 and 017700000001 as addresses too.
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise Blocked(f"{name} is no usual way to write an address")


def _words(problem: OSError | None) -> str:
    return (problem.strerror or str(problem)) if problem is not None else "no address"
