"""The answer of the authorization endpoint, made for the mode of its target.

By redirect (RFC 6749 §4.1.2), by a form (OAuth 2.0 Form Post Response Mode), and either of them signed (JARM).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.keys.signing import SigningKeys
from app.provider.target import Target
from app.storage.clock import Clock
from app.web.request import Answer

LIFE_S = 300
"""How long a signed answer is good: at most ten minutes (JARM §2.1)."""


@dataclass(frozen=True, slots=True)
class Posted:
    """An answer that a page of ours takes to the service: its form's place and fields."""

    target: Target
    fields: Mapping[str, str]


class Responses:
    """Makes answers."""

    def __init__(self, signing: SigningKeys, clock: Clock) -> None:
        self._signing, self._clock = signing, clock

    def make(self, target: Target, parameters: Mapping[str, str]) -> Answer | Posted:
        """These parameters on their way to the service."""
        values, mode = target.values(parameters), target.mode
        if mode.signed:
            values = {"response": self._signed(target, values)}
        return Posted(target, values) if mode.posts else target.redirect(values)

    def _signed(self, target: Target, values: Mapping[str, str]) -> str:
        """The response JWT (JARM §2.1). Without `sub` and `iat` it never passes for an ID token, here or there."""
        now = self._clock.now() // 1000
        claims = {**values, "aud": target.client.client_id, "exp": now + LIFE_S}
        return self._signing.sign(claims, target.client.metadata.authorization_signed_response_alg, "JWT")
