"""Access tokens in both forms: JWTs (RFC 9068), and opaque ones that only we can read.

Nothing is stored for either. An opaque token is the same claims, sealed: whoever holds it learns nothing from it, and a
resource server asks us (RFC 7662). It is told from a JWT by its prefix, and from a refresh token as well.
"""

import json
from collections.abc import Mapping
from typing import Any

from app.keys.sealing import Sealer, Unsealable
from app.keys.signing import BadToken, SigningKeys

TYPE = "at+jwt"
OPAQUE = "opaque"
PURPOSE = "access"
PREFIX = "at_"
"""Lets a scanner of leaked text know what it has found."""


class AccessTokens:
    """Writes and reads access tokens. What a token says is the same in both forms, and so is what is checked."""

    def __init__(self, signing: SigningKeys, sealer: Sealer, issuer: str) -> None:
        self._signing, self._sealer, self._issuer = signing, sealer, issuer
        self._context = issuer.encode()

    def write(self, claims: Mapping[str, Any], form: str) -> str:
        """A token that says this. The issuer is not within an opaque one: it opens for ours alone."""
        if form != OPAQUE:
            return self._signing.sign(claims, "ES256", TYPE)
        told = {name: value for name, value in claims.items() if name != "iss"}
        payload = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        return PREFIX + self._sealer.seal(PURPOSE, payload, self._context)

    def read(self, text: str, *, expired_ok: bool = False) -> dict[str, Any]:
        """The claims of a token of ours, whatever form its client has by now. Raises BadToken."""
        if not text.startswith(PREFIX):
            return self._signing.verify(text, TYPE, expired_ok=expired_ok)
        try:
            payload = self._sealer.open(PURPOSE, text.removeprefix(PREFIX), self._context)
        except Unsealable:
            raise BadToken("no opaque token of ours") from None
        claims: dict[str, Any] = {"iss": self._issuer, **json.loads(payload)}
        self._signing.check_times(claims, expired_ok=expired_ok)
        return claims


def is_access_token(text: str) -> bool:
    """Whether it has the form of an access token. Refresh tokens have neither the prefix nor a dot."""
    return "." in text or text.startswith(PREFIX)
