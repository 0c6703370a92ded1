"""Client assertions (RFC 7523 §2.2, OIDC Core §9 private_key_jwt): a service proves itself by a signature, once each."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from app.clients import fapi
from app.clients.keys import ClientKeys
from app.clients.registry import Client
from app.keys.foreign import BadForeign, Foreign, read
from app.keys.jwk import ALGORITHMS
from app.storage.clock import Clock
from app.storage.ephemeral import Ephemeral

METHOD = "private_key_jwt"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TYPES = ("JWT", "client-authentication+jwt")
LONGEST_LIFE_S = 300
AHEAD_S = 10
"""How far a client's clock may be ahead of ours (SR-032)."""
OLDER_LIFE_S = 3_600
"""What older libraries write into `exp`; only five minutes after `iat` count."""
LONGEST_JTI = 128
LARGEST_TIME = 2**40


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

    def check(self, client: Client, assertion: Foreign, reference: str) -> None:
        """Pass if this client made the assertion for us now, and it comes for the first time.

        Raises BadAssertion; EphemeralDown and Unavailable where that cannot be known now.
        """
        self._check_form(client, assertion)
        issued, expires = self._check_times(assertion.claims, older=_older(client))
        jti = _jti(assertion.claims)
        try:
            self._keys.check(client, assertion)
        except BadForeign as error:
            raise BadAssertion(str(error)) from None
        self._spend(f"{client.client_id}\0{jti}", issued, expires, reference)

    def _check_form(self, client: Client, assertion: Foreign) -> None:
        if assertion.header.get("typ", "JWT") not in TYPES:
            raise BadAssertion("typ of something else")
        if client.metadata.token_endpoint_auth_signing_alg not in ("", assertion.algorithm):
            raise BadAssertion("another algorithm than it registered")
        if client.fapi and assertion.algorithm not in fapi.ALGORITHMS:
            raise BadAssertion("an algorithm that FAPI 2.0 SP §5.4.1 does not have")
        if assertion.claims.get("aud") not in self._audiences(client):
            raise BadAssertion("aud does not name us alone, as one text (RFC 7523 §3)")

    def _audiences(self, client: Client) -> tuple[str, ...]:
        """One string, never a list, so that no server can pass an assertion on to us (SR-031)."""
        if _older(client):
            return self._issuer, f"{self._issuer}/token"
        return (self._issuer,)

    def _check_times(self, claims: Mapping[str, Any], *, older: bool) -> tuple[float, float]:
        """When it was issued, at the earliest, and when it expires; in seconds."""
        now = self._clock.now() / 1000
        expires = _shortened(claims) if older else _time(claims, "exp")
        if expires is None or not now < expires <= math.ceil(now) + LONGEST_LIFE_S:
            raise BadAssertion("exp is missing, over, or too far ahead")
        issued, begins = _time(claims, "iat"), _time(claims, "nbf")
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


def _shortened(claims: Mapping[str, Any]) -> float | None:
    """When an assertion for an hour expires for us: it is of no longer use than any other, clocks and all."""
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if issued is None or expires is None or expires > issued + OLDER_LIFE_S:
        return expires
    return min(expires, issued + LONGEST_LIFE_S - AHEAD_S)


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise BadAssertion("jti is missing, no text, or too long")
    return jti


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 §2); None if it is not there."""
    if name not in claims:
        return None
    value = claims[name]
    if type(value) not in (int, float) or not 0 <= value < LARGEST_TIME:
        raise BadAssertion(f"{name} is no time")
    return float(value)
