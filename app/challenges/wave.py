"""A wave of wrong codes over everything: then browsers that we do not know have to wait, longer with each try (SR-148).

Somebody who tries a few codes on each of very many numbers stays below the limits of every number. Known browsers and
other ways in notice nothing.
"""

from collections.abc import Callable

from app.challenges.tallies import WEEK_S, Tallies
from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral

TEN_MINUTES_S = 600
HIGH = 3
"""So many times what is usual is a wave."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 60


class Wave:
    """Counts wrong codes, and says who has to wait. `usual` is the number in 10 minutes that is never a wave."""

    def __init__(
        self, ephemeral: Ephemeral, clock: Clock, usual: int, on_event: Callable[[str], None]
    ) -> None:
        self._ephemeral, self._clock, self._least, self._on_event = ephemeral, clock, usual, on_event
        self._tallies = Tallies(ephemeral, clock)

    def count(self) -> None:
        """A wrong code was typed."""
        self._tallies.count("wrong", TEN_MINUTES_S)
        self._tallies.count("wrong", WEEK_S)

    def height(self) -> float:
        """How many times over the bound wrong codes come in; 0 while there is no wave."""
        usual = max(self._least, self._tallies.usual("wrong", TEN_MINUTES_S) or 0)
        height = self._tallies.recent("wrong", TEN_MINUTES_S) / (HIGH * usual)
        return height if height > 1 else 0

    def hold_up(self, challenge: str, height: float) -> int | None:
        """Take this browser's turn, or learn when it comes (ms). Of many tries at once one has the turn."""
        until = self._until(height, 0)
        if self._ephemeral.add(_pause(challenge), str(until).encode(), until - self._clock.now()):
            return None
        self._on_event("codes_held_up")
        return int(self._ephemeral.get(_pause(challenge)) or self._clock.now())

    def pause(self, challenge: str, height: float, tries: int) -> None:
        """The next try has to wait."""
        until = self._until(height, tries)
        self._ephemeral.put(_pause(challenge), str(until).encode(), until - self._clock.now())

    def _until(self, height: float, tries: int) -> int:
        seconds = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * height * 2**tries)
        return self._clock.now() + int(seconds * 1000)


def _pause(challenge: str) -> str:
    return f"pause:{challenge}"
