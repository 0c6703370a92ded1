"""Keyed hashes by which people are found. Without the key, every number could be tried one by one (SR-170)."""

import hashlib
import hmac

from app.keys.keyring import Keyring


class LookupHasher:
    """Hashes a kind and a canonical value under every live key version: a version can be changed online (SR-172)."""

    def __init__(self, keyring: Keyring) -> None:
        self._keys = tuple((key.number, key.secret) for key in keyring.all("lookup"))

    def hashes(self, kind: str, value: str) -> list[tuple[int, bytes]]:
        """(version, 32 bytes) for each live version, current first."""
        message = kind.encode() + b"\0" + value.encode()
        return [(number, hmac.digest(key, message, hashlib.sha256)) for number, key in self._keys]

    def current(self, kind: str, value: str) -> bytes:
        """The hash under the current version."""
        return self.hashes(kind, value)[0][1]
