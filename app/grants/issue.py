"""The one mint: every token that leaves us is made here."""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.clients.client import Client
from app.grants.access_token import AccessTokens
from app.grants.authorization_details import NAME, Details, reaching
from app.grants.locator import seal_place
from app.keys.sealing import Sealer
from app.keys.signing import SigningKeys
from app.storage.clock import Clock
from config.limits import LifetimeSettings

ID_TOKEN, INTROSPECTION = "JWT", "token-introspection+jwt"
NO_CLAIMS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What tokens may say: a live grant as its row, its code or its refresh gave it. Times in ms."""

    identity_id: UUID
    grant_id: UUID
    client_id: str
    sub: str
    sid: str | None
    scope: str
    resource: str
    auth_time: int
    acr: str
    amr: Sequence[str]
    cnf: str | None = None
    """Key that its tokens are bound to: a member of `cnf` (RFC 7800 §3.1), a colon and its value; none: bearer tokens."""
    details: Details = ()
    """Authorization details that tokens of this answer carry (RFC 9396)."""


class Mint:
    """Makes access tokens in the form that their client registered, and signs ID tokens (OIDC Core §2)."""

    def __init__(
        self,
        signing: SigningKeys,
        access_tokens: AccessTokens,
        sealer: Sealer,
        clock: Clock,
        issuer: str,
        lifetimes: LifetimeSettings,
    ) -> None:
        self._signing, self._access_tokens, self._sealer, self._clock = signing, access_tokens, sealer, clock
        self._issuer, self._lifetimes = issuer, lifetimes

    def answer(
        self,
        given: Entitlement,
        client: Client,
        *,
        nonce: str,
        refresh_token: str | None,
        claims: Mapping[str, Any] = NO_CLAIMS,
    ) -> dict[str, Any]:
        """The body of a token answer for a person's grant (RFC 6749 §5.1); `claims` of the person go to the ID token."""
        life = self._life(client)
        access = self._access_token(given, life, client.metadata.access_token_format)
        body: dict[str, Any] = {
            "access_token": access,
            "token_type": token_type(confirmation(given.cnf)),
            "expires_in": life,
        }
        if given.scope:
            body["scope"] = given.scope
        if given.details:
            body |= detailed(given.details, given.resource)
        if refresh_token is not None:
            body["refresh_token"] = refresh_token
        if "openid" in given.scope.split():
            body["id_token"] = self._id_token(given, access, client.id_token_alg, nonce, claims)
        return body

    def client_answer(
        self, client: Client, scope: str, resource: str, cnf: str | None = None, details: Details = ()
    ) -> dict[str, Any]:
        """The body of a token answer for a service acting for itself (RFC 6749 §4.4).

        `sub` is the client's own id, in its own name space, so that no reader takes it for a person (SR-049).
        """
        life = self._life(client)
        claims = self._claims(client.client_id, client.client_id, scope, resource, life)
        claims["jti"] = secrets.token_urlsafe(16)
        told = detailed(details, resource)
        claims |= confirmation(cnf) | told
        token = self._access_tokens.write(claims, client.metadata.access_token_format)
        kind = token_type(claims)
        body = {"access_token": token, "token_type": kind, "expires_in": life} | told
        return body | ({"scope": scope} if scope else {})

    def userinfo(self, known: Mapping[str, Any], client: Client, algorithm: str) -> str:
        """A person's claims, signed (OIDC Core §5.3.2). Without times, so nobody takes it for an ID token."""
        claims = {"iss": self._issuer, "aud": client.client_id, **known}
        return self._signing.sign(claims, algorithm, ID_TOKEN)

    def introspection(self, state: Mapping[str, Any], client: Client, algorithm: str) -> str:
        """The state of a token, signed for whom it is told (RFC 9701 §5)."""
        now = self._clock.now() // 1000
        claims = {"iss": self._issuer, "aud": client.client_id, "iat": now, "token_introspection": state}
        return self._signing.sign(claims, algorithm, INTROSPECTION)

    def _life(self, client: Client) -> int:
        """Seconds that an access token lives: the client's own choice can only be shorter (SR-067)."""
        return min(client.access_token_s or self._lifetimes.access_token_s, self._lifetimes.access_token_s)

    def _access_token(self, given: Entitlement, life: int, form: str) -> str:
        claims = self._claims(given.client_id, given.sub, given.scope, given.resource, life)
        claims["jti"] = seal_place(self._sealer, given.identity_id, given.grant_id)
        if given.details:
            claims |= detailed(given.details, given.resource)
        claims |= {"auth_time": given.auth_time // 1000, "acr": given.acr, "amr": list(given.amr)}
        if given.sid is not None:
            claims["sid"] = given.sid
        claims |= confirmation(given.cnf)
        return self._access_tokens.write(claims, form)

    def _id_token(
        self, given: Entitlement, access: str, algorithm: str, nonce: str, told: Mapping[str, Any]
    ) -> str:
        now = self._clock.now() // 1000
        claims: dict[str, Any] = {
            **told,
            "iss": self._issuer,
            "sub": given.sub,
            "aud": given.client_id,
            "iat": now,
            "exp": now + self._lifetimes.id_token_s,
            "auth_time": given.auth_time // 1000,
            "acr": given.acr,
            "amr": list(given.amr),
            "at_hash": _half_hash(access, algorithm),
        }
        if given.sid is not None:
            claims["sid"] = given.sid
        if nonce:
            claims["nonce"] = nonce
        return self._signing.sign(claims, algorithm, ID_TOKEN)

    def _claims(self, client_id: str, sub: str, scope: str, resource: str, life: int) -> dict[str, Any]:
        now = self._clock.now() // 1000
        claims = {
            "iss": self._issuer,
            "sub": sub,
            "aud": resource,
            "client_id": client_id,
            "iat": now,
            "exp": now + life,
        }
        return claims | ({"scope": scope} if scope else {})


def confirmation(cnf: str | None) -> dict[str, dict[str, str]]:
    """The claim by which a token is bound to a key (RFC 7800 §3.1, RFC 9449 §6); nothing for a bearer token."""
    if cnf is None:
        return {}
    member, _, value = cnf.partition(":")
    return {"cnf": {member: value}}


def detailed(details: Details, resource: str) -> dict[str, Any]:
    """The member by which answers and tokens for a resource server name authorization details (RFC 9396 §7, §9.1)."""
    told = reaching(details, resource)
    return {NAME: list(told)} if told else {}


def token_type(claims: Mapping[str, Any]) -> str:
    """How a token with these claims is presented (RFC 9449 §5)."""
    return "DPoP" if "jkt" in claims.get("cnf", ()) else "Bearer"


def entitlement(row: Row[Any], scope: str, cnf: str | None, details: Details = ()) -> Entitlement:
    """The entitlement of a stored grant, with its scope and details or narrower ones, and the key that was proved now."""
    return Entitlement(
        row.identity_id,
        row.id,
        row.client_id,
        row.sub,
        row.sid,
        scope,
        row.resource,
        row.auth_time,
        row.acr,
        row.amr,
        cnf,
        details,
    )


def _half_hash(token: str, algorithm: str) -> str:
    """Left half of a token's hash, base64url, by the hash of the signature (OIDC Core §3.1.3.6): SHA-512 for Ed25519."""
    whole = (hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256)(token.encode()).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
