"""Verification of ID tokens (OIDC Core §3.1.3.7)."""

from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from examples.service.discovery import Discovery

ALGORITHMS = ("RS256",)
"""What this client registered, by leaving it to the default. The token's own header decides nothing."""
LEEWAY_S = 60


class BadIdToken(Exception):
    """The token is not a statement of this issuer, for us, now. The text is for the log."""


def verify(
    token: str, provider: Discovery, client_id: str, *, nonce: str | None, access_token: str, now: float
) -> dict[str, Any]:
    """The claims of a good token. `nonce`: what we sent, None at a renewal; `now`: seconds. Raises BadIdToken."""
    try:
        decoded = _decode(token, provider)
        issuer, audience = (
            {"essential": True, "value": provider.issuer},
            {"essential": True, "value": client_id},
        )
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": issuer, "aud": audience},
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(int(now), LEEWAY_S)
    except (JoseError, ValueError, TypeError) as error:
        raise BadIdToken(str(error)) from error
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise BadIdToken("sub is not a text")
    return dict(claims)


def _decode(token: str, provider: Discovery) -> jwt.Token:
    """Check the signature. A key that we do not know may be a new one: then the keys are fetched again."""
    try:
        return jwt.decode(token, provider.keys(), algorithms=ALGORITHMS)
    except InvalidKeyIdError:
        return jwt.decode(token, provider.keys(again=True), algorithms=ALGORITHMS)
