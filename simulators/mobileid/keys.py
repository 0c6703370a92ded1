"""The operator's own key, made at its start, and the keys of its client, read where the client publishes them."""

import threading
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from simulators.clock import Clock
from simulators.outbound import Outbound

CACHE_S = 300
REFETCH_S = 2
"""A key id that is not known has the set read again, at most so often."""


class OperatorKey:
    """Signs ID tokens."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": str(uuid4()), "use": "sig", "alg": "RS256"})

    def jwks(self) -> dict[str, Any]:
        """The public key (RFC 7517 §5)."""
        return {"keys": [self.key.as_dict(private=False)]}

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT (RFC 7519)."""
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self.key.kid}, claims, self.key)


class ClientKeys:
    """The client's keys by id."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound, self._clock = outbound, clock
        self._lock = threading.Lock()
        self._read: tuple[str, float, dict[str, RSAKey]] = ("", 0, {})

    def find(self, jwks_uri: str, kid: str) -> RSAKey | None:
        """The key of this id, if the client has it."""
        with self._lock:
            uri, read_at, keys = self._read
            age = abs(self._clock.now() - read_at)
            if uri != jwks_uri or age > (CACHE_S if kid in keys else REFETCH_S):
                keys = _keys(self._outbound.get_json(jwks_uri))
                self._read = (jwks_uri, self._clock.now(), keys)
            return keys.get(kid)

    def clear(self) -> None:
        """Forget what was read."""
        with self._lock:
            self._read = ("", 0, {})


def _keys(document: Any) -> dict[str, RSAKey]:
    found: dict[str, RSAKey] = {}
    members = document.get("keys") if isinstance(document, dict) else None
    for member in members if isinstance(members, list) else []:
        try:
            key = RSAKey.import_key(member)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
        found[str(key.kid)] = key
    return found
