"""A storage for the `limits` library over our verbs, so that rates count the same in both ephemeral stores."""

from typing import Any

from limits.storage import Storage

from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral, EphemeralDown

PREFIX = "rate:"


class EphemeralLimits(Storage):
    """Fixed windows: a counter whose life begins with its first count."""

    STORAGE_SCHEME = None

    def __init__(self, ephemeral: Ephemeral, clock: Clock) -> None:
        super().__init__()
        self._ephemeral, self._clock = ephemeral, clock

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What a lost store raises."""
        return EphemeralDown

    def incr(self, key: str, expiry: float, amount: int = 1, **_: Any) -> int:
        """Count, and return the count."""
        return self._ephemeral.increment(PREFIX + key, int(expiry * 1000), amount)

    def get(self, key: str) -> int:
        """The count now."""
        return int(self._ephemeral.get(PREFIX + key) or 0)

    def get_expiry(self, key: str) -> float:
        """The end of a window is not kept apart; callers are told to wait a whole one."""
        return self._clock.now() / 1000

    def check(self) -> bool:
        """Whether the store answers."""
        try:
            self._ephemeral.birth()
        except EphemeralDown:
            return False
        return True

    def reset(self) -> int | None:
        """Windows end by themselves."""
        return None

    def clear(self, key: str) -> None:
        """Forget one window."""
        self._ephemeral.delete(PREFIX + key)
