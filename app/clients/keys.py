"""The public keys of a client, by which its assertions and request objects are verified."""

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from app.clients.client import Client
from app.keys.certificates import Certificate
from app.keys.foreign import BadForeign, Foreign
from app.keys.jwk import BadKey, PublicKey, usable
from app.storage.clock import Clock
from app.storage.database import Unavailable
from app.upstreams.base import UpstreamError
from app.upstreams.guarded import GuardedFetch

log = logging.getLogger("mostid.clients")

PURPOSE = "client_keys"
PAUSE_MS = 10_000
"""Between two fetches for a client in a process, whatever key ids tokens come with."""
FRESH_MS = 3_600_000
"""After so long a copy is renewed before it serves."""
LAST_MS = 2 * FRESH_MS
"""A copy that could not be renewed serves until then: whoever lost its keys may have taken its address away."""
CAPACITY = 1_000
PATIENCE_S = 3.5
"""How long a request waits while another one fetches what it needs too."""
ACCEPT = "application/jwk-set+json, application/json"

Keys = tuple[PublicKey, ...]


@dataclass(slots=True)
class _Copy:
    """What was read at a jwks_uri last, and when it was tried."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: Keys = ()
    fetched_at: int | None = None
    tried_at: int | None = None


class ClientKeys:
    """Finds a client's keys, wherever it keeps them. Must not be asked within a transaction: it may call the client."""

    def __init__(self, fetch: GuardedFetch, clock: Clock, waiting: int) -> None:
        """`waiting`: how many requests may wait for keys at a time, so that slow clients hold up only themselves."""
        self._fetch, self._clock = fetch, clock
        self._slots = threading.BoundedSemaphore(waiting)
        self._lock = threading.Lock()
        self._copies: OrderedDict[tuple[str, str], _Copy] = OrderedDict()

    def check(self, client: Client, token: Foreign) -> None:
        """Pass if one of the client's keys made this signature.

        Raises BadForeign; Unavailable when too many others are waiting for keys.
        A key without an id is not missed when another one has taken its place: what our copy does not verify makes us
        ask the client again, as often as an unknown id does.
        """

        def fitting(keys: Keys) -> list[PublicKey]:
            return _fitting(keys, token.kid, token.algorithm)

        try:
            token.check(self._found(client, fitting))
        except BadForeign:
            uri = client.metadata.jwks_uri
            copy = self._copy((client.client_id, uri)) if uri else None
            if copy is None or not self._is_over(copy.tried_at, PAUSE_MS):
                raise
            token.check(self._renewed(copy, client, fitting))

    def of_certificate(self, client: Client, certificate: Certificate) -> list[PublicKey]:
        """Those that a certificate is for (RFC 8705 §2.2). Raises Unavailable as `check` does."""
        return self._found(
            client, lambda keys: [key for key in keys if key.use != "enc" and certificate.holds(key)]
        )

    def recipient(self, client: Client, algorithm: str) -> PublicKey | None:
        """The key to encrypt to by this algorithm (OIDC Core §10.2); None where there is none that fits.

        One that is kept for it goes before one that is for everything. Raises Unavailable as `check` does.
        """
        found = self._found(client, lambda keys: encrypting(keys, algorithm))
        return found[0] if found else None

    def _found(self, client: Client, fitting: Callable[[Keys], list[PublicKey]]) -> list[PublicKey]:
        uri = client.metadata.jwks_uri
        if not uri:
            return fitting(client.keys)
        copy = self._copy((client.client_id, uri))
        found = fitting(self._kept(copy))
        if found and not self._is_over(copy.fetched_at, FRESH_MS):
            return found
        if not found and not self._is_over(copy.tried_at, PAUSE_MS) and not copy.lock.locked():
            return found
        return self._renewed(copy, client, fitting)

    def _renewed(
        self, copy: _Copy, client: Client, fitting: Callable[[Keys], list[PublicKey]]
    ) -> list[PublicKey]:
        """What there is after a fetch, by this thread or by another; who has a former copy waits for nobody."""
        known = fitting(self._kept(copy))
        if not self._slots.acquire(blocking=False):
            if known:
                return known
            raise Unavailable("too many requests wait for clients' keys")
        try:
            if copy.lock.acquire(timeout=0 if known else PATIENCE_S):
                try:
                    self._renew(copy, client)
                finally:
                    copy.lock.release()
            return fitting(self._kept(copy))
        finally:
            self._slots.release()

    def _renew(self, copy: _Copy, client: Client) -> None:
        if not self._is_over(copy.tried_at, PAUSE_MS):
            return
        copy.tried_at = self._clock.now()
        try:
            copy.keys = self._read(client.metadata.jwks_uri)
            copy.fetched_at = copy.tried_at
        except (UpstreamError, BadKey) as error:
            log.warning("client's keys not fetched", extra={"client": client.client_id, "cause": str(error)})

    def _read(self, uri: str) -> Keys:
        response = self._fetch.get(PURPOSE, uri, ACCEPT)
        if response.status != 200:
            raise UpstreamError(PURPOSE, "unavailable", f"status {response.status}")
        try:
            return usable(json.loads(response.body))
        except (ValueError, RecursionError):
            raise BadKey("it is no JSON") from None

    def _kept(self, copy: _Copy) -> Keys:
        """The keys of a copy, while it may serve."""
        return () if self._is_over(copy.fetched_at, LAST_MS) else copy.keys

    def _copy(self, place: tuple[str, str]) -> _Copy:
        with self._lock:
            copy = self._copies.setdefault(place, _Copy())
            self._copies.move_to_end(place)
            if len(self._copies) > CAPACITY:
                self._copies.popitem(last=False)
            return copy

    def _is_over(self, since: int | None, life_ms: int) -> bool:
        """Whether so much time has passed. A clock that was set back does not stretch it (SR-199)."""
        return since is None or abs(self._clock.now() - since) >= life_ms


def _fitting(keys: Keys, kid: str | None, algorithm: str) -> list[PublicKey]:
    """Keys for an algorithm; a key without an id answers to none that is named (RFC 7515 §4.1.4)."""
    return [key for key in keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]


def encrypting(keys: Keys, algorithm: str) -> list[PublicKey]:
    """Keys that may be encrypted to by an algorithm, those that are for nothing else first."""
    return sorted((key for key in keys if key.encryption == algorithm), key=lambda key: key.use != "enc")
