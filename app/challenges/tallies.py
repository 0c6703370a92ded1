"""Approximate counts over the last minutes or days, in the ephemeral store: this window and a fading share of the former."""

from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral
from app.storage.ephemeral.limits_storage import EphemeralLimits

WEEK_S = 7 * 86_400
UNLIMITED = 2**53


class Tallies:
    """Counts by name. What is kept for a week says what is usual."""

    def __init__(self, ephemeral: Ephemeral, clock: Clock) -> None:
        self._ephemeral, self._clock = ephemeral, clock
        self._windows = EphemeralLimits(ephemeral, clock)

    def count(self, name: str, window_s: int) -> None:
        """Count one."""
        self._windows.acquire_sliding_window_entry(name, UNLIMITED, window_s)

    def admit(self, name: str, most: int, window_s: int) -> bool:
        """Count one if there are less than so many within the window."""
        return self._windows.acquire_sliding_window_entry(name, most, window_s)

    def recent(self, name: str, window_s: int) -> float:
        """How many there were within the last `window_s` seconds, more or less."""
        before, rest, current, _ = self._windows.get_sliding_window(name, window_s)
        return current + before * rest / window_s

    def usual(self, name: str, per_s: int) -> float | None:
        """How many come in so many seconds on the average of a week; None until a week is known (SR-204)."""
        if self._clock.now() - self._ephemeral.birth() < WEEK_S * 1000:
            return None
        return self.recent(name, WEEK_S) * per_s / WEEK_S
