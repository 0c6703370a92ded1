"""The ephemeral store: short-lived values that may be lost. Losing all of it lets nobody in and brings nothing back.

Few verbs, each atomic by itself, over threads and processes; there is no transaction over two of them. Every value has a
life in milliseconds, counted by our clock; a value past its life is as if it had never been. All verbs raise
EphemeralDown when the store cannot be reached, within half a second where it stands on another machine.
"""

from typing import Protocol


class EphemeralDown(Exception):
    """The store cannot be reached. The caller answers 503, or goes on without where its rules allow."""


class Ephemeral(Protocol):
    """What both implementations do, and the conformance suite demands."""

    def put(self, key: str, value: bytes, ttl_ms: int) -> None:
        """Set a value for so long, whatever stood there."""

    def get(self, key: str) -> bytes | None:
        """The value, if it lives."""

    def add(self, key: str, value: bytes, ttl_ms: int) -> bool:
        """Set a value if none lives there. Of many at once exactly one gets True."""

    def take(self, key: str) -> bytes | None:
        """Get a value and delete it. Of many at once exactly one gets it."""

    def swap(self, key: str, old: bytes, new: bytes) -> bool:
        """Replace `old` by `new` if `old` stands there and lives; its life stays as it was. Of many exactly one gets True."""

    def increment(self, key: str, ttl_ms: int, by: int = 1) -> int:
        """Add to a counter and return it; no increment is lost. The first one sets its life, later ones do not move it.

        `get` reads a counter as its decimal digits.
        """

    def delete(self, key: str) -> None:
        """Forget a value."""

    def birth(self) -> int:
        """When this store was found empty last (ms). What was issued before counts as spent: its use may be forgotten."""

    def sweep(self) -> int:
        """Forget some of what is past its life, if the store does not by itself; returns how many."""
