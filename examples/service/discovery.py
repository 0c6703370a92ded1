"""What the provider says of itself (OIDC Discovery §4), and its public keys."""

import threading
from collections.abc import Callable
from typing import Any

import httpx2
from joserfc.jwk import KeySet

CACHE_S = 3_600
KEYS_AT_MOST_EVERY_S = 30
"""An unknown key id makes us fetch the keys again, but not more often: anybody can write a key id into a token."""


class WrongProvider(Exception):
    """The document found at the issuer's address is not the issuer's."""


class Discovery:
    """The metadata and the keys of one issuer, kept for an hour."""

    def __init__(self, issuer: str, http: httpx2.Client, now: Callable[[], float]) -> None:
        self.issuer = issuer
        self._http, self._now, self._lock = http, now, threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._metadata_at = self._keys_at = float("-inf")
        self._keys = KeySet([])

    def metadata(self) -> dict[str, Any]:
        """The document of RFC 8414 §2. Raises WrongProvider, httpx2.HTTPError."""
        with self._lock:
            if self._now() - self._metadata_at > CACHE_S:
                self._metadata = self._load()
                self._metadata_at = self._now()
            return self._metadata

    def keys(self, *, again: bool = False) -> KeySet:
        """The key set; `again`: a token names a key that is not in it. Raises WrongProvider, httpx2.HTTPError."""
        address = self.metadata()["jwks_uri"]
        with self._lock:
            age = self._now() - self._keys_at
            if age > (KEYS_AT_MOST_EVERY_S if again else CACHE_S):
                answer = self._http.get(address)
                answer.raise_for_status()
                self._keys = KeySet.import_key_set(answer.json())
                self._keys_at = self._now()
            return self._keys

    def _load(self) -> dict[str, Any]:
        answer = self._http.get(f"{self.issuer}/.well-known/openid-configuration")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        if found.get("issuer") != self.issuer:
            raise WrongProvider(f"{self.issuer} calls itself {found.get('issuer')!r}")  # OIDC Discovery §4.3
        return found
