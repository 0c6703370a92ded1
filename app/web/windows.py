"""A coarse brake per client address, in the memory of each process: keeps one address from taking a worker for itself.

Exact limits, which cost money or security, are counted in the stores (`challenges/budget`).
"""

import ipaddress
import threading

from app.storage.clock import Clock

WINDOW_MS = 60_000
MOST_ADDRESSES = 50_000
"""Addresses that are counted each by itself; whoever comes later in that minute shares one count."""
THE_OTHERS = "others"


class AddressWindows:
    """Counts requests per address (IPv6: per /64) in one-minute windows; forgets everything each minute."""

    def __init__(self, clock: Clock, most: int, exempt_loopback: bool) -> None:
        self._clock, self._most, self._exempt = clock, most, exempt_loopback
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def admit(self, address: str) -> bool:
        """Count one request; False when the address has had its share of this minute."""
        return self._count(address, 1) <= self._most

    def has_room(self, address: str) -> bool:
        """Whether one more would be admitted; counts nothing."""
        return self._count(address, 0) < self._most

    def _count(self, address: str, more: int) -> int:
        """How many this minute has seen of an address, with these."""
        if self._exempt and address in ("127.0.0.1", "::1"):
            return 0
        key = network_of(address)
        window = self._clock.now() // WINDOW_MS
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            if key not in self._counts and len(self._counts) >= MOST_ADDRESSES:
                key = THE_OTHERS
            count = self._counts.get(key, 0) + more
            if more:
                self._counts[key] = count
        return count


def network_of(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 of an IPv6 address (SR-130)."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        return address
