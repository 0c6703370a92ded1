"""The one way to fetch what a client's metadata points to: nobody makes us call a machine that only we can reach (SR-054)."""

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlsplit

import httpcore2
from httpcore2 import ConnectError

from app.upstreams.base import UpstreamError
from app.upstreams.deadlines import DeadlineBackend
from app.upstreams.exchange import Deadlines, Request, Response, exchange

TOTAL_S = 3.0
"""Name look-up, connection and answer together."""
PATIENCE_S = 0.3
"""How long a fetch waits for others to end."""
EMBEDDING = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 that leads to an IPv4 address written inside: by NAT64 (RFC 6052, RFC 8215), 6to4 or Teredo."""

Place = tuple[str, int]


class GuardedFetch:
    """Fetches by https from public addresses. Follows no redirect, keeps no connection, reads at most 64 KiB."""

    def __init__(self, trusted_origins: Iterable[str], calls: int, tls: ssl.SSLContext | None = None) -> None:
        """Origins of this machine that development trusts, and how many fetches there are at a time."""
        self._trusted = frozenset(trusted_origins)
        self._slots = threading.BoundedSemaphore(calls)
        backend = _PublicBackend(calls, frozenset(_place(origin) for origin in self._trusted))
        self._calls, self._backend, self._given = calls, backend, tls

    def get(self, purpose: str, url: str, accept: str = "application/json") -> Response:
        """What is there: a success, or a 4xx. Raises UpstreamError under the name of the purpose."""
        self._check(purpose, url)
        answered = time.monotonic() + TOTAL_S
        if not self._slots.acquire(timeout=PATIENCE_S):
            raise UpstreamError(purpose, "unavailable", "too many fetches at once")
        try:
            request = Request("GET", url, {"Accept": accept})
            return exchange(purpose, self._pool, request, Deadlines(answered, answered))
        finally:
            self._slots.release()

    def close(self) -> None:
        """End its threads."""
        self._backend.close()

    def _check(self, purpose: str, url: str) -> None:
        """An https address without a user, whatever was registered: rules may have been others then."""
        try:
            parts = urlsplit(url)
            origin, port = f"{parts.scheme}://{parts.netloc}", parts.port
        except ValueError:
            raise UpstreamError(purpose, "malformed", "no address") from None
        if origin in self._trusted:
            return
        if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or port == 0:
            raise UpstreamError(purpose, "malformed", "no https address of a public host")

    @cached_property
    def _pool(self) -> httpcore2.ConnectionPool:
        """Made with the first fetch: reading the system's authorities takes a while."""
        context = self._given or httpcore2.default_ssl_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=self._calls,
            max_keepalive_connections=0,
            network_backend=self._backend,
        )


class _PublicBackend(DeadlineBackend):
    """Looks a name up once and connects to what was found, so no second answer can lead elsewhere (DNS rebinding)."""

    def __init__(self, lookups: int, trusted: frozenset[Place]) -> None:
        super().__init__(lookups)
        self._trusted = trusted

    def _look_up(self, host: str, port: int, deadline: float | None) -> list[str]:
        """The addresses of a host; one that is not public spoils them all."""
        found = super()._look_up(host, port, deadline)
        admitted = is_own if (host, port) in self._trusted else is_public
        if not all(admitted(address) for address in found):
            raise ConnectError("not a public address")
        return found


def is_public(text: str) -> bool:
    """Whether an address belongs to the internet at large and to one machine there."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped or address.scope_id or any(address in network for network in EMBEDDING)
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_own(text: str) -> bool:
    """Whether an address is this very machine's."""
    return ipaddress.ip_address(text).is_loopback


def _place(origin: str) -> Place:
    parts = urlsplit(origin)
    return parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
