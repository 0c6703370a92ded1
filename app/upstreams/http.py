"""The one HTTP client of all upstreams."""

import base64
import json as json_format
import logging
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import httpcore2

from app.storage.clock import Clock
from app.upstreams.base import UpstreamError
from app.upstreams.breaker import Breaker, State
from app.upstreams.deadlines import DeadlineBackend
from app.upstreams.exchange import Deadlines, Request, Response, exchange

log = logging.getLogger("mostid.upstreams")

TOTAL_S = 3.0
GATEWAY_S = 5.0
CONNECT_S = 1.0
"""Name look-up, TCP and TLS together."""
CALLS = 8
"""Calls to one upstream at a time."""
PATIENCE_S = 0.3
"""How long a call waits for others to end, while all goes well. Behind a failing upstream nobody waits."""
KEEP_ALIVE_S = 3.0
"""Less than servers usually wait (5 s at the least), so that a call does not meet a connection just being closed."""
FAILURES = 5
REST_S = 10.0


class _Bulkhead:
    """What one upstream has for itself, so that it can only exhaust itself (SR-192)."""

    def __init__(self, calls: int, tls: ssl.SSLContext, breaker: Breaker) -> None:
        self.slots, self.breaker = threading.BoundedSemaphore(calls), breaker
        self.backend = DeadlineBackend(calls)
        self.pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=calls,
            keepalive_expiry=KEEP_ALIVE_S,
            network_backend=self.backend,
        )


class Http:
    """Calls upstreams, each with its own connections, time limits and breaker (SR-191).

    Follows no redirect, keeps no cookie, reads no proxy from the environment, unpacks nothing, always verifies TLS
    (SR-119), and writes neither addresses nor contents to the log.
    """

    def __init__(
        self,
        clock: Clock,
        on_event: Callable[[str], None],
        *,
        calls: Mapping[str, int] | None = None,
        connect_s: float = CONNECT_S,
        total_s: float = TOTAL_S,
        failures: int = FAILURES,
        rest_s: float = REST_S,
    ) -> None:
        """`calls`: upstream → how many at a time. Times in seconds; `total_s` counts where a call names none."""
        self._clock, self._on_event = clock, on_event
        self._calls, self._connect_s, self._total_s = calls or {}, connect_s, total_s
        self._failures, self._rest_s = failures, rest_s
        self._lock = threading.Lock()
        self._bulkheads: dict[str, _Bulkhead] = {}
        # At DEBUG it would tell of requests and their answers.
        logging.getLogger("httpcore2").setLevel(logging.WARNING)

    def get(
        self,
        upstream: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        total_s: float | None = None,
    ) -> Response:
        """GET. Raises UpstreamError."""
        address = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url
        return self._call(upstream, Request("GET", address, headers or {}), total_s)

    def post(
        self,
        upstream: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        total_s: float | None = None,
    ) -> Response:
        """POST of JSON or of a form; `auth` is user and password for HTTP Basic (RFC 7617). Raises UpstreamError."""
        if form is not None:
            kind, content = "application/x-www-form-urlencoded", urlencode(form)
        else:
            kind, content = "application/json", json_format.dumps(json)
        sent = {"Content-Type": kind, **(headers or {})}
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        return self._call(upstream, Request("POST", url, sent, content.encode()), total_s)

    def state(self, upstream: str) -> State:
        """How the breaker of an upstream stands."""
        return self._bulkhead(upstream).breaker.state

    def close(self) -> None:
        """Close all connections."""
        for bulkhead in self._bulkheads.values():
            bulkhead.pool.close()
            bulkhead.backend.close()

    def _bulkhead(self, upstream: str) -> _Bulkhead:
        with self._lock:
            if upstream not in self._bulkheads:
                breaker = Breaker(self._seconds, self._failures, self._rest_s)
                self._bulkheads[upstream] = _Bulkhead(self._calls.get(upstream, CALLS), self._tls, breaker)
            return self._bulkheads[upstream]

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The system's authorities. Reading them takes a while, which a command that calls nobody is spared."""
        context = httpcore2.default_ssl_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _seconds(self) -> float:
        """Time that no step of the wall clock bends, yet tests can move (SR-199)."""
        return time.monotonic() + self._clock.offset() / 1000

    def _call(self, upstream: str, request: Request, total_s: float | None) -> Response:
        bulkhead, answered = self._bulkhead(upstream), time.monotonic() + (total_s or self._total_s)
        if not bulkhead.slots.acquire(timeout=PATIENCE_S if bulkhead.breaker.is_sound else 0):
            self._on_event(f"upstream_{upstream}_busy")
            raise UpstreamError(upstream, "unavailable", "too many calls at once")
        try:
            if not bulkhead.breaker.admit():
                raise UpstreamError(upstream, "unavailable", "breaker open")
            by = Deadlines(time.monotonic() + self._connect_s, answered)
            return self._watched(upstream, bulkhead, request, by)
        finally:
            bulkhead.slots.release()

    def _watched(self, upstream: str, bulkhead: _Bulkhead, request: Request, by: Deadlines) -> Response:
        """Call, and let the breaker know how it went."""
        try:
            response = exchange(upstream, bulkhead.pool, request, by)
        except BaseException:
            if bulkhead.breaker.failed():
                log.warning("breaker opened", extra={"upstream": upstream})
                self._on_event(f"upstream_{upstream}_breaker_opened")
            raise
        if bulkhead.breaker.succeeded():
            log.warning("breaker closed", extra={"upstream": upstream})
            self._on_event(f"upstream_{upstream}_breaker_closed")
        return response
