"""A service that decrypts what is encrypted to it, by a library of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwe, jwt
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.deployment import Browser, Deployment, Service

ALGORITHMS = {"RSA-OAEP-256": RSAKey.generate_key(2048), "ECDH-ES": ECKey.generate_key("P-256")}
"""An algorithm, and a private key that it fits."""


def public(algorithm: str, **members: Any) -> dict[str, Any]:
    """The public key for an algorithm, marked as a key to encrypt to."""
    marked = ALGORITHMS[algorithm].as_dict(private=False) | {"kid": "mine", "use": "enc"} | members
    return {name: value for name, value in marked.items() if value is not None}


def wishes(answer: str, algorithm: str, content: str = "A256GCM", **members: Any) -> dict[str, Any]:
    """Metadata of a service that wants an answer encrypted."""
    return {
        f"{answer}_encrypted_response_alg": algorithm,
        f"{answer}_encrypted_response_enc": content,
        "jwks": {"keys": [public(algorithm)]},
    } | members


@dataclass(frozen=True, slots=True)
class Read:
    """What was found within an encrypted answer."""

    header: Mapping[str, Any]
    content: str

    def signed(self, browser: Browser, algorithm: str) -> Mapping[str, Any]:
        """The claims of the signed token within, verified by our published keys."""
        keys = KeySet.import_key_set(browser.get("/jwks.json").json)
        return jwt.decode(self.content, keys, algorithms=[algorithm]).claims

    @property
    def plain(self) -> Any:
        """The claims within that nobody signed."""
        return json.loads(self.content)


def read(token: str, algorithm: str, content: str = "A256GCM") -> Read:
    """Decrypt by this key, if the token is encrypted by these very algorithms."""
    registry = JWERegistry(algorithms=[algorithm, content])
    found = jwe.decrypt_compact(token, ALGORITHMS[algorithm], registry=registry)
    return Read(found.headers(), (found.plaintext or b"").decode())


def register(deployment: Deployment, answer: str, algorithm: str, **members: Any) -> Service:
    """A service of our own that wants an answer encrypted."""
    return deployment.register("reader", **wishes(answer, algorithm, **members))
