"""Requests that arrive at a server at one moment: all are sent but for their last byte, then all last bytes."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Cut(Exception):
    """The connection ended before the answer did."""


def request(
    method: str, path: str, form: Mapping[str, str | list[str]] | bytes | None = None, **headers: str
) -> bytes:
    """One HTTP request that asks for the connection to be closed. Names of headers are written with `_`.

    A form that is bytes already is JSON.
    """
    body = form if isinstance(form, bytes) else urlencode(form or {}, doseq=True).encode()
    given = {"host": "localhost", "connection": "close"} | headers
    if form is not None:
        kind = "json" if isinstance(form, bytes) else "x-www-form-urlencoded"
        given |= {"content-type": f"application/{kind}", "content-length": str(len(body))}
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name.replace('_', '-')}: {value}" for name, value in given.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def fire(port: int, requests: Sequence[bytes]) -> list[Reply]:
    """Send all at one moment; the answers in the same order. Raises Cut, OSError."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(_connected(port)) for _ in requests]
        for connection, raw in zip(sockets, requests, strict=True):
            connection.sendall(raw[:-1])
        for connection, raw in zip(sockets, requests, strict=True):
            connection.sendall(raw[-1:])
        return [_read(connection) for connection in sockets]


def send(port: int, raw: bytes) -> Reply:
    """One request by itself. Raises Cut, OSError."""
    return fire(port, [raw])[0]


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _read(connection: socket.socket) -> Reply:
    raw = b"".join(_chunks(connection))
    head, mark, body = raw.partition(b"\r\n\r\n")
    if not mark:
        raise Cut
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if len(body) < int(headers.get("content-length", "0")):
        raise Cut
    return Reply(int(first.split(" ")[1]), headers, body.decode())


def _chunks(connection: socket.socket) -> Iterator[bytes]:
    while chunk := connection.recv(65_536):
        yield chunk
