"""A client's key and the DPoP proofs that it makes (RFC 9449 §4.2), good ones and bad ones."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Service
from tests.provider.tokens import header

TOKEN, USERINFO = f"{ISSUER}/token", f"{ISSUER}/userinfo"


@cache
def rsa(bits: int = 2048) -> RSAKey:
    """One RSA key for all tests: making one takes long."""
    return RSAKey.generate_key(bits)


@dataclass(frozen=True)
class Holder:
    """Who holds a key, and makes proofs as the clock says."""

    clock: Any
    key: ECKey | OKPKey | RSAKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    alg: str = "ES256"

    @property
    def jkt(self) -> str:
        """The thumbprint of the key (RFC 7638 §3)."""
        members = self.key.as_dict(private=False)
        names = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
        text = json.dumps({name: members[name] for name in names[members["kty"]]}, separators=(",", ":"))
        return encode(hashlib.sha256(text.encode()).digest())

    def jwk(self, **changed: Any) -> dict[str, Any]:
        """The public key."""
        members = self.key.as_dict(private=False)
        return {name: value for name, value in members.items() if name != "kid"} | changed

    def claims(self, htu: str = TOKEN, htm: str = "POST", /, **changed: Any) -> dict[str, Any]:
        """What a proof says; None takes a claim away."""
        said = {"jti": secrets.token_urlsafe(12), "htm": htm, "htu": htu, "iat": self.clock.now() // 1000}
        return {name: value for name, value in (said | changed).items() if value is not None}

    def proof(self, htu: str = TOKEN, htm: str = "POST", /, **changed: Any) -> str:
        """A good proof, but for the claims that are changed."""
        return self.signed({}, self.claims(htu, htm, **changed))

    def bound(self, access: str, /, **changed: Any) -> str:
        """A proof for userinfo with this token."""
        return self.proof(USERINFO, "GET", **{"ath": ath(access), **changed})

    def signed(self, changed: Mapping[str, Any], claims: Any, *, by: Any = None) -> str:
        """A proof whose header is changed; None takes a member away."""
        head = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.jwk(), **changed}
        return sign(
            {name: value for name, value in head.items() if value is not None},
            claims,
            by or self.key,
            self.alg,
        )


def sign(head: Any, claims: Any, key: Any, alg: str) -> str:
    """A compact JWS of whatever it is given: bytes as they are, the rest as JSON."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, claims)]
    text = ".".join(encode(part) for part in parts)
    return f"{text}.{encode(JWSRegistry.algorithms[alg].sign(text.encode(), key))}"


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def ath(access: str) -> str:
    """The hash of an access token (RFC 9449 §4.2)."""
    return encode(hashlib.sha256(access.encode()).digest())


def post(browser: Browser, service: Service, form: Mapping[str, str], proof: str | None) -> TestResponse:
    """A token request of this service, with a proof or without."""
    headers = {} if proof is None else {"DPoP": proof}
    if service.secret is None:
        return browser.post("/token", data={"client_id": service.client_id} | dict(form), headers=headers)
    return browser.post("/token", data=dict(form), headers=headers | {"Authorization": service.basic})


def exchange(browser: Browser, service: Service, code: str, proof: str | None) -> TestResponse:
    """Redeem a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": service.redirect_uri,
        "code_verifier": service.verifier,
    }
    return post(browser, service, form, proof)


def refresh(browser: Browser, service: Service, token: str, proof: str | None) -> TestResponse:
    """Use a refresh token."""
    return post(browser, service, {"grant_type": "refresh_token", "refresh_token": token}, proof)


def own(browser: Browser, service: Service, proof: str | None) -> TestResponse:
    """A token for the service itself."""
    return post(browser, service, {"grant_type": "client_credentials"}, proof)


def bound_tokens(browser: Browser, service: Service, holder: Holder, **asked: str) -> dict[str, Any]:
    """The token answer for a new code and this key; the browser must be signed in."""
    answer = exchange(browser, service, browser.code(service, **asked), holder.proof())
    assert answer.status_code == 200, answer.text
    assert header(answer.json["access_token"])["typ"] == "at+jwt"
    return dict(answer.json)


def ask(browser: Browser, access: str, proof: str | None, scheme: str = "DPoP") -> TestResponse:
    """Ask userinfo."""
    headers = {"Authorization": f"{scheme} {access}"} | ({} if proof is None else {"DPoP": proof})
    return browser.get("/userinfo", headers=headers)
