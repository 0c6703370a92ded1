"""Refresh tokens: one family a grant, in the grant's row.

The token is seal(identity, grant, generation, family secret), always the same text for the same values. The row holds
the generation and a hash of the secret: neither a dump of the database nor the sealing key alone forges a token.
"""

import hashlib
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, bindparam, select, update

from app.events import audit
from app.grants.living import moment, served
from app.grants.tables import grants
from app.keys.sealing import Sealer, Unsealable
from app.storage.clock import Clock
from app.storage.database import Transaction
from app.storage.now import database_now
from config.limits import LifetimeSettings

PURPOSE = "refresh"
LAYOUT = struct.Struct(">16s16sI32s")


class BadRefreshToken(Exception):
    """Not a refresh token of ours."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a refresh token says."""

    identity_id: UUID
    grant_id: UUID
    generation: int
    secret: bytes

    @property
    def hash(self) -> bytes:
        """What the row keeps of the family secret."""
        return hashlib.sha256(self.secret).digest()


@dataclass(frozen=True, slots=True)
class Rotated:
    """The grant after a rotation, and the successor of the token that was presented."""

    grant: Row[Any]
    token: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """An older generation was presented: the grant has just been ended (SR-036)."""

    grant: Row[Any]


class RefreshTokens:
    """Makes, opens and rotates refresh tokens."""

    def __init__(self, sealer: Sealer, clock: Clock, lifetimes: LifetimeSettings) -> None:
        self._sealer, self._clock, self._lifetimes = sealer, clock, lifetimes
        self._rotate, self._look = self._rotation(+1), self._look_again()
        self._use = self._rotation(0)

    def new(self, identity: UUID, grant: UUID) -> tuple[str, bytes, int]:
        """The first token of a family, the hash of its secret, and the key version it is sealed with."""
        token, version = RefreshToken(identity, grant, 1, secrets.token_bytes(32)), self._sealer.current
        return self._seal(token, version), token.hash, version

    def open(self, text: str) -> RefreshToken:
        """Read a token. Raises BadRefreshToken."""
        try:
            raw, _version = self._sealer.open_same(PURPOSE, text)
            identity, grant, generation, secret = LAYOUT.unpack(raw)
        except (Unsealable, struct.error):
            raise BadRefreshToken from None
        return RefreshToken(UUID(bytes=identity), UUID(bytes=grant), generation, secret)

    def rotate(
        self, tx: Transaction, token: RefreshToken, client_id: str, *, keep: bool = False
    ) -> Rotated | Replayed | None:
        """Spend this token and make its successor, in one statement (SR-037).

        A lost answer may be asked for again for a moment and gets the same successor (SR-035). Anything older
        ends the grant. None: the grant has ended, expired, or belongs to another client.

        With `keep` the token stays good and is its own successor (FAPI 2.0 SP §5.3.2.1): it comes back as it was, or
        sealed anew where the sealing key has changed.
        """
        now = self._clock.now()
        values = {
            "identity": token.identity_id,
            "grant": token.grant_id,
            "held": token.generation,
            "hash": token.hash,
            "client": client_id,
            "idle_since": now - self._lifetimes.refresh_idle_s * 1000,
            "version": self._sealer.current,
        } | moment(now, self._lifetimes)
        row = tx.execute(self._use if keep else self._rotate, values).first()
        if row is not None:
            return Rotated(row, self._seal(token if keep else _successor(token), row.seal_version))
        return self._retry(tx, token, values, now)

    def is_current(self, row: Row[Any], token: RefreshToken) -> bool:
        """Whether this is the token that may be used next, and it may still be."""
        if row.secret_hash is None or row.generation != token.generation:
            return False
        return (
            secrets.compare_digest(row.secret_hash, token.hash) and self.usable_until(row) > self._clock.now()
        )

    def usable_until(self, row: Row[Any]) -> int:
        """When a family ends if it is not used again, ms (SR-039)."""
        idle: int = row.rotated_at + self._lifetimes.refresh_idle_s * 1000
        absolute: int = row.refresh_until
        return min(idle, absolute)

    def _retry(
        self, tx: Transaction, token: RefreshToken, values: Mapping[str, Any], now: int
    ) -> Rotated | Replayed | None:
        """Why nothing was rotated. Whoever is not served any more, holds nothing of ours or too much gets None."""
        row = tx.execute(self._look, values).first()
        if row is None:
            return None
        window = self._lifetimes.refresh_retry_s * 1000
        if row.generation == token.generation + 1 and row.now - row.rotated_at <= window:
            return Rotated(row, self._seal(_successor(token), row.seal_version))
        if row.generation > token.generation:
            self._end_replayed(tx, row, now)
            return Replayed(row)
        return None

    def _end_replayed(self, tx: Transaction, row: Row[Any], now: int) -> None:
        """End the family and leave the alert, once, however many replays come at a time."""
        ended = (
            update(grants)
            .where(
                grants.c.identity_id == row.identity_id, grants.c.id == row.id, grants.c.ended_at.is_(None)
            )
            .values(ended_at=now, ended_reason="refresh_replayed")
            .returning(grants.c.id)
        )
        if tx.execute(ended).first() is None:
            return
        detail = {"grant": str(row.id), "generation": row.generation}
        audit.record(
            tx,
            "grant.refresh_replayed",
            now,
            identity=row.identity_id,
            actor="service",
            client_id=row.client_id,
            detail=detail,
        )

    def _rotation(self, steps: int) -> Any:
        """The one UPDATE: of many at once exactly one finds the generation that it holds, unless that stays."""
        return (
            update(grants)
            .where(*_presented(), grants.c.generation == bindparam("held"))
            .values(
                generation=grants.c.generation + steps,
                rotated_at=database_now(self._clock),
                seal_version=bindparam("version"),
            )
            .returning(*grants.c)
        )

    def _look_again(self) -> Any:
        """The same family, whatever its generation, and the time by the clock that wrote `rotated_at`."""
        return select(grants, database_now(self._clock).label("now")).where(*_presented())

    def _seal(self, token: RefreshToken, version: int) -> str:
        raw = LAYOUT.pack(token.identity_id.bytes, token.grant_id.bytes, token.generation, token.secret)
        return self._sealer.seal_same(PURPOSE, raw, version)


def _presented() -> tuple[ColumnElement[bool], ...]:
    """A family of this client, with this secret, that may still be used. Person and session cannot end meanwhile."""
    return (
        grants.c.identity_id == bindparam("identity"),
        grants.c.id == bindparam("grant"),
        grants.c.secret_hash == bindparam("hash"),
        grants.c.client_id == bindparam("client"),
        grants.c.refresh_until > bindparam("now"),
        grants.c.rotated_at > bindparam("idle_since"),
        served(held=True),
    )


def _successor(token: RefreshToken) -> RefreshToken:
    return RefreshToken(token.identity_id, token.grant_id, token.generation + 1, token.secret)
