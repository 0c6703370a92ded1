"""Signing and verifying our own tokens with the keys that are in force now."""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from sqlalchemy import select

from app.keys.keyring import Keyring
from app.keys.lifecycle import ALGORITHMS, unwrap_private
from app.keys.sealing import encode
from app.keys.tables import signing_keys
from app.storage.database import Storage, Unavailable
from app.storage.versions import Versions

KIND = "signing_keys"
PUBLISHED = ("next", "current", "retiring")
SERVE_WITHOUT_STORE_MS = 3_600_000
LONGEST_TOKEN = 8192
LONGEST_HEADER = 256
"""Characters of the header's part: ours has three short members, so nothing deep is ever parsed."""
LEEWAY_S = 60
LATEST = 2**40
"""No time is later than this, in seconds."""
_JSON = json.JSONEncoder(separators=(",", ":")).encode
REMEMBERED = 1024
"""Good tokens that a process remembers: some 4 MB."""

Key = ECKey | OKPKey | RSAKey


class NoSigningKey(Unavailable):
    """There is no current key for this algorithm, or the keys could not be read for too long."""


class BadToken(Exception):
    """Not a token of ours of this type that is valid now. The text is for the log."""


class Registry(JWSRegistry):
    """The library's algorithms, limited to these and without its warning of `EdDSA`.

    RFC 9864 has another name for it; services know it by that of RFC 8037, and our keys are Ed25519 alone.
    """

    def get_alg(self, name: str) -> Any:
        """The algorithm of this name."""
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


REGISTRIES = {name: Registry(algorithms=[name]) for name in ALGORITHMS}


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys as read at one version."""

    version: int = -1
    signers: Mapping[str, tuple[str, Key]] = field(default_factory=dict)
    kids: Mapping[str, str] = field(default_factory=dict)
    """The id of the key that signs, by algorithm."""
    document: bytes = b'{"keys":[]}'
    verified: Callable[[str, str], Mapping[str, Any]] = field(default_factory=lambda: _verifying({}))
    """Claims of a token of a type whose signature is good; raises BadToken. Nothing that passes with time is in it."""


class SigningKeys:
    """The key set of this process, read again when its version changes."""

    def __init__(self, storage: Storage, versions: Versions, keyring: Keyring, issuer: str) -> None:
        self._storage, self._versions, self._keyring, self._issuer = storage, versions, keyring, issuer
        self._lock = threading.Lock()
        self._set = KeySet()

    def sign(self, claims: Mapping[str, Any], algorithm: str, token_type: str) -> str:
        """A compact JWS by the current key of this algorithm (RFC 7515)."""
        signer = self._keys().signers.get(algorithm)
        if signer is None:
            raise NoSigningKey(algorithm)
        kid, key = signer
        # Not through the library's token functions: they read anew, each time, a header that is always the same.
        signed = f"{_header(algorithm, token_type, kid)}.{encode(_JSON(dict(claims)).encode())}"
        return f"{signed}.{encode(JWSRegistry.algorithms[algorithm].sign(signed.encode(), key))}"

    def verify(self, token: str, token_type: str, *, expired_ok: bool = False) -> dict[str, Any]:
        """The claims of a token that we signed. Raises BadToken.

        The algorithm comes from our record of the key, never from the token (RFC 8725 §3.1); header members
        that carry or point to keys are refused (SR-062), and so is a token of another type (RFC 8725 §3.11).
        """
        if len(token) > LONGEST_TOKEN or token.count(".") != 2 or token.index(".") > LONGEST_HEADER:
            raise BadToken("not a compact token of acceptable size")
        claims = self._keys().verified(token, token_type)
        self.check_times(claims, expired_ok=expired_ok)
        return dict(claims)

    def check_times(self, claims: Mapping[str, Any], *, expired_ok: bool) -> None:
        """Pass if these claims of a token of ours are in force now. Raises BadToken."""
        now = self._storage.clock.now() // 1000
        issued, expires = claims.get("iat"), claims.get("exp")
        begins = claims.get("nbf", issued)
        if type(issued) is not int or type(expires) is not int or type(begins) is not int:
            raise BadToken("iat, exp or nbf is missing or no time")
        if min(issued, begins, expires) < 0 or expires >= LATEST:
            raise BadToken("iat, exp or nbf is no time that can be")
        if claims.get("iss") != self._issuer:
            raise BadToken("another issuer's")
        if max(issued, begins) > now + LEEWAY_S or (expires <= now and not expired_ok):
            raise BadToken("outside its life")

    def signers(self) -> Mapping[str, str]:
        """The id of the current key of each algorithm that can sign now."""
        return self._keys().kids

    def jwks(self) -> bytes:
        """The published key set (RFC 7517 §5), ready to send."""
        return self._keys().document

    def _keys(self) -> KeySet:
        version, age = self._versions.current(KIND)
        if age > SERVE_WITHOUT_STORE_MS:
            raise NoSigningKey("the key store was not readable for an hour")
        if version != self._set.version:
            with self._lock:
                if version != self._set.version:
                    self._set = self._load(version)
        return self._set

    def _load(self, version: int) -> KeySet:
        with self._storage.transaction() as tx:
            rows = tx.execute(select(signing_keys).where(signing_keys.c.state.in_(PUBLISHED))).all()
        verifiers = {row.kid: (row.algorithm, _import(row.algorithm, row.public_jwk)) for row in rows}
        signers = {
            row.algorithm: (row.kid, _import(row.algorithm, unwrap_private(row, self._keyring)))
            for row in rows
            if row.state == "current"
        }
        document = json.dumps({"keys": [row.public_jwk for row in rows]}, separators=(",", ":")).encode()
        kids = {name: signers[name][0] for name in ALGORITHMS if name in signers}
        return KeySet(version, signers, kids, document, _verifying(verifiers))


@lru_cache(maxsize=128)
def _header(algorithm: str, token_type: str, kid: str) -> str:
    return encode(_JSON({"alg": algorithm, "typ": token_type, "kid": kid}).encode())


def _verifying(verifiers: Mapping[str, tuple[str, Key]]) -> Callable[[str, str], Mapping[str, Any]]:
    """Verifies by these keys, and remembers tokens that were good: the same one is introspected with each call.

    What is remembered goes with the key set, so a key that is withdrawn takes its tokens along (SR-071).
    """

    @lru_cache(maxsize=REMEMBERED)
    def verified(token: str, token_type: str) -> Mapping[str, Any]:
        algorithm, key = _verifier(verifiers, token, token_type)
        try:
            return jwt.decode(token, key, registry=REGISTRIES[algorithm]).claims
        except (JoseError, ValueError) as error:
            raise BadToken(type(error).__name__) from None

    return verified


def _verifier(verifiers: Mapping[str, tuple[str, Key]], token: str, token_type: str) -> tuple[str, Key]:
    try:
        header = json.loads(_header_bytes(token))
    except ValueError:
        raise BadToken("unreadable header") from None
    if not isinstance(header, dict) or header.keys() != {"alg", "typ", "kid"}:
        raise BadToken("unexpected header")
    found = verifiers.get(str(header["kid"]))
    if found is None or header["alg"] != found[0] or header["typ"] != token_type:
        raise BadToken("unknown key, or another algorithm or type than ours")
    return found


def _import(algorithm: str, jwk: Mapping[str, Any]) -> Key:
    members = dict(jwk)
    if algorithm == "EdDSA":
        return OKPKey.import_key(members)
    return ECKey.import_key(members) if algorithm == "ES256" else RSAKey.import_key(members)


def _header_bytes(token: str) -> bytes:
    head = token.partition(".")[0]
    return base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
