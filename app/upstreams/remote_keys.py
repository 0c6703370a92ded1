"""An upstream's public keys, fetched when needed and not more often (SR-201)."""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from app.storage.clock import Clock
from app.upstreams import answers
from app.upstreams.base import UpstreamError
from app.upstreams.http import Http

log = logging.getLogger("mostid.upstreams")

PAUSE_MS = 10_000
"""Between two fetches of a process, whatever key ids tokens come with."""
FRESH_MS = 3_600_000
LEAST_BITS, MOST_BITS = 2048, 8192


class RemoteKeys:
    """RSA keys by key id. One thread fetches while others wait; what was fetched last serves while fetching fails."""

    def __init__(self, upstream: str, url: str, http: Http, clock: Clock) -> None:
        self._upstream, self._url, self._http, self._clock = upstream, url, http, clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, RSAKey] = {}
        self._fetched_at: int | None = None
        self._tried_at: int | None = None

    def get(self, kid: str) -> RSAKey | None:
        """The key of this id; None if the upstream has none. Raises UpstreamError where it cannot be known now."""
        known = kid in self._keys
        if known and not self._is_over(self._fetched_at, FRESH_MS):
            return self._keys[kid]
        if not self._lock.acquire(blocking=not known):
            return self._keys.get(kid)
        try:
            return self._look_up(kid)
        finally:
            self._lock.release()

    def _look_up(self, kid: str) -> RSAKey | None:
        failure = UpstreamError(self._upstream, "unavailable", "keys were asked for a moment ago")
        if kid in self._keys and not self._is_over(self._fetched_at, FRESH_MS):
            return self._keys[kid]
        if self._is_over(self._tried_at, PAUSE_MS):
            self._tried_at = self._clock.now()
            try:
                self._keys = self._fetch()
                self._fetched_at = self._tried_at
                return self._keys.get(kid)
            except UpstreamError as error:
                log.warning("keys not fetched", extra={"upstream": self._upstream, "kind": error.kind})
                failure = error
        if kid not in self._keys:
            raise failure
        return self._keys[kid]

    def _is_over(self, since: int | None, life_ms: int) -> bool:
        """Whether so much time has passed. A clock that was set back does not stretch it (SR-199)."""
        return since is None or abs(self._clock.now() - since) >= life_ms

    def _fetch(self) -> Mapping[str, RSAKey]:
        response = self._http.get(self._upstream, self._url)
        if not response.is_success:
            raise UpstreamError(self._upstream, "unavailable", f"status {response.status}")
        listed = answers.read_object(self._upstream, response, keys=list)["keys"]
        found = [(jwk["kid"], _key(jwk)) for jwk in listed if isinstance(jwk, dict) and _is_usable(jwk)]
        ids = [kid for kid, _ in found]
        keys = {kid: key for kid, key in found if key is not None and ids.count(kid) == 1}
        if not keys:
            raise UpstreamError(self._upstream, "malformed", "no key that can be used")
        return keys


def _is_usable(jwk: Mapping[str, Any]) -> bool:
    """Whether it is a key for RS256 signatures with an id (RFC 7517 §4)."""
    return (
        jwk.get("kty") == "RSA"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "RS256") == "RS256"
        and isinstance(jwk.get("kid"), str)
    )


def _key(jwk: Mapping[str, Any]) -> RSAKey | None:
    """The public half, if it is strong enough (RFC 7518 §3.3) and small enough to be computed with."""
    try:
        n, e = str(jwk["n"]), str(jwk["e"])
        if not LEAST_BITS <= int.from_bytes(urlsafe_b64decode(n.encode())).bit_length() <= MOST_BITS:
            return None
        return RSAKey.import_key({"kty": "RSA", "n": n, "e": e})
    except (JoseError, ValueError, KeyError):
        return None
