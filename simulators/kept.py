"""Values by key, for threads; the oldest are forgotten before memory runs out."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")

MOST = 10_000


class Kept(Generic[Value]):
    """A small table in memory."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: dict[str, Value] = {}

    def put(self, key: str, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            self._shrink()

    def get(self, key: str) -> Value | None:
        """Look at a value."""
        return self._values.get(key)

    def take(self, key: str) -> Value | None:
        """Remove a value: only one of many gets it."""
        with self._lock:
            return self._values.pop(key, None)

    def get_or_make(self, key: str, make: Callable[[], Value]) -> Value:
        """The value, made if there is none."""
        with self._lock:
            if key not in self._values:
                self._values[key] = make()
                self._shrink()
            return self._values[key]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._values.clear()

    def _shrink(self) -> None:
        while len(self._values) > self._most:
            del self._values[next(iter(self._values))]
