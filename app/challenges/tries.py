"""Trying a code: counted in the truth before it is compared, whatever the ephemeral store remembers (SR-127, SR-146)."""

from app.challenges import codes
from app.challenges.budget import Budget
from app.challenges.outcomes import Dead, Slow, Wrong
from app.challenges.waiting import Waiting
from app.challenges.wave import Wave
from app.keys.keyed import KeyedValues
from app.storage.ephemeral.base import Ephemeral


class Tries:
    """Compares codes, at most `most` for each challenge."""

    def __init__(
        self, budget: Budget, wave: Wave, keyed: KeyedValues, ephemeral: Ephemeral, most: int
    ) -> None:
        self._budget, self._wave, self._keyed, self._ephemeral = budget, wave, keyed, ephemeral
        self._most = most

    def begin(self, waiting: Waiting) -> None:
        """In a wave of wrong codes the first try has to wait, too."""
        height = self._height(waiting)
        if height:
            self._wave.pause(waiting.challenge, height, 0)

    def digest(self, challenge: str, code: str) -> str:
        """What is kept of a code."""
        return self._keyed.code_hash(challenge, code).hex()

    def refuses(self, waiting: Waiting, text: str, life_ms: int) -> Wrong | Slow | Dead | None:
        """None if it is the right code; it still has to be spent. Digits are counted first, other text costs no try."""
        code = codes.typed(text)
        if code is None:
            return self._wrong(self._budget.tries(waiting.asked, waiting.challenge))
        if waiting.is_empty:
            return self._wrong(self._ephemeral.increment(f"tries:{waiting.challenge}", life_ms))
        height = self._height(waiting)
        turn = self._wave.hold_up(waiting.challenge, height) if height else None
        if turn is not None:
            return Slow(turn)
        tries = self._budget.attempt(waiting.asked, waiting.challenge)
        if not tries:
            return Dead("too_many")
        if codes.matches(self._keyed, waiting.challenge, code, bytes.fromhex(waiting.digest)):
            return None
        self._wave.count()
        if height:
            self._wave.pause(waiting.challenge, height, tries)
        return self._wrong(tries)

    def _wrong(self, tries: int) -> Wrong | Dead:
        return Wrong(self._most - tries) if tries < self._most else Dead("too_many")

    def _height(self, waiting: Waiting) -> float:
        """How high the wave is for this browser: those that proved the number are let through."""
        height = self._wave.height()
        return 0 if height and self._budget.has_proved(waiting.asked) else height
