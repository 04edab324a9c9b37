"""Whether a port is free."""

import socket

from mothlight.model.errors import Misconfigured


def check_port(host: str, port: int) -> None:
    """Find out whether the port can be listened on.

    Raises:
        Misconfigured: it is taken, or the address is not this machine's.
    """
    try:
        (family, kind, _, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        raise Misconfigured(f"cannot listen on {host} port {port}: {problem.strerror or problem}") from problem
