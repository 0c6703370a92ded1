"""A keep-alive HTTP/1.1 connection as thin as it can be: the driver should not be what is measured."""

import socket
from dataclasses import dataclass


class Failed(Exception):
    """An answer that the scenario did not expect. A run with one of these reports nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection to the server under test."""

    def __init__(self, port: int) -> None:
        self._host = f"localhost:{port}"
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def get(self, target: str, headers: str = "") -> Reply:
        """Send a GET; `headers` are whole lines."""
        self._socket.sendall(f"GET {target} HTTP/1.1\r\nHost: {self._host}\r\n{headers}\r\n".encode())
        return self._read()

    def post(self, target: str, body: str, headers: str = "") -> Reply:
        """Send a form."""
        head = (
            f"POST {target} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n"
        )
        self._socket.sendall((head + body).encode())
        return self._read()

    def _read(self) -> Reply:
        data = self._rest
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        while len(rest) < length:
            rest += self._receive()
        self._rest = rest[length:]
        return Reply(int(lines[0].split()[1]), headers, rest[:length])

    def _receive(self) -> bytes:
        piece = self._socket.recv(65_536)
        if not piece:
            raise Failed("the server hung up")
        return piece
