"""The worker's loop: one pass at the start, then one a minute by our clock, until told to stop."""

import logging
from collections.abc import Iterator
from threading import Event

from app.delivery.housekeeping import Chore, Housekeeping
from app.storage.clock import Clock
from app.storage.database import Unavailable
from app.storage.ephemeral import EphemeralDown

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
        """One pass; returns how many things it took away. What fails is logged and left to the next pass."""
        told = stop or Event()
        return sum(_do(chore, told) for chore in self._housekeeping.chores() if not told.is_set())


def _do(chore: Chore, stop: Event) -> int:
    gone = 0
    for step in _kept_going(chore):
        gone += step
        if stop.is_set():
            break
    if gone:
        log.info("taken away", extra={"what": chore.name, "count": gone})
    return gone


def _kept_going(chore: Chore) -> Iterator[int]:
    """The steps of a chore, up to one that fails."""
    try:
        yield from chore.steps()
    except (Unavailable, EphemeralDown) as error:
        log.warning("storage unavailable", extra={"what": chore.name, "cause": str(error)})
    except Exception:
        log.exception("a chore failed", extra={"what": chore.name})
