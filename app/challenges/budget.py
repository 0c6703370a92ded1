"""The budget: what must hold before anything is sent or compared (SR-127 to SR-131, SR-138).

Coarse slices are counted in the ephemeral store, a number in the truth. Each step is a short transaction of its own, so
that what was counted stays counted, whatever comes after it.
"""

from collections.abc import Callable
from typing import TypeVar

from app.challenges.asked import Asked
from app.challenges.counters import NumberCounters
from app.challenges.outcomes import Admitted, Refused
from app.challenges.slices import Slices
from app.storage.database import Storage, Transaction

Result = TypeVar("Result")


class Budget:
    """Admits messages, prompts and tries, or says when to come again."""

    def __init__(self, storage: Storage, numbers: NumberCounters, slices: Slices) -> None:
        self._storage, self._numbers, self._slices = storage, numbers, slices

    def admit_send(self, asked: Asked) -> Admitted | Refused:
        """Count one message before it is sent."""
        admitted = self._slices.admit_send(asked, lambda: self.has_proved(asked)) or self._write(
            lambda tx: self._numbers.send(tx, asked.number, asked.browser)
        )
        if isinstance(admitted, Admitted):
            self._slices.sent(asked)
        return admitted

    def admit_push(self, asked: Asked) -> Admitted | Refused:
        """Count one prompt before it is shown."""
        return self._slices.admit_push(asked) or self._write(
            lambda tx: self._numbers.push(tx, asked.number, asked.browser)
        )

    def admit_shown(self, asked: Asked) -> Refused | None:
        """Count one code that the person is to send. It has no limit for a number."""
        return self._slices.admit_shown(asked)

    def attempt(self, asked: Asked, challenge: str) -> int:
        """Count a code as wrong before it is compared; returns the tries of this challenge, 0 when there are no more."""
        return self._write(lambda tx: self._numbers.attempt(tx, asked.number, asked.browser, challenge))

    def forgive(self, asked: Asked, challenge: str) -> None:
        """The code was right, although it leads nowhere yet."""
        self._write(lambda tx: self._numbers.forgive(tx, asked.number, asked.browser, challenge))

    def succeed(self, asked: Asked, challenge: str) -> bool:
        """The code was right: spend the challenge. False when it was spent before."""

        def act(tx: Transaction) -> bool:
            if self._numbers.succeed(tx, asked.number, asked.browser, challenge):
                return True
            self._numbers.forgive(tx, asked.number, asked.browser, challenge)
            return False

        return self._write(act)

    def used(self, asked: Asked) -> None:
        """A code that went out as a message has come back."""
        self._slices.used(asked)

    def tries(self, asked: Asked, challenge: str) -> int:
        """How often a challenge has been tried."""
        return self._storage.run(lambda tx: self._numbers.tries(tx, asked.number, asked.browser, challenge))

    def has_proved(self, asked: Asked) -> bool:
        """Whether this browser proved this number not long ago."""
        return self._storage.run(lambda tx: self._numbers.has_proved(tx, asked.number, asked.browser))

    def _write(self, act: Callable[[Transaction], Result]) -> Result:
        return self._storage.run(act, write=True)
