"""The signed request that starts a prompt on a handset, and the key that it is signed with (Mobile Connect SI)."""

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from config.upstream import MobileIdSettings

VERSION = "mc_si_r2_v1.0"
PLAIN_SCOPE, MESSAGE_SCOPE = "openid mc_authn", "openid mc_authz"
"""Only the second one has a message shown on the handset."""
LIFE_S = 300


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request on one handset, as it is remembered until its result has come."""

    number: str
    """E.164."""
    nonce: str
    token: str
    """What the operator shows us with the result (SR-139)."""
    correlation_id: str
    asked_at: int
    """ms."""


def new_prompt(number: str, reference: str, now: int) -> Prompt:
    """A prompt with fresh random values. The bearer token begins with `reference`, by which its owner finds the prompt."""
    token = f"{reference}.{secrets.token_urlsafe(32)}"
    return Prompt(number, secrets.token_urlsafe(32), token, str(uuid.uuid4()), now)


def hint(number: str) -> str:
    """A number as the operator knows it."""
    return f"MSISDN:{number.removeprefix('+')}"


class RequestSigner:
    """Makes the parameters of a request. Without a signing key it publishes none and signs nothing."""

    def __init__(self, settings: MobileIdSettings, notification_uri: str) -> None:
        self._settings, self._notification_uri = settings, notification_uri
        pem = settings.signing_key.get_secret_value()
        self._key = RSAKey.import_key(pem) if pem else None

    def public_jwks(self) -> dict[str, Any]:
        """The key set that we register with the operator as our `jwks_uri` (RFC 7517 §5)."""
        if self._key is None:
            return {"keys": []}
        members = {"kid": self._settings.signing_kid, "use": "sig", "alg": "RS256"}
        return {"keys": [self._key.as_dict(private=False) | members]}

    def parameters(self, prompt: Prompt, message: str, now: int) -> dict[str, str]:
        """What is sent: a few parameters in clear, and all of them in the signed request, where they count."""
        settings, scope = self._settings, MESSAGE_SCOPE if message else PLAIN_SCOPE
        outer = {
            "client_id": settings.client_id,
            "response_type": "mc_si_polling" if settings.polling else "mc_si_async_code",
            "scope": scope,
            "correlation_id": prompt.correlation_id,
        }
        claims = outer | {
            "iss": settings.client_id,
            "aud": settings.issuer,
            "version": VERSION,
            "nonce": prompt.nonce,
            "login_hint": hint(prompt.number),
            "acr_values": settings.acr_values,
            "client_notification_token": prompt.token,
            "notification_uri": self._notification_uri,
            "client_name": settings.client_name,
        }
        if message:
            claims |= {"context": settings.client_name, "binding_message": message}
        return outer | {"request": self.sign(claims, now)}

    def sign(self, claims: dict[str, Any], now: int) -> str:
        """A JWT of ours, good for five minutes."""
        if self._key is None:
            raise ValueError("mobile_id.signing_key is empty")
        header = {"alg": "RS256", "typ": "JWT", "kid": self._settings.signing_kid}
        times = {"iat": now // 1000, "exp": now // 1000 + LIFE_S}
        return jwt.encode(header, claims | times, self._key, algorithms=["RS256"])
