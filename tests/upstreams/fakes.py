"""A real HTTP server on loopback that answers byte for byte what a test gives it, however wrong."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, strict_parsing=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), strict_parsing=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Wire:
    """The server's end of one connection."""

    socket: socket.socket
    closing: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes, seconds: float = 0.02) -> None:
        for place in range(len(data)):
            self.send(data[place : place + 1])
            if self.closing.wait(seconds):
                return

    def flood(self, data: bytes) -> None:
        """Until the other side has had enough."""
        while not self.closing.is_set():
            self.send(data)

    def hang(self) -> None:
        self.closing.wait(30)


Reply = bytes | Callable[[Wire], None]


def made(body: bytes | str, status: int = 200, kind: str = "application/json", *headers: str) -> bytes:
    """A well-formed answer."""
    content = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def told(value: Any, status: int = 200) -> bytes:
    """A JSON answer as Mail.ru labels it."""
    return made(json.dumps(value), status, "application/json;charset=UTF-8")


@dataclass(slots=True)
class Fake:
    """Answers by path; remembers what it was asked and how many asked at once."""

    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    greeting: Callable[[Wire], None] | None = None
    """What is said before anything is asked."""
    replies: dict[str, Reply] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    most_at_once: int = 0
    connections: int = 0
    port: int = 0
    _listener: socket.socket = field(init=False)
    _closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _open: set[socket.socket] = field(default_factory=set)
    _busy: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server((self.host, 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        """By number where no certificate needs a name: at `[::1]` the same port may be somebody else's."""
        return f"https://localhost:{self.port}" if self.tls else f"http://{self.host}:{self.port}"

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _start(self, work: Callable[..., None], *values: Any) -> None:
        thread = threading.Thread(target=work, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        try:
            with contextlib.suppress(OSError):
                if self.tls:
                    connection.settimeout(5)
                    connection = self.tls.wrap_socket(connection, server_side=True)
                    self._open.add(connection)
                if self.greeting:
                    self.greeting(Wire(connection, self._closing))
                self._talk(Wire(connection, self._closing))
        finally:
            connection.close()

    def _talk(self, wire: Wire) -> None:
        while (request := _read(wire.socket)) is not None:
            self.received.append(request)
            with self._lock:
                self._busy += 1
                self.most_at_once = max(self.most_at_once, self._busy)
            try:
                reply = self.replies.get(urlsplit(request.target).path, made("{}", 404))
                if not isinstance(reply, bytes):
                    reply(wire)
                    return
                wire.send(reply)
            finally:
                with self._lock:
                    self._busy -= 1


def _read(connection: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Received(method, target, headers, body)
