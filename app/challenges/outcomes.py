"""What starting and answering a challenge can come to. Times in ms."""

from dataclasses import dataclass
from typing import Literal

from app.upstreams.base import Assertion


@dataclass(frozen=True, slots=True)
class Admitted:
    """A message or prompt is within the budget, and counted."""

    next_at: int
    """When the next may follow."""


@dataclass(frozen=True, slots=True)
class Started:
    """A challenge is under way."""

    challenge: str
    expires_at: int
    resend_at: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was sent. `reason` is for the log; pages say the same for all (SR-133)."""

    reason: str
    retry_at: int | None = None
    """When asking again may help, if that is known."""

    @property
    def is_of_number(self) -> bool:
        """Whether it tells something about the number, and not about who asks: then nobody may see it (SR-133)."""
        return self.reason in OF_NUMBER


OF_NUMBER = frozenset({"gap", "window", "guessed"})
"""Reasons that lie in what others did with a number."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """This way cannot be used for this number now; another may."""


@dataclass(frozen=True, slots=True)
class Proved:
    """The person has the number."""

    assertion: Assertion


@dataclass(frozen=True, slots=True)
class Wrong:
    """Another code than the one that was sent, or no code at all, which costs no try."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class NotYet:
    """The code is right, but the operator has not said yes yet. Costs no try."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Not looked at: while many wrong codes come in, a browser that we do not know has to wait (SR-148). Costs no try."""

    retry_at: int


@dataclass(frozen=True, slots=True)
class Dead:
    """This challenge can no longer be answered."""

    reason: Literal["expired", "used", "too_many", "foreign", "refused", "failed"]


PushState = Literal["waiting", "approved", "refused", "failed", "expired"]
"""How a push stands: `failed` did not reach the handset or could not be believed, `expired` includes "not yours"."""
