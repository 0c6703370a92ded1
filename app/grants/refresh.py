"""Refresh tokens: one family a grant, in the grant's row.

The token is seal(identity, grant, generation, family secret), always the same text for the same values. The row holds
the generation and a hash of the secret: neither a dump of the database nor the sealing key alone forges a token.
"""

import hashlib
import secrets
import struct
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.events import audit
from app.grants.grants import LIVES
from app.grants.tables import grants
from app.identity.tables import identities
from app.keys.sealing import Sealer, Unsealable
from app.sessions.tables import sessions
from app.storage.clock import Clock
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
        self._rotate = self._rotation()

    def new(self, identity: UUID, grant: UUID) -> tuple[str, bytes, int]:
        """The first token of a family, the hash of its secret, and the key version it is sealed with."""
        token = RefreshToken(identity, grant, 1, secrets.token_bytes(32))
        text = self._seal(token)
        return text, token.hash, self._sealer.open_same(PURPOSE, text)[1]

    def open(self, text: str) -> RefreshToken:
        """Read a token. Raises BadRefreshToken."""
        try:
            raw, _version = self._sealer.open_same(PURPOSE, text)
            identity, grant, generation, secret = LAYOUT.unpack(raw)
        except (Unsealable, struct.error):
            raise BadRefreshToken from None
        return RefreshToken(UUID(bytes=identity), UUID(bytes=grant), generation, secret)

    def rotate(self, tx: Session, token: RefreshToken, client_id: str) -> Rotated | Replayed | None:
        """Spend this token and make its successor, in one statement (SR-037).

        A lost answer may be asked for again for a moment and gets the same successor (SR-035). Anything older
        ends the grant. None: the grant has ended, expired, or belongs to another client.
        """
        now = self._clock.now()
        row = tx.execute(
            self._rotate,
            {
                "identity": token.identity_id,
                "grant": token.grant_id,
                "held": token.generation,
                "hash": token.hash,
                "client": client_id,
                "idle_since": now - self._lifetimes.refresh_idle_s * 1000,
                "now": now,
                "version": self._sealer.current,
            },
        ).first()
        if row is not None:
            return Rotated(row, self._seal(_successor(token), row.seal_version))
        return self._retry(tx, token, client_id, now)

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

    def _retry(self, tx: Session, token: RefreshToken, client_id: str, now: int) -> Rotated | Replayed | None:
        found = select(grants, database_now(self._clock).label("now")).where(
            grants.c.identity_id == token.identity_id, grants.c.id == token.grant_id
        )
        row = tx.execute(found).first()
        if row is None or row.ended_at is not None or row.client_id != client_id:
            return None
        if row.secret_hash is None or not secrets.compare_digest(row.secret_hash, token.hash):
            return None
        window = self._lifetimes.refresh_retry_s * 1000
        if row.generation == token.generation + 1 and row.now - row.rotated_at <= window:
            return Rotated(row, self._seal(_successor(token), row.seal_version))
        if row.generation > token.generation:
            self._end_replayed(tx, row, now)
            return Replayed(row)
        return None

    def _end_replayed(self, tx: Session, row: Row[Any], now: int) -> None:
        tx.execute(
            update(grants)
            .where(
                grants.c.identity_id == row.identity_id, grants.c.id == row.id, grants.c.ended_at.is_(None)
            )
            .values(ended_at=now, ended_reason="refresh_replayed")
        )
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

    def _rotation(self) -> Any:
        """The one UPDATE. It reads the identity's row FOR SHARE, so that no token is born while its person is blocked."""
        living = (
            select(identities.c.id)
            .where(identities.c.id == bindparam("identity"), LIVES)
            .with_for_update(read=True)
        )
        session = (
            select(sessions.c.id)
            .where(
                sessions.c.identity_id == grants.c.identity_id,
                sessions.c.id == grants.c.session_id,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > bindparam("now"),
            )
            .exists()
        )
        return (
            update(grants)
            .where(
                grants.c.identity_id == bindparam("identity"),
                grants.c.id == bindparam("grant"),
                grants.c.generation == bindparam("held"),
                grants.c.secret_hash == bindparam("hash"),
                grants.c.client_id == bindparam("client"),
                grants.c.ended_at.is_(None),
                grants.c.refresh_until > bindparam("now"),
                grants.c.rotated_at > bindparam("idle_since"),
                grants.c.identity_id.in_(living),
                or_(grants.c.session_id.is_(None), session),
            )
            .values(
                generation=grants.c.generation + 1,
                rotated_at=database_now(self._clock),
                seal_version=bindparam("version"),
            )
            .returning(*grants.c)
        )

    def _seal(self, token: RefreshToken, version: int | None = None) -> str:
        raw = LAYOUT.pack(token.identity_id.bytes, token.grant_id.bytes, token.generation, token.secret)
        return self._sealer.seal_same(PURPOSE, raw, version)


def _successor(token: RefreshToken) -> RefreshToken:
    return RefreshToken(token.identity_id, token.grant_id, token.generation + 1, token.secret)
