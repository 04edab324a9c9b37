"""Guards this process: where it may connect to, which files it may read, and that it starts no program.

For the sending process only: what is done here is done to the whole process, and cannot be taken back.

Names are looked up through the guard, which gives only addresses that may be connected to, and a connection is made to
such an address or not at all; so a name that points elsewhere the second time, and a redirect, lead nowhere.
"""

import os
import socket
import sys
import sysconfig
from collections.abc import Callable, Collection
from typing import Any

from mothlight.outbound.failures import OutboundFailure
from mothlight.outbound.guard import Allowed, Guard

_READABLE = (
    *("/etc/ssl", "/etc/pki", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf"),
    *("/etc/gai.conf", "/etc/services", "/etc/mime.types", "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo"),
    *("/dev/urandom", "/dev/null", "/proc/self", "/proc/cpuinfo", "/sys/devices/system/cpu"),
)
_PROGRAMS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn"}
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class Guarded:
    """What was refused since the last look, for people."""

    def __init__(self, allow: Collection[Allowed], ports: Collection[int]) -> None:
        """Guard the process from now on."""
        self.refusals: list[str] = []
        self._look_up = socket.getaddrinfo
        self._guard = Guard(allow, ports=ports, resolve=self._resolve)
        self._passed: set[tuple[str, int]] = set()
        self._roots = _roots()
        socket.getaddrinfo = self._addresses
        socket.socket.connect = _checked(socket.socket.connect, self)  # type: ignore[method-assign]
        socket.socket.connect_ex = _checked(socket.socket.connect_ex, self)  # type: ignore[method-assign]
        sys.addaudithook(self._audit)

    def forget(self) -> None:
        """Begin the next message."""
        self.refusals.clear()
        self._passed.clear()

    def check(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses that may be connected to; raises OSError where there are none."""
        try:
            addresses = self._guard.check(host, port)
        except OutboundFailure as problem:
            self.refusals.append(str(problem))
            raise socket.gaierror(socket.EAI_FAIL, str(problem)) from None
        self._passed.update((address, port) for address in addresses)
        return addresses

    def _resolve(self, name: str) -> list[str]:
        found = self._look_up(name, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def _addresses(self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        """In the place of `socket.getaddrinfo`."""
        name = host.decode("ascii") if isinstance(host, bytes) else str(host or "")
        number = port if isinstance(port, int) else socket.getservbyname(port) if port else 0
        found = [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, number, 0, 0) if ":" in address else (address, number),
            )
            for address in self.check(name, number)
        ]
        wanted = [each for each in found if family in (0, each[0])]
        if not wanted:
            raise socket.gaierror(socket.EAI_NONAME, f"{name} has no address of this kind")
        return wanted

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Asked by the interpreter itself, so that code that goes around the functions above is met too."""
        if event == "open":
            self._check_file(*arguments)
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            self._check_address(arguments[1])
        elif event in _PROGRAMS:
            raise PermissionError("the sending process starts no program")

    def _check_address(self, address: Any) -> None:
        if address is None:
            return  # a message over a connection that there is
        if not isinstance(address, tuple) or (address[0], address[1]) not in self._passed:
            self.refusals.append("a connection that was not checked")
            raise PermissionError("this may not be connected to")

    def _check_file(self, path: Any, _mode: Any, flags: Any) -> None:
        if isinstance(path, int):
            return
        name = os.path.realpath(os.fsdecode(path))
        may_read = any(name == root or name.startswith(f"{root}/") for root in self._roots)
        is_null = name == "/dev/null"
        if not is_null and (not may_read or (isinstance(flags, int) and flags & _WRITES)):
            raise PermissionError(f"the sending process does not open {name}")


def _checked(connect: Callable[..., Any], guarded: Guarded) -> Callable[..., Any]:
    """A connection by name is one to an address that was checked."""

    def checked(self: socket.socket, address: Any) -> Any:
        if self.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            raise PermissionError("only connections over the internet are made here")
        host, port = str(address[0]), int(address[1])
        if (host, port) in guarded._passed:
            return connect(self, address)
        first, *_ = guarded.check(host, port)
        return connect(self, (first, port, *address[2:]))

    return checked


def _roots() -> tuple[str, ...]:
    """Where the program itself lies, and what looking up names and checking certificates needs."""
    own = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *(each for each in sys.path if each)}
    return tuple({os.path.realpath(each) for each in own} - {"/"} | set(_READABLE))
