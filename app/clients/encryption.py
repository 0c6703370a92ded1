"""Answers that a service wants encrypted (OIDC Registration §2): what it has to say, and the keys that it has to have."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.keys.jwk import read_set

EncryptionAlgorithm = Literal["", "RSA-OAEP-256", "ECDH-ES"]
ContentAlgorithm = Literal["", "A256GCM", "A128GCM"]


class EncryptedAnswers(BaseModel):
    """The members of metadata that say so."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id_token_encrypted_response_alg: EncryptionAlgorithm = ""
    """To which of its keys ID tokens are encrypted; empty: they are signed alone."""
    id_token_encrypted_response_enc: ContentAlgorithm = ""
    """How their content is encrypted; must be said with the other."""
    userinfo_encrypted_response_alg: EncryptionAlgorithm = ""
    """The same for userinfo, signed or not (OIDC Core §5.3.2)."""
    userinfo_encrypted_response_enc: ContentAlgorithm = ""
    """The same for userinfo."""


def bad_encryption(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Members of metadata that are half said, or for which there is no key to encrypt to, and what is wrong with each."""
    found = []
    for answer in ("id_token", "userinfo"):
        algorithm, content = (f"{answer}_encrypted_response_{part}" for part in ("alg", "enc"))
        if said[content] and not said[algorithm]:
            found.append((content, f"say {algorithm} too"))
        elif said[algorithm] and not said[content]:
            found.append((content, "say A256GCM or A128GCM: its default A128CBC-HS256 is not offered"))
        elif said[algorithm]:
            problem = _missing_key(said[algorithm], said["jwks"], said["jwks_uri"])
            found += [(algorithm, problem)] if problem else []
    return found


def _missing_key(algorithm: str, jwks: Mapping[str, Any] | None, jwks_uri: str) -> str:
    """Keys behind an address may change, so they are looked at when they are needed."""
    if jwks is None:
        return "" if jwks_uri else "encrypted answers need keys: jwks or jwks_uri"
    if any(key.encryption == algorithm for key in read_set(jwks)):
        return ""
    return (
        "no key of jwks fits it: RSA of 2048 bits for RSA-OAEP-256, P-256 for ECDH-ES, and none for sig alone"
    )
