"""What a client gets when the person has said yes: an access token and an ID token."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from simulators.mobileid.keys import OperatorKey
from simulators.mobileid.request_object import SiRequest
from simulators.person import Person

LIFE_S = 600


def subject(request: SiRequest, resold: int) -> str:
    """A pseudonym for one owner's time with a number at one client. The same after a restart."""
    return str(uuid5(NAMESPACE_URL, f"mobileid:{request.number}:{request.client_id}:{resold}"))


def tokens(
    request: SiRequest, person: Person, amr: str, at: float, issuer: str, key: OperatorKey
) -> dict[str, Any]:
    """Members of a successful result; `at`: when the person said yes, in seconds since 1970."""
    access_token, now = secrets.token_urlsafe(32), int(at)
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": request.client_id,
        "azp": request.client_id,
        "sub": subject(request, person.resold),
        "nonce": request.nonce,
        "acr": request.acr,
        "amr": [amr],
        "auth_time": now,
        "at_hash": _half_hash(access_token),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + LIFE_S,
        "hashed_login_hint": _hash(f"MSISDN:{request.number[1:]}"),
    }
    if not request.polling:
        claims["recipient"] = request.notification_uri
    return {
        "access_token": access_token,
        "id_token": _signed(claims, person.wrong_claim, key),
        "token_type": "Bearer",
        "expires_in": LIFE_S,
    }


def _signed(claims: dict[str, Any], wrong: str, key: OperatorKey) -> str:
    if wrong == "signature":
        signed, _, signature = key.sign(claims).rpartition(".")
        return f"{signed}.{signature[::-1]}"
    if wrong:
        claims[wrong] = claims["iat"] - LIFE_S if wrong in {"exp", "auth_time"} else "wrong"
    return key.sign(claims)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _half_hash(access_token: str) -> str:
    """OIDC Core §3.1.3.6."""
    return urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).rstrip(b"=").decode()
