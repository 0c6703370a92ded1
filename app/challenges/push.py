"""A push: a request on the handset, whose code is typed on our page."""

from typing import Any

from app.challenges.budget import Budget
from app.challenges.outcomes import Dead, NotYet, Proved, PushState, Refused, Started, Unsupported, Wrong
from app.challenges.sending import Sender
from app.keys.keyed import KeyedValues
from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral
from app.upstreams.mobile_id import MobileId
from config.settings import Settings


class Push:
    """Starts and answers challenges by push."""

    def __init__(
        self,
        ephemeral: Ephemeral,
        budget: Budget,
        sender: Sender,
        mobile_id: MobileId,
        keyed: KeyedValues,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._mobile_id = mobile_id

    def public_jwks(self) -> dict[str, Any]:
        """The key that our requests to the operator are signed with."""
        return self._mobile_id.public_jwks()

    def start(
        self, number: str, *, browser: str, address: str, client_id: str, service: str, locale: str
    ) -> Started | Refused | Unsupported:
        """Prompt the handset of a number (E.164)."""
        return Unsupported()

    def state(self, challenge: str, browser: str) -> PushState:
        """How it stands."""
        return "expired"

    def answer(self, challenge: str, text: str, browser: str) -> Proved | Wrong | NotYet | Dead:
        """Try a code."""
        return Dead("expired")

    def notify(self, authorization: str, body: str) -> bool:
        """The operator's result."""
        return False
