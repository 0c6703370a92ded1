"""A storage for the `limits` library over our verbs, so that rates count the same in both ephemeral stores."""

from typing import Any

from limits.storage import MovingWindowSupport, Storage
from limits.storage.base import SlidingWindowCounterSupport

from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral, EphemeralDown

PREFIX = "rate:"


class EphemeralLimits(Storage, MovingWindowSupport, SlidingWindowCounterSupport):
    """Moving windows, exact, for small limits; sliding counters for large ones; fixed windows for the rest.

    Times in seconds, as the library has them. A moving window keeps the time of each hit, so it costs as much as it counts.
    """

    STORAGE_SCHEME = None

    def __init__(self, ephemeral: Ephemeral, clock: Clock) -> None:
        super().__init__()
        self._ephemeral, self._clock = ephemeral, clock

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What a lost store raises."""
        return EphemeralDown

    def incr(self, key: str, expiry: float, amount: int = 1, **_: Any) -> int:
        """Count in a fixed window that begins with its first count, and return the count."""
        return self._ephemeral.increment(PREFIX + key, int(expiry * 1000), amount)

    def get(self, key: str) -> int:
        """The count now."""
        return int(self._ephemeral.get(PREFIX + key) or 0)

    def get_expiry(self, key: str) -> float:
        """The end of a fixed window is not kept apart: now, at the earliest."""
        return self._clock.now() / 1000

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add so many hits if the last `expiry` seconds then hold at most `limit`; of many at once never one too many.

        Hits lie in lists of one `expiry` each, changed by compare and set: who loses has been overtaken by another hit, so
        the loop ends.
        """
        if amount > limit:
            return False
        while True:
            now = self._clock.now()
            before, current = self._lists(key, expiry)
            old, older = self._ephemeral.get(current), self._ephemeral.get(before)
            if len(_since(now - expiry * 1000, older, old)) + amount > limit:
                return False
            new = b" ".join(filter(None, [old, *[str(now).encode()] * amount]))
            if old is None and self._ephemeral.add(current, new, 2 * expiry * 1000):
                return True
            if old is not None and self._ephemeral.swap(current, old, new):
                return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The time of the oldest hit within the last `expiry` seconds, and the number of hits."""
        now = self._clock.now()
        hits = _since(now - expiry * 1000, *map(self._ephemeral.get, self._lists(key, expiry)))
        return (hits[0] if hits else now) / 1000, len(hits)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count first, then look; what was one too many is taken back."""
        before, current = self._counters(key, expiry)
        life = expiry * 1000
        share = 1 - self._clock.now() % life / life
        counted = self._ephemeral.increment(current, 2 * life, amount)
        if int(self._ephemeral.get(before) or 0) * share + counted <= limit:
            return True
        self._ephemeral.increment(current, 2 * life, -amount)
        return False

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count and rest of life of the former window, count and rest of life of this one."""
        before, current = (int(self._ephemeral.get(name) or 0) for name in self._counters(key, expiry))
        rest = expiry - self._clock.now() / 1000 % expiry
        return before, rest, current, rest + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a sliding counter."""
        for name in self._counters(key, expiry):
            self._ephemeral.delete(name)

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
        """Forget one fixed window."""
        self._ephemeral.delete(PREFIX + key)

    def _lists(self, key: str, expiry: int) -> tuple[str, str]:
        return self._pair("list", key, expiry)

    def _counters(self, key: str, expiry: int) -> tuple[str, str]:
        return self._pair("count", key, expiry)

    def _pair(self, kind: str, key: str, expiry: int) -> tuple[str, str]:
        """Names of the windows before this one and of this one."""
        window = self._clock.now() // (expiry * 1000)
        return f"{PREFIX}{kind}:{key}:{window - 1}", f"{PREFIX}{kind}:{key}:{window}"


def _since(start: int, *lists: bytes | None) -> list[int]:
    """Times after the start, oldest first."""
    return [at for found in lists if found for at in map(int, found.split()) if at > start]
