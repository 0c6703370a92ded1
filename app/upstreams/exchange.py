"""One request to an upstream and its answer, bounded in time and size; whatever goes wrong is an UpstreamError."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore2

from app.upstreams.base import UpstreamError

MOST_BYTES = 64 * 1024
"""Of an answer (SR-118)."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WENT_WRONG = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    ValueError,  # an address that is none, a header that is not ASCII
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Points in monotonic time."""

    connected: float
    answered: float


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of 2xx or 4xx. Nothing of it is checked but its size."""

    status: int
    body: bytes
    content_type: str

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


def exchange(upstream: str, pool: httpcore2.ConnectionPool, request: Request, by: Deadlines) -> Response:
    """Send and read. Raises UpstreamError, whose detail holds nothing of what was sent or came."""
    try:
        _check_address(request.url)
        return _send(upstream, pool, request, by)
    except WENT_WRONG as error:
        # Not "from error": the client's words may quote what came, and a trace would show them.
        raise _meaning(upstream, error) from None


def _send(upstream: str, pool: httpcore2.ConnectionPool, request: Request, by: Deadlines) -> Response:
    timeout = {
        "connect": min(by.connected, by.answered),
        "read": by.answered,
        "write": by.answered,
        "pool": max(by.answered - time.monotonic(), 0),  # the pool alone counts in durations
    }
    # Nothing packed is asked for, so that nothing has to be unpacked that may be larger than it looks.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", **request.headers}
    with pool.stream(
        request.method,
        request.url.encode("ascii"),
        headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()],
        content=request.content,
        extensions={"timeout": timeout},
    ) as answer:
        _check_status(upstream, answer.status)
        if _header(answer, b"content-encoding") not in {"", "identity"}:
            raise UpstreamError(upstream, "malformed", "packed answer")
        return Response(answer.status, _body(upstream, answer), _header(answer, b"content-type"))


def _check_address(url: str) -> None:
    """Only https, and http to this very machine: no setting turns verification off (SR-119)."""
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or (parts.scheme != "https" and not is_local):
        raise httpcore2.UnsupportedProtocol


def _check_status(upstream: str, status: int) -> None:
    if status >= 500 or status == 429:
        raise UpstreamError(upstream, "unavailable", f"status {status}")
    if not (200 <= status < 300 or 400 <= status < 500):
        raise UpstreamError(upstream, "malformed", f"status {status}")


def _header(answer: httpcore2.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in answer.headers if key.lower() == name), "").strip()


def _body(upstream: str, answer: httpcore2.Response) -> bytes:
    body = bytearray()
    for chunk in answer.iter_stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise UpstreamError(upstream, "malformed", "answer too large")
    return bytes(body)


def _meaning(upstream: str, error: Exception) -> UpstreamError:
    """What an exception of the client means. Only the words of a failed connection are safe to repeat."""
    name = type(error).__name__
    if isinstance(error, httpcore2.ConnectError):
        return UpstreamError(upstream, "unavailable", f"{name}: {error}"[:200])
    if isinstance(error, httpcore2.TimeoutException | httpcore2.NetworkError):
        return UpstreamError(upstream, "unavailable", name)
    return UpstreamError(upstream, "malformed", name)
