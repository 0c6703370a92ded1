"""Request objects by value (RFC 9101): an authorization request that its service signed."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.clients import fapi
from app.clients.keys import ClientKeys
from app.clients.registry import Client
from app.keys.foreign import AHEAD_S, BadForeign, Foreign, read
from app.keys.jwk import ALGORITHMS
from app.provider.authorize_request import HEEDED
from app.storage.clock import Clock
from app.web.request import Form

TYPES = frozenset({"jwt", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"})
"""RFC 9101 §4. Any other type is a token for something else (§10.8)."""
REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""Claims about the object itself."""
WHOLE = frozenset({"claims", "authorization_details"})
"""Parameters whose value is JSON: in an object they stand as what they are."""
LONGEST_LIFE_S = 3_600
"""From when to when a request under Message Signing may be good."""


class BadRequestObject(Exception):
    """Not a request that this client signed for us now. The text is ours alone and quotes nothing."""

    def __init__(self, cause: str, section: str = "") -> None:
        super().__init__(cause)
        self.section = section


class RequestObjects:
    """Opens request objects. Must not be asked within a transaction: a client's keys may have to be fetched."""

    def __init__(self, keys: ClientKeys, clock: Clock, issuer: str) -> None:
        self._keys, self._clock, self._issuer = keys, clock, issuer

    def open(self, client: Client, text: str) -> Form:
        """The parameters of a request: those that were signed, and no other (RFC 9101 §6.3).

        Raises BadRequestObject; Unavailable where its keys cannot be read now.
        """
        try:
            found = read(text, ALGORITHMS)
            self._check_header(client, found)
            self._keys.check(client, found)
            self._check_claims(client, found.claims)
            self._check_times(client, found)
        except BadForeign as error:
            raise BadRequestObject(str(error)) from None
        return Form(list(_parameters(found.claims)))

    def _check_header(self, client: Client, found: Foreign) -> None:
        kind = found.header.get("typ", "JWT")
        if not isinstance(kind, str) or kind.lower() not in TYPES:
            raise BadRequestObject("typ is of something else than a request object")
        if client.metadata.request_object_signing_alg not in ("", found.algorithm):
            raise BadRequestObject("another algorithm than the client registered")
        if client.fapi and found.algorithm not in fapi.ALGORITHMS:
            raise BadRequestObject("an algorithm that this client may not use", "FAPI 2.0 SP §5.4.1")

    def _check_claims(self, client: Client, claims: Mapping[str, Any]) -> None:
        """Who made it for whom (RFC 9101 §4, §6.3)."""
        if claims.get("iss") != client.client_id or claims.get("client_id") != client.client_id:
            raise BadRequestObject("iss and client_id are not both the client")
        if "sub" in claims:
            raise BadRequestObject("sub has no place in a request object")  # RFC 9101 §10.8
        audience = claims.get("aud")
        if self._issuer not in (audience if isinstance(audience, list) else [audience]):
            raise BadRequestObject("aud does not name this server")
        if claims.keys() & {"request", "request_uri"}:
            raise BadRequestObject("a request object within a request object")

    def _check_times(self, client: Client, found: Foreign) -> None:
        """Whether it is good now (RFC 9101 §4)."""
        now = self._clock.now() / 1000
        for name in ("nbf", "iat"):
            if (found.time(name) or 0) > now + AHEAD_S:
                raise BadRequestObject(f"{name} lies in the future")
        begins, expires = found.time("nbf"), found.time("exp")
        if expires is not None and expires <= now:
            raise BadRequestObject("it has expired")
        if client.fapi == fapi.MESSAGE_SIGNING:
            _check_life(begins, expires)


def _check_life(begins: float | None, expires: float | None) -> None:
    """Made for an hour at most, which is not over: so nbf is no longer ago either (FAPI 2.0 MS §5.3.1)."""
    if begins is None or expires is None:
        raise BadRequestObject("nbf and exp are needed", "FAPI 2.0 MS §5.3.1")
    if expires > begins + LONGEST_LIFE_S:
        raise BadRequestObject("exp is too far from nbf", "FAPI 2.0 MS §5.3.1")


def _parameters(claims: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in claims.items():
        if name not in REGISTERED:
            yield from ((name, text) for text in _texts(name, value) if text)


def _texts(name: str, value: Any) -> list[str]:
    """How a browser would have carried it. What we do not know is ignored, whatever it is (RFC 6749 §3.1)."""
    if isinstance(value, str):
        return [value]
    if name in WHOLE and isinstance(value, dict | list):
        return [json.dumps(value, separators=(",", ":"), ensure_ascii=False)]
    if name == "max_age" and isinstance(value, int) and not isinstance(value, bool):
        return [str(value)]
    if name == "resource" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    if name in HEEDED:
        raise BadRequestObject("a parameter is of another type than it has")
    return []
