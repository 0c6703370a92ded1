"""Authorization requests that their service pushed to us beforehand (RFC 9126); they wait in the ephemeral store.

What is kept outlives the reference: a person may sign in for a while after having come with it in time. Taking what is
kept spends it, for everybody at once; a store that was lost has spent everything.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral
from config.limits import LifetimeSettings

PREFIX = "urn:ietf:params:oauth:request_uri:"
"""RFC 9126 §2.2."""
LONGEST = 128
"""Characters of a reference that is looked for."""


class PushedRequests:
    """Keeps, finds and spends pushed requests. Every method may raise EphemeralDown."""

    def __init__(self, ephemeral: Ephemeral, clock: Clock, lifetimes: LifetimeSettings) -> None:
        self._ephemeral, self._clock, self._life_ms = ephemeral, clock, lifetimes.pushed_request_s * 1000
        # Two asks, as a POSTed request gets a second one when its browser has come back by GET.
        self._kept_ms = self._life_ms + 2 * lifetimes.ask_s * 1000

    def push(self, client_id: str, parameters: Mapping[str, str]) -> str:
        """Keep a validated request; returns its `request_uri`, of 192 random bits (RFC 9126 §7.1)."""
        request_uri = PREFIX + secrets.token_urlsafe(24)
        kept = {"c": client_id, "p": dict(parameters), "u": self._clock.now() + self._life_ms}
        raw = json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode()
        self._ephemeral.put(_key(request_uri), raw, self._kept_ms)
        return request_uri

    def find(self, request_uri: str, client_id: str) -> Mapping[str, str] | None:
        """Its parameters, if this client pushed it a moment ago and nothing was answered to it yet (SR-021)."""
        raw = self._ephemeral.get(_key(request_uri)) if len(request_uri) <= LONGEST else None
        if raw is None:
            return None
        kept: Mapping[str, Any] = json.loads(raw)
        if kept["c"] != client_id or self._clock.now() >= kept["u"]:
            return None
        parameters: Mapping[str, str] = kept["p"]
        return parameters

    def spend(self, request_uri: str) -> bool:
        """Whether it may be answered now. Of many at once exactly one hears yes (RFC 9126 §7.3)."""
        return self._ephemeral.take(_key(request_uri)) is not None


def _key(request_uri: str) -> str:
    return "pushed:" + hashlib.sha256(request_uri.encode()).hexdigest()
