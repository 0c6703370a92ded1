"""A service that signs its authorization requests, well or badly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from joserfc.jws import JWSRegistry
from werkzeug.test import TestResponse

from app.keys.sealing import encode
from tests.deployment import ISSUER, Browser, Deployment, Service
from tests.protocol.rfc7523.signer import new_key, public

TYPE = "oauth-authz-req+jwt"


@dataclass(slots=True)
class Signing:
    """A registered service with its key."""

    deployment: Deployment
    service: Service
    algorithm: str
    key: Any

    @classmethod
    def register(
        cls, deployment: Deployment, client_id: str, algorithm: str = "ES256", **members: Any
    ) -> "Signing":
        key = new_key(algorithm)
        service = deployment.register(client_id, **({"jwks": public(key)} | members))
        return cls(deployment, service, algorithm, key)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """A good request and what surrounds it, changed; None takes a member away."""
        now = int(self.deployment.clock.now() // 1000)
        about = {"iss": self.service.client_id, "aud": ISSUER, "iat": now, "nbf": now, "exp": now + 60}
        said: dict[str, Any] = {**self.service.request(), **about, **changed}
        return {name: value for name, value in said.items() if value is not None}

    def sign(self, claims: Mapping[str, Any] | None = None, **header: Any) -> str:
        """An object with these claims under a good signature; header members may be changed, or taken away by None."""
        members = {"alg": self.algorithm, "kid": self.key.kid, "typ": TYPE} | header
        return self.signed(
            json.dumps({name: value for name, value in members.items() if value is not None}),
            json.dumps(self.claims() if claims is None else claims),
        )

    def signed(self, header: str, claims: str, key: Any = None, algorithm: str = "") -> str:
        """Anything, under a signature."""
        body = f"{encode(header.encode())}.{encode(claims.encode())}"
        made = JWSRegistry.algorithms[algorithm or self.algorithm].sign(body.encode(), key or self.key)
        return f"{body}.{encode(made)}"

    def visit(self, browser: Browser, text: str, /, **beside: str | None) -> TestResponse:
        """`GET /authorize` with an object; a redirect_uri stands beside it, which None takes away."""
        asked = {
            "client_id": self.service.client_id,
            "redirect_uri": self.service.redirect_uri,
            "state": "outer",
        }
        sent = asked | {"request": text} | beside
        return browser.get(f"/authorize?{urlencode({k: v for k, v in sent.items() if v is not None})}")
