"""What happens later: on the clock that tests move, so that nobody has to wait for it."""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

from simulators.clock import Clock

log = logging.getLogger("simulators.timetable")

TICK_S = 0.02
"""How often a clock that may be moved is looked at."""
Act = Callable[[], None]


class Timetable:
    """Acts by the time when they are due, each in a thread of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, Act]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def start(self) -> None:
        """Begin to act."""
        threading.Thread(target=self._run, name="timetable", daemon=True).start()

    def at(self, when: float, act: Act) -> None:
        """Act at this time, or now if it has passed."""
        with self._changed:
            heapq.heappush(self._due, (when, next(self._numbers), act))
            self._changed.notify()

    def after(self, seconds: float, act: Act) -> None:
        """Act in so many seconds."""
        self.at(self._clock.now() + seconds, act)

    def clear(self) -> None:
        """Forget everything that is not due yet."""
        with self._changed:
            self._due.clear()

    def _run(self) -> None:
        while True:
            threading.Thread(target=_perform, args=(self._next(),), daemon=True).start()

    def _next(self) -> Act:
        with self._changed:
            while True:
                left = self._due[0][0] - self._clock.now() if self._due else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(left if left is None or not self._clock.is_moved else min(left, TICK_S))


def _perform(act: Act) -> None:
    try:
        act()
    except Exception:
        log.exception("an act failed")
