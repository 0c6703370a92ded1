"""Blocking and unblocking an identity, by an operator."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from app.events import audit, outbox
from app.grants import revocation
from app.identity.tables import identities
from app.sessions.browser import BrowserSessions
from app.storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Blocked:
    """What ended with it."""

    sessions: int
    grants: int


def block(
    tx: Transaction, sessions: BrowserSessions, identity: UUID, now: int, *, actor: str, reason: str
) -> Blocked | None:
    """Stop an identity: no sign-in, no token; its sessions and grants end, each service is left word.

    None when it was not active; then nothing happens.
    """
    if not _move(tx, identity, "active", "blocked", now):
        return None
    ended = sessions.end_all(tx, identity, "blocked")
    grants = revocation.end_all(tx, identity, "blocked", now)
    for client_id, sub, sid in sorted({(one.client_id, one.sub, one.sid or "") for one in grants}):
        outbox.put(tx, "session.ended", now, identity, client_id, {"sub": sub, "sid": sid or None})
    detail = {"reason": reason, "sessions": len(ended), "grants": len(grants)}
    audit.record(tx, "identity.blocked", now, identity=identity, actor=actor, detail=detail)
    return Blocked(len(ended), len(grants))


def unblock(tx: Transaction, identity: UUID, now: int, *, actor: str, reason: str) -> bool:
    """Let a blocked identity sign in again; what was ended stays ended. False when it was not blocked."""
    if not _move(tx, identity, "blocked", "active", now):
        return False
    audit.record(tx, "identity.unblocked", now, identity=identity, actor=actor, detail={"reason": reason})
    return True


def _move(tx: Transaction, identity: UUID, old: str, new: str, now: int) -> bool:
    """Change the status if it is what we think. The identity row is the lock of everything that issues."""
    statement = (
        update(identities)
        .where(identities.c.id == identity, identities.c.status == old)
        .values(status=new, changed_at=now)
        .returning(identities.c.id)
    )
    return tx.execute(statement).first() is not None
