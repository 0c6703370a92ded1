"""Encrypting to others (RFC 7516): to one public key of theirs, by the few algorithms that we offer."""

from collections.abc import Sequence
from dataclasses import dataclass

from joserfc import jwe
from joserfc.jwe import JWERegistry

from app.keys.jwk import ENCRYPTING, PublicKey

ALGORITHMS: Sequence[str] = tuple(ENCRYPTING.values())
"""How the content's key is had (RFC 7518 §4): RSAES OAEP with SHA-256, or agreed upon on P-256."""
CONTENT_ALGORITHMS: Sequence[str] = ("A256GCM", "A128GCM")
"""How the content is encrypted (RFC 7518 §5.3)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom something is encrypted, and how."""

    key: PublicKey
    content_algorithm: str

    def nested(self, token: str) -> str:
        """A signed token within an encrypted one (RFC 7519 §11.2), so that only its reader sees who signed what."""
        return self.encrypted(token.encode(), "JWT")

    def encrypted(self, content: bytes, content_type: str = "") -> str:
        """A compact JWE. It names the key, where that has an id, so that its owner may change keys (RFC 7516 §4.1.6)."""
        header = {"alg": self.key.encryption, "enc": self.content_algorithm}
        if content_type:
            header["cty"] = content_type
        if self.key.kid is not None:
            header["kid"] = self.key.kid
        registry = JWERegistry(algorithms=(self.key.encryption, self.content_algorithm))
        return jwe.encrypt_compact(header, content, self.key.key, registry=registry)
