"""A service that signs its assertions itself, well or badly."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from werkzeug.test import TestResponse

from app.keys.sealing import encode
from tests.deployment import ISSUER, Browser, Deployment

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"grant_type": "client_credentials"}


def new_key(algorithm: str, kid: str = "first") -> Any:
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", {"kid": kid})
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", {"kid": kid})
    return RSAKey.generate_key(2048, {"kid": kid})


def public(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


@dataclass(slots=True)
class Signer:
    """A registered service with its key."""

    deployment: Deployment
    client_id: str
    algorithm: str = "ES256"
    key: Any = field(default=None)

    def __post_init__(self) -> None:
        self.key = self.key or new_key(self.algorithm)

    def register(self, **members: Any) -> "Signer":
        given = {
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "allowed_scopes": ["catalogue.read"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": public(self.key),
        }
        made = self.deployment.register(self.client_id, **(given | members))
        assert made.secret is None
        return self

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Good claims, changed; None takes one away."""
        now = self.deployment.clock.now() // 1000
        good = {"iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "jti": uuid.uuid4().hex}
        times = {"iat": now, "exp": now + 60}
        return {name: value for name, value in (good | times | changed).items() if value is not None}

    def assertion(self, claims: Mapping[str, Any] | None = None, **header: Any) -> str:
        """A signed assertion; header members may be changed, or taken away by None."""
        members = {"alg": self.algorithm, "kid": self.key.kid} | header
        return self.signed(
            json.dumps({name: value for name, value in members.items() if value is not None}),
            json.dumps(self.claims() if claims is None else claims),
        )

    def signed(self, header: str, claims: str) -> str:
        """Anything, under a good signature."""
        body = f"{encode(header.encode())}.{encode(claims.encode())}"
        return f"{body}.{encode(JWSRegistry.algorithms[self.algorithm].sign(body.encode(), self.key))}"


def ask(browser: Browser, assertion: str, path: str = "/token", **more: str | None) -> TestResponse:
    """Present an assertion; None takes a parameter away."""
    given = FORM | {"client_assertion_type": TYPE, "client_assertion": assertion} | more
    return browser.post(path, data={name: value for name, value in given.items() if value is not None})
