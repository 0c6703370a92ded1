"""Open, find and end a browser's session.

The session's id never leaves us: the cookie seals identity, id and generation, so finding one is a primary-key read.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from app.keys.sealing import Sealer, Unsealable
from app.sessions.tables import sessions
from app.storage.clock import Clock
from app.storage.database import Transaction
from app.storage.ids import uuid7
from config.limits import LifetimeSettings

COOKIE = struct.Struct(">16s16sI")
PURPOSE = "session"
_ROW = select(sessions).where(
    sessions.c.identity_id == bindparam("identity"), sessions.c.id == bindparam("session")
)
_LOCKED_ROW = _ROW.with_for_update(key_share=True)
OF_A_PROOF = ("raised_at", "auth_time", "acr", "amr")
TOUCHES_IN_IDLE_LIFE = 50
"""A session's last use is written this many times at most over its idle life, not on every request."""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A live session and what was proved in it, as of the generation that the cookie names. Times in ms."""

    identity_id: UUID
    id: UUID
    link_id: UUID
    generation: int
    proved_at: int
    """When the proof came to us."""
    auth_time: int
    """When the person gave it, by whoever they gave it to."""
    acr: str
    amr: tuple[str, ...]
    shared: bool
    expires_at: int
    stale: bool
    """Its last use should be written down."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What a sign-in proved: which link, when (ms), how."""

    identity_id: UUID
    link_id: UUID
    auth_time: int
    acr: str
    amr: tuple[str, ...]


class BrowserSessions:
    """Session rows and their cookie values."""

    def __init__(self, sealer: Sealer, clock: Clock, lifetimes: LifetimeSettings) -> None:
        self._sealer, self._clock, self._lifetimes = sealer, clock, lifetimes

    def find(self, tx: Transaction, cookie: str | None) -> BrowserSession | None:
        """The live session that this cookie names; None for any other value. One statement."""
        named = self._open_cookie(cookie)
        return self.find_named(tx, *named) if named is not None else None

    def find_named(
        self, tx: Transaction, identity: UUID, session: UUID, generation: int
    ) -> BrowserSession | None:
        """The live session of this name, as a cookie of ours gave it. One statement."""
        row = tx.execute(_ROW, {"identity": identity, "session": session}).first()
        if row is None or row.ended_at is not None:
            return None
        return self._live(row, generation)

    def open(
        self,
        tx: Transaction,
        proved: Proved,
        browser_hash: bytes,
        *,
        shared: bool,
        known: BrowserSession | None,
    ) -> str:
        """A session for what was just proved; returns its cookie value.

        The same person in the same browser keeps the session, one generation higher: the former cookie dies
        (SR-082), but for a moment it still works at its old assurance, so that a lost answer signs nobody out.
        """
        if known is not None and known.identity_id == proved.identity_id:
            raised = self._raise(tx, proved, known, shared)
            if raised is not None:
                return self._cookie(proved.identity_id, known.id, raised)
        return self._insert(tx, proved, browser_hash, shared)

    def renew(self, tx: Transaction, known: BrowserSession, *, overlaps: bool) -> BrowserSession | None:
        """The same session, one generation up, by the same proof: its former cookie dies (SR-082).

        It dies at once, unless it `overlaps` for a moment, so that a lost answer signs nobody out.
        None where it has ended meanwhile, or its proof is another one: a former cookie never gains by it.
        """
        place = {"identity": known.identity_id, "session": known.id}
        row = tx.execute(_LOCKED_ROW, place).first()
        if row is None or row.ended_at is not None or not _is_of(known, row):
            return None
        tx.execute(
            update(sessions)
            .where(sessions.c.identity_id == known.identity_id, sessions.c.id == known.id)
            .values(generation=row.generation + 1, former=self._former(row) if overlaps else None)
        )
        return replace(known, generation=row.generation + 1)

    def end(self, tx: Transaction, identity: UUID, session: UUID, reason: str) -> bool:
        """End one session. False when it had ended before."""
        statement = (
            update(sessions)
            .where(
                sessions.c.identity_id == identity, sessions.c.id == session, sessions.c.ended_at.is_(None)
            )
            .values(ended_at=self._clock.now(), ended_reason=reason)
            .returning(sessions.c.id)
        )
        return tx.execute(statement).first() is not None

    def end_all(self, tx: Transaction, identity: UUID, reason: str) -> list[UUID]:
        """End every session of an identity; returns those that were live."""
        statement = (
            update(sessions)
            .where(sessions.c.identity_id == identity, sessions.c.ended_at.is_(None))
            .values(ended_at=self._clock.now(), ended_reason=reason)
            .returning(sessions.c.id)
        )
        return [row.id for row in tx.execute(statement)]

    def touch(self, tx: Transaction, session: BrowserSession) -> None:
        """Write down that a session is in use."""
        tx.execute(
            update(sessions)
            .where(sessions.c.identity_id == session.identity_id, sessions.c.id == session.id)
            .values(seen_at=self._clock.now())
        )

    def _live(self, row: Any, generation: int) -> BrowserSession | None:
        now, idle = self._clock.now(), self._lifetimes.session_idle_s * 1000
        if now >= row.expires_at or now >= row.seen_at + idle:
            return None
        proof: Mapping[str, Any] = {name: getattr(row, name) for name in OF_A_PROOF}
        if generation != row.generation:
            if generation != row.generation - 1 or row.former is None:
                return None
            if now >= row.former.get("until", 0):  # rows of before do not say
                return None
            proof = row.former
        stale = now - row.seen_at > idle // TOUCHES_IN_IDLE_LIFE
        return BrowserSession(
            row.identity_id,
            row.id,
            row.link_id,
            generation,
            proof["raised_at"],
            proof["auth_time"],
            proof["acr"],
            tuple(proof["amr"]),
            row.shared,
            row.expires_at,
            stale,
        )

    def _raise(self, tx: Transaction, proved: Proved, known: BrowserSession, shared: bool) -> int | None:
        """One generation up, unless the session ended meanwhile.

        What the former cookie is still worth comes from the row: `known` may be of an older generation.
        """
        now, place = self._clock.now(), {"identity": known.identity_id, "session": known.id}
        row = tx.execute(_LOCKED_ROW, place).first()
        if row is None or row.ended_at is not None:
            return None
        raised: int = row.generation + 1
        tx.execute(
            update(sessions)
            .where(sessions.c.identity_id == known.identity_id, sessions.c.id == known.id)
            .values(
                generation=raised,
                raised_at=now,
                former=self._former(row),
                link_id=proved.link_id,
                auth_time=proved.auth_time,
                acr=proved.acr,
                amr=list(proved.amr),
                shared=shared,
                seen_at=now,
                expires_at=self._end_of_life(now, shared),
            )
        )
        return raised

    def _former(self, row: Any) -> dict[str, Any]:
        """What the cookie of the generation before is still worth, and until when."""
        until = self._clock.now() + self._lifetimes.session_overlap_s * 1000
        return {name: getattr(row, name) for name in OF_A_PROOF} | {"until": until}

    def _insert(self, tx: Transaction, proved: Proved, browser_hash: bytes, shared: bool) -> str:
        now = self._clock.now()
        session = uuid7(now)
        tx.execute(
            insert(sessions).values(
                identity_id=proved.identity_id,
                id=session,
                link_id=proved.link_id,
                generation=1,
                raised_at=now,
                auth_time=proved.auth_time,
                acr=proved.acr,
                amr=list(proved.amr),
                browser_hash=browser_hash,
                shared=shared,
                created_at=now,
                seen_at=now,
                expires_at=self._end_of_life(now, shared),
            )
        )
        return self._cookie(proved.identity_id, session, 1)

    def _end_of_life(self, now: int, shared: bool) -> int:
        lifetimes = self._lifetimes
        return now + (lifetimes.session_shared_s if shared else lifetimes.session_absolute_s) * 1000

    def cookie(self, session: BrowserSession) -> str:
        """The cookie value that names a session as it stands."""
        return self._cookie(session.identity_id, session.id, session.generation)

    def _cookie(self, identity: UUID, session: UUID, generation: int) -> str:
        return self._sealer.seal(PURPOSE, COOKIE.pack(identity.bytes, session.bytes, generation))

    def _open_cookie(self, cookie: str | None) -> tuple[UUID, UUID, int] | None:
        if not cookie:
            return None
        try:
            identity, session, generation = COOKIE.unpack(self._sealer.open(PURPOSE, cookie))
        except (Unsealable, struct.error):
            return None
        return UUID(bytes=identity), UUID(bytes=session), generation


def _is_of(known: BrowserSession, row: Any) -> bool:
    """Whether a session as its cookie knows it stands on the proof that its row has now."""
    proof = (row.raised_at, row.auth_time, row.acr, tuple(row.amr))
    return proof == (known.proved_at, known.auth_time, known.acr, known.amr)
