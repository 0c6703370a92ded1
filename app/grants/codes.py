"""Authorization codes: sealed values that carry everything the exchange needs. Issuing one writes nothing into the truth.

Of a request that said too much for an address, the hash travels, and the rest waits in the ephemeral store.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.keys.sealing import Sealer, Unsealable
from app.storage.clock import Clock
from app.storage.ephemeral.base import Ephemeral
from app.storage.ids import born, uuid7

PURPOSE = "code"
HEAD = struct.Struct(">16s16s16s16sQ")
LONGEST = 1_000
"""Characters of a code."""
PARKED = b"p"
"""What begins a tail that waits elsewhere; any other is a JSON list."""
AHEAD_MS = 10_000
"""How much the clock of the machine that made a code may be ahead of ours."""


class BadCode(Exception):
    """Not a code of ours, or too old."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for (RFC 6749 §4.1.3, RFC 7636 §4.4). Times in ms."""

    id: UUID
    identity_id: UUID
    session_id: UUID
    link_id: UUID
    client_id: str
    redirect_hash: str
    challenge: str
    scope: str
    nonce: str
    resource: str
    auth_time: int
    acr: str
    amr: tuple[str, ...]
    extras: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Members that few requests have."""


class Codes:
    """Seals and opens codes."""

    def __init__(self, sealer: Sealer, ephemeral: Ephemeral, clock: Clock, life_s: int) -> None:
        self._sealer, self._ephemeral, self._clock, self._life_ms = sealer, ephemeral, clock, life_s * 1000

    def new_id(self) -> UUID:
        """An id for a code; its time of birth is in it."""
        return uuid7(self._clock.now())

    def seal(self, code: Code) -> str:
        """The text given to the service. Bound to client, redirect URI, challenge, nonce, session, identity (SR-027).

        May raise EphemeralDown for one that would be too long.
        """
        head = HEAD.pack(
            code.id.bytes, code.identity_id.bytes, code.session_id.bytes, code.link_id.bytes, code.auth_time
        )
        values = [
            code.client_id,
            code.redirect_hash,
            code.challenge,
            code.scope,
            code.nonce,
            code.resource,
            code.acr,
            code.extras,
            *code.amr,
        ]
        tail = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
        text = self._sealer.seal(PURPOSE, head + tail)
        if len(text) <= LONGEST:
            return text
        self._ephemeral.put(_key(code.id), tail, self._life_ms + 2 * AHEAD_MS)
        return self._sealer.seal(PURPOSE, head + PARKED + hashlib.sha256(tail).digest())

    def open(self, text: str) -> Code:
        """The code, if it is ours and not older than its life. Raises BadCode, or EphemeralDown for a long one."""
        try:
            raw = self._sealer.open(PURPOSE, text)
        except Unsealable:
            raise BadCode("not a code") from None
        ids, auth_time = HEAD.unpack_from(raw)[:4], HEAD.unpack_from(raw)[4]
        code_id, identity, session, link = (UUID(bytes=part) for part in ids)
        if not -AHEAD_MS <= self._clock.now() - born(code_id) < self._life_ms:
            raise BadCode("expired")
        tail = self._whole(code_id, raw[HEAD.size :])
        client, redirect, challenge, scope, nonce, resource, acr, extras, *amr = json.loads(tail)
        return Code(
            code_id,
            identity,
            session,
            link,
            client,
            redirect,
            challenge,
            scope,
            nonce,
            resource,
            auth_time,
            acr,
            tuple(amr),
            extras,
        )

    def _whole(self, code_id: UUID, tail: bytes) -> bytes:
        """The tail, from where it waits if it does. Reading it spends nothing: the grant's row does that."""
        if not tail.startswith(PARKED):
            return tail
        found = self._ephemeral.get(_key(code_id))
        if found is None or hashlib.sha256(found).digest() != tail[len(PARKED) :]:
            raise BadCode("what it stands for is kept no more")
        return found


def redirect_hash(uri: str) -> str:
    """What a code keeps of its redirect URI."""
    return hashlib.sha256(uri.encode()).hexdigest()[:32]


def _key(code_id: UUID) -> str:
    return f"code:{code_id}"
