"""Public keys of others: read from a JWK set (RFC 7517), and only such as we would trust and can afford."""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from app.keys.sealing import Unsealable, decode, encode

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signature algorithms that others may use: asymmetric ones alone (SR-061)."""
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that nobody should ever show (RFC 7518 §6)."""
FITTING: Mapping[str, tuple[str, ...]] = {"RSA": ("RS256", "PS256"), "EC": ("ES256",), "OKP": ("EdDSA",)}
ENCRYPTING: Mapping[str, str] = {"RSA": "RSA-OAEP-256", "EC": "ECDH-ES"}
"""How a key of a type may be encrypted to (RFC 7518 §4.3, §4.6)."""
LEAST_BITS, MOST_BITS = 2048, 4096
LARGEST_EXPONENT = 2**33
"""Larger ones only cost time."""
MOST_KEYS = 20
LONGEST_SET = 16_384
"""Characters of a whole set that is registered by value."""
LONGEST_KID = 128

Key = ECKey | OKPKey | RSAKey


class BadKey(Exception):
    """Not a public key, or not a set of them, that we accept. The text is a sentence and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key of somebody else's."""

    kid: str | None
    use: str
    """sig, enc, or empty for both."""
    algorithms: frozenset[str]
    """Signature algorithms for which it may serve; none for a key that only encrypts."""
    key: Key
    encryption: str = ""
    """Key management algorithm by which we may encrypt to it; none for a key that only signs."""
    certificate: str | None = None
    """`x5t#S256` of the certificate that is published with it (RFC 7517 §4.7); empty where that cannot be read."""

    def verifies(self, message: bytes, signature: bytes, algorithm: str) -> bool:
        """Whether the signature is this key's, by an algorithm that our record of the key allows (SR-061)."""
        if algorithm not in self.algorithms:
            return False
        # Not through the library's token functions: these warn of EdDSA by its former name each time.
        try:
            return bool(JWSRegistry.algorithms[algorithm].verify(message, signature, self.key))
        except (JoseError, ValueError):
            return False


def read_set(document: Any) -> tuple[PublicKey, ...]:
    """The keys of a set, each of which must be good. Raises BadKey."""
    keys = _listed(document)
    if not keys:
        raise BadKey("a key set has at least one key")
    try:
        size = len(json.dumps(document))
    except (ValueError, TypeError, RecursionError):
        raise BadKey("it is no JSON") from None
    if size > LONGEST_SET:
        raise BadKey(f"a key set has at most {LONGEST_SET} characters")
    ids = [jwk.get("kid") for jwk in keys if isinstance(jwk, dict) and isinstance(jwk.get("kid"), str)]
    if len(set(ids)) != len(ids):
        raise BadKey("two keys have one kid")
    return tuple(read(jwk) for jwk in keys)


def usable(document: Any) -> tuple[PublicKey, ...]:
    """The good keys of a set that somebody else keeps, if any; others are passed over (RFC 7517 §5).

    Raises BadKey for what is no set.
    """
    found = []
    for jwk in _listed(document):
        try:
            found.append(read(jwk))
        except BadKey:
            continue
    ids = [key.kid for key in found]
    return tuple(key for key in found if key.kid is None or ids.count(key.kid) == 1)


def read(jwk: Any) -> PublicKey:
    """One public key: RSA of 2048 to 4096 bits, P-256 or Ed25519. Raises BadKey."""
    if not isinstance(jwk, dict):
        raise BadKey("a key is a JSON object")
    if PRIVATE & jwk.keys():
        raise BadKey("it holds a private key, which is known to others now: make a new one")
    kid, use, kind = jwk.get("kid"), jwk.get("use", ""), jwk.get("kty")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= LONGEST_KID and kid.isprintable()):
        raise BadKey(f"a kid is a text of at most {LONGEST_KID} characters")
    if use not in ("", "sig", "enc"):
        raise BadKey("use is sig or enc")
    try:
        key = _imported(kind, jwk)
    except (JoseError, ValueError, TypeError, KeyError, Unsealable):
        raise BadKey("it is no key of its type") from None
    kind = str(kind)
    algorithms, encryption = _algorithms(kind, use, jwk), _encryption(kind, use, jwk)
    return PublicKey(kid, use, algorithms, key, encryption, _certificate(jwk))


def _listed(document: Any) -> list[Any]:
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise BadKey(f"a key set has a member keys with at most {MOST_KEYS} keys")
    return keys


def _imported(kind: Any, jwk: Mapping[str, Any]) -> Key:
    if kind == "RSA":
        return _rsa(jwk["n"], jwk["e"])
    if kind == "EC" and jwk["crv"] == "P-256":
        point = {name: _sized(jwk[name], 32) for name in ("x", "y")}
        return ECKey.import_key({"kty": "EC", "crv": "P-256", **point})
    if kind == "OKP" and jwk["crv"] == "Ed25519":
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _sized(jwk["x"], 32)})
    raise BadKey("keys are RSA, EC with P-256, or OKP with Ed25519")


def _rsa(n: str, e: str) -> RSAKey:
    if len(n) > MOST_BITS:  # before anything is computed; base64 makes 4/3 characters of each byte
        raise BadKey(f"an RSA key has {LEAST_BITS} to {MOST_BITS} bits")
    modulus, exponent = int.from_bytes(decode(n)), int.from_bytes(decode(e))
    if not LEAST_BITS <= modulus.bit_length() <= MOST_BITS:
        raise BadKey(f"an RSA key has {LEAST_BITS} to {MOST_BITS} bits")
    if modulus % 2 == 0 or exponent % 2 == 0 or not 3 <= exponent < LARGEST_EXPONENT:
        raise BadKey("it is no RSA key, or its exponent is too large")
    return RSAKey.import_key({"kty": "RSA", "n": n, "e": e})


def _sized(text: str, size: int) -> str:
    if len(decode(text)) != size:
        raise BadKey("a coordinate has another length than its curve's")
    return text


def _algorithms(kind: str, use: str, jwk: Mapping[str, Any]) -> frozenset[str]:
    """What a key may verify, by its own record (RFC 7517 §4.2 to §4.4)."""
    operations = jwk.get("key_ops", ["verify"])
    if use == "enc" or not isinstance(operations, list) or "verify" not in operations:
        return frozenset()
    named = jwk.get("alg")
    if named == "Ed25519":  # its name by RFC 9864
        named = "EdDSA"
    return frozenset(name for name in FITTING[kind] if named in (None, name))


def _encryption(kind: str, use: str, jwk: Mapping[str, Any]) -> str:
    """How it may be encrypted to, by its own record: a key that is kept for signatures never is."""
    fitting, operations = ENCRYPTING.get(kind, ""), jwk.get("key_ops", [])
    if use == "sig" or jwk.get("alg", fitting) != fitting or not isinstance(operations, list):
        return ""
    return "" if {"verify", "sign"} & {str(name) for name in operations} else fitting


def _certificate(jwk: Mapping[str, Any]) -> str | None:
    """The thumbprint of its certificate, which is the first one of x5c (RFC 7517 §4.7)."""
    if "x5c" not in jwk:
        return None
    chain = jwk["x5c"]
    try:
        der = b64decode(chain[0] if isinstance(chain, list) and chain else "", validate=True)
    except (ValueError, TypeError):
        return ""
    return encode(sha256(der).digest()) if der else ""
