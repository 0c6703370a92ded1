"""A circuit breaker: an upstream that fails time after time is left alone for a while (SR-191)."""

import threading
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after some failures in a row; after a rest lets one call through to see, and closes if that succeeds."""

    def __init__(self, now: Callable[[], float], failures: int, rest_s: float) -> None:
        self._now, self._most, self._rest_s = now, failures, rest_s
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> State:
        """closed: calls go through. open: none does. half_open: one does, to see."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._now() - self._opened_at >= self._rest_s else "open"

    @property
    def is_sound(self) -> bool:
        """Whether the last call that ended went well."""
        return self._failures == 0

    def admit(self) -> bool:
        """Whether a call may go through now. Whoever is admitted reports how it went."""
        with self._lock:
            state = self.state
            if state == "closed":
                return True
            if state == "open" or self._probing:
                return False
            self._probing = True
            return True

    def succeeded(self) -> bool:
        """A call went well. True if that closed the breaker."""
        with self._lock:
            was_open = self._opened_at is not None
            self._failures, self._opened_at, self._probing = 0, None, False
            return was_open

    def failed(self) -> bool:
        """A call failed. True if that opened the breaker; a failed probe begins another rest."""
        with self._lock:
            was_open = self._opened_at is not None
            self._failures += 1
            if self._failures >= self._most:
                self._opened_at, self._probing = self._now(), False
            return not was_open and self._opened_at is not None
