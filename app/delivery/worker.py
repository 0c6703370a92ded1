"""The worker's loop: one pass at the start, then one a minute by our clock, until told to stop."""

import logging
from threading import Event

from app.delivery.housekeeping import Housekeeping
from app.storage.clock import Clock
from app.storage.database import Unavailable

log = logging.getLogger("mostid.worker")

PERIOD_MS = 60_000
LOOK_S = 0.5
"""How often we look at the clock, which tests may move by hours at once."""


class Worker:
    """Works off what is due."""

    def __init__(self, housekeeping: Housekeeping, clock: Clock) -> None:
        self._housekeeping, self._clock = housekeeping, clock

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; a pass that is under way ends after its present transaction."""
        log.info("worker started")
        worked_at = None
        while not stop.is_set():
            now = self._clock.now()
            if worked_at is None or abs(now - worked_at) >= PERIOD_MS:
                self.work(stop)
                worked_at = now
            stop.wait(LOOK_S)
        log.info("worker stopped")

    def work(self, stop: Event | None = None) -> int:
        """One pass; returns how many rows it took away. A failure is logged and left to the next pass."""
        gone = 0
        try:
            for step in self._housekeeping.steps():
                gone += step
                if stop is not None and stop.is_set():
                    break
        except Unavailable as error:
            log.warning("storage unavailable", extra={"cause": str(error)})
        except Exception:
            log.exception("a pass failed")
        return gone
