"""Client assertions (RFC 7523 §2.2, OIDC Core §9 private_key_jwt): a service proves itself by a signature, once each."""

import hashlib
import math
from collections.abc import Mapping

from app.clients import fapi
from app.clients.keys import ClientKeys
from app.clients.registry import Client
from app.keys.foreign import AHEAD_S, BadForeign, Foreign, read
from app.keys.jwk import ALGORITHMS
from app.storage.clock import Clock
from app.storage.ephemeral import Ephemeral
from app.web.request import Request

METHOD = "private_key_jwt"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TYPES = ("JWT", "client-authentication+jwt")
LONGEST_LIFE_S = 300
OLDER_LIFE_S = 3_600
"""What older libraries write into `exp`; only five minutes after `iat` count."""
LONGEST_JTI = 128


class BadAssertion(Exception):
    """Not a proof of this client. The text is for the log and quotes nothing."""


class ClientAssertions:
    """Reads assertions and checks them. Spends each in the ephemeral store, before the first statement of its request."""

    def __init__(self, keys: ClientKeys, ephemeral: Ephemeral, clock: Clock, issuer: str) -> None:
        self._keys, self._ephemeral, self._clock, self._issuer = keys, ephemeral, clock, issuer

    def read(self, form: Mapping[str, str]) -> tuple[str, Foreign]:
        """Who claims to be calling, and its assertion, of which nothing is verified yet. Raises BadAssertion."""
        if form.get("client_assertion_type") != TYPE:
            raise BadAssertion("another client_assertion_type, or none")
        try:
            assertion = read(form.get("client_assertion", ""), ALGORITHMS)
        except BadForeign as error:
            raise BadAssertion(str(error)) from None
        subject = assertion.claims.get("sub")
        if not isinstance(subject, str) or assertion.claims.get("iss") != subject:
            raise BadAssertion("iss and sub are not one client")
        if form.get("client_id", subject) != subject:
            raise BadAssertion("client_id is another than the assertion's")
        return subject, assertion

    def check(self, client: Client, assertion: Foreign, request: Request) -> None:
        """Pass if this client made the assertion for us now, and it comes for the first time.

        Raises BadAssertion; EphemeralDown and Unavailable where that cannot be known now.
        """
        self._check_form(client, assertion, request.path)
        jti = _jti(assertion)
        try:
            issued, expires = self._check_times(assertion, older=_older(client))
            self._keys.check(client, assertion)
        except BadForeign as error:
            raise BadAssertion(str(error)) from None
        self._spend(f"{client.client_id}\0{jti}", issued, expires, request.reference)

    def _check_form(self, client: Client, assertion: Foreign, path: str) -> None:
        if assertion.header.get("typ", "JWT") not in TYPES:
            raise BadAssertion("typ of something else")
        if client.metadata.token_endpoint_auth_signing_alg not in ("", assertion.algorithm):
            raise BadAssertion("another algorithm than it registered")
        if client.fapi and assertion.algorithm not in fapi.ALGORITHMS:
            raise BadAssertion("an algorithm that FAPI 2.0 SP §5.4.1 does not have")
        if assertion.claims.get("aud") not in self._audiences(client, path):
            raise BadAssertion("aud does not name us alone, as one text (RFC 7523 §3)")

    def _audiences(self, client: Client, path: str) -> tuple[str, ...]:
        """One string, never a list, so that no server can pass an assertion on to us (SR-031).

        Older libraries name the endpoint that they ask, or the token endpoint wherever they ask (RFC 9126 §2).
        """
        if _older(client):
            return self._issuer, f"{self._issuer}/token", self._issuer + path
        return (self._issuer,)

    def _check_times(self, assertion: Foreign, *, older: bool) -> tuple[float, float]:
        """When it was issued, at the earliest, and when it expires; in seconds."""
        now = self._clock.now() / 1000
        expires = _shortened(assertion) if older else assertion.time("exp")
        if expires is None or not now < expires <= math.ceil(now) + LONGEST_LIFE_S:
            raise BadAssertion("exp is missing, over, or too far ahead")
        issued, begins = assertion.time("iat"), assertion.time("nbf")
        if max(issued or 0, begins or 0) > math.ceil(now) + AHEAD_S:
            raise BadAssertion("iat or nbf lies ahead")
        return expires - LONGEST_LIFE_S if issued is None else issued, expires

    def _spend(self, use: str, issued: float, expires: float, reference: str) -> None:
        """Of many uses one passes, over all workers. A request that the database makes us run again is still the same use."""
        key, value = f"assertion:{hashlib.sha256(use.encode()).hexdigest()}", reference.encode()
        life = max(1, math.ceil(expires * 1000) - self._clock.now())
        if not self._ephemeral.add(key, value, life) and self._ephemeral.get(key) != value:
            raise BadAssertion("jti was used before")
        # Asked last: a store that was lost meanwhile is born by now. Times of claims are whole seconds, birth is none.
        if issued * 1000 + 999 < self._ephemeral.birth():
            raise BadAssertion("older than our memory of what was used")


def _older(client: Client) -> bool:
    """Whether an operator lets this client's assertions be as older libraries write them."""
    return client.metadata.assertion_audience == "endpoint"


def _shortened(assertion: Foreign) -> float | None:
    """When an assertion for an hour expires for us: it is of no longer use than any other, clocks and all."""
    issued, expires = assertion.time("iat"), assertion.time("exp")
    if issued is None or expires is None or expires > issued + OLDER_LIFE_S:
        return expires
    return min(expires, issued + LONGEST_LIFE_S - AHEAD_S)


def _jti(assertion: Foreign) -> str:
    jti = assertion.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise BadAssertion("jti is missing, no text, or too long")
    return jti
