"""Reading the operator's ID token: whose it is, for whom, when, how, and that it answers our own request (SR-115)."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from app.upstreams import answers
from app.upstreams.base import Assertion, Evidence, UpstreamError
from app.upstreams.exchange import Response
from app.upstreams.mobile_id_request import Prompt, hint
from app.upstreams.remote_keys import RemoteKeys
from config.upstream import MobileIdSettings

PROVIDER = "mobile_id"
ACR = "urn:mostid:acr:1"
"""Of a mere yes. What the requested level was says nothing of what happened, so the token's own `acr` is not read."""
METHODS: Mapping[str, tuple[str, ...]] = {
    "SIM_OK": ("swk",),
    "SIM_PIN": ("swk", "pin"),
    "SIM_APP_OK": ("swk",),
    "PUSH_OK": ("swk",),
    "USSD_OK": ("tel",),
    "USSD_PIN": ("tel", "pin"),
    "SMS_URL_OK": ("sms",),
}
"""The operator's `amr` in words of RFC 8176. Not here: SEAM_OK, where nobody was asked anything, and OTP_OK, a code of the
operator's that we never hand in; neither is what we asked for."""
LONGEST = 8192
LONGEST_HEADER = 1024
LEEWAY_S = 60
SUBJECT = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class TokenReader:
    """Turns an ID token into what the operator says of a number."""

    settings: MobileIdSettings
    keys: RemoteKeys
    notification_uri: str

    def read(self, token: Any, prompt: Prompt, transaction: str, now: int) -> Assertion:
        """Check everything. Raises UpstreamError: `unavailable` if keys cannot be had now, else `rejected`."""
        claims = self._verified(token)
        self._check_parties(claims, prompt)
        at = _check_times(claims, prompt, now)
        method = _method(claims["amr"])
        if not SUBJECT.fullmatch(claims["sub"]):
            raise _rejected("sub")
        return Assertion(
            provider="phone",
            subject=prompt.number,
            evidence=Evidence(method, ACR, at * 1000, transaction),
            claims={},
            verified=frozenset({"phone_number"}),
            witness=claims["sub"],
            witness_issuer=f"{self.settings.issuer}|{self.settings.client_id}",
        )

    def _verified(self, token: Any) -> Mapping[str, Any]:
        """Claims under a good RS256 signature by the operator's key; the header's other members move nothing."""
        if not isinstance(token, str) or len(token) > LONGEST or token.count(".") != 2 or not token.isascii():
            raise _rejected("no compact token of acceptable size")
        header = _header(token.partition(".")[0])
        if header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT" or "crit" in header:
            raise _rejected("header")
        key = self.keys.get(header["kid"])
        if key is None:
            raise _rejected("unknown key")
        try:
            payload = jws.deserialize_compact(token, key, algorithms=["RS256"]).payload
        except (JoseError, ValueError) as error:
            raise _rejected(type(error).__name__) from None
        return _object(
            payload, iss=str, sub=str, azp=str, nonce=str, hashed_login_hint=str, amr=list, iat=int, exp=int
        )

    def _check_parties(self, claims: Mapping[str, Any], prompt: Prompt) -> None:
        ours, hashed = self.settings.client_id, hashlib.sha256(hint(prompt.number).encode()).hexdigest()
        if claims["iss"] != self.settings.issuer:
            raise _rejected("iss")
        if claims.get("aud") not in (ours, [ours]) or claims["azp"] != ours:
            raise _rejected("aud")
        if not secrets.compare_digest(claims["nonce"].encode(), prompt.nonce.encode()):
            raise _rejected("nonce")
        if not secrets.compare_digest(claims["hashed_login_hint"].encode(), hashed.encode()):
            raise _rejected("hashed_login_hint")
        if not self.settings.polling and claims.get("recipient") != self.notification_uri:
            raise _rejected("recipient")


def _check_times(claims: Mapping[str, Any], prompt: Prompt, now_ms: int) -> int:
    """When the person answered, in seconds: after we asked and not in the future, whatever clock it was."""
    now, asked = now_ms // 1000, prompt.asked_at // 1000
    issued, expires, answered = claims["iat"], claims["exp"], claims.get("auth_time", claims["iat"])
    if type(answered) is not int:
        raise _rejected("auth_time")
    if expires <= now - LEEWAY_S or expires <= issued:
        raise _rejected("exp")
    for name, at in (("iat", issued), ("auth_time", answered)):
        if not asked - LEEWAY_S <= at <= now + LEEWAY_S:
            raise _rejected(name)
    return min(answered, now)


def _method(amr: list[Any]) -> tuple[str, ...]:
    """What the operator did, in our words."""
    if not all(isinstance(name, str) for name in amr):
        raise _rejected("amr")
    words = [word for name in amr for word in METHODS.get(name, ())]
    if not words:
        raise _rejected("amr")
    return tuple(dict.fromkeys(words))


def _header(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST_HEADER:
        raise _rejected("header")
    try:
        return _object(urlsafe_b64decode(text.encode()), kid=str)
    except ValueError:
        raise _rejected("header") from None


def _object(raw: bytes | None, **required: type) -> Mapping[str, Any]:
    """Strict JSON, as in any answer of an upstream."""
    try:
        return answers.read_object(PROVIDER, Response(200, raw or b"", ""), **required)
    except UpstreamError as error:
        raise _rejected(error.detail) from None


def _rejected(reason: str) -> UpstreamError:
    return UpstreamError(PROVIDER, "rejected", f"id token: {reason}")
