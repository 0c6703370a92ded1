"""The ports of loopback: who has them."""

import errno
import socket

LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
"""Both are what browsers may take `localhost` for."""


def taken(port: int) -> bool:
    """Whether somebody has the port already."""
    return any(_taken(family, address, port) for family, address in LOOPBACK)


def answers(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serves(port: int, path: str) -> bool:
    """Whether whoever listens there answers a request with 200 (RFC 9110 §15.3.1)."""
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.sendall(asked.encode())
            return probe.recv(64).split(b" ", 2)[1:2] == [b"200"]
    except OSError:
        return False


def _taken(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        return error.errno == errno.EADDRINUSE  # any other: this machine has no such address
    return False
