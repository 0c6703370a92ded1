"""Ending grants: one, those of a session, or all of a person. The row's reason is the record."""

from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from app.grants.tables import grants


def end(tx: Session, identity: UUID, grant: UUID, client_id: str, reason: str, now: int) -> bool:
    """End one grant of this client. False when it was not the client's, or had ended. One statement (RFC 7009 §2.1)."""
    statement = (
        update(grants)
        .where(
            grants.c.identity_id == identity,
            grants.c.id == grant,
            grants.c.client_id == client_id,
            grants.c.ended_at.is_(None),
        )
        .values(ended_at=now, ended_reason=reason)
        .returning(grants.c.id)
    )
    return tx.execute(statement).first() is not None


def end_of_session(
    tx: Session, identity: UUID, session: UUID, reason: str, now: int
) -> list[Row[tuple[str, str, str]]]:
    """End the grants of a session that were not given for offline use; returns client_id, sub, sid of each."""
    statement = (
        update(grants)
        .where(grants.c.identity_id == identity, grants.c.session_id == session, grants.c.ended_at.is_(None))
        .values(ended_at=now, ended_reason=reason)
        .returning(grants.c.client_id, grants.c.sub, grants.c.sid)
    )
    return list(tx.execute(statement).all())


def end_all(tx: Session, identity: UUID, reason: str, now: int) -> int:
    """End every grant of a person, offline ones too; returns how many were live."""
    statement = (
        update(grants)
        .where(grants.c.identity_id == identity, grants.c.ended_at.is_(None))
        .values(ended_at=now, ended_reason=reason)
        .returning(grants.c.id)
    )
    return len(tx.execute(statement).all())


def clients_of_session(tx: Session, identity: UUID, session: UUID) -> list[str]:
    """The services that a session has signed in to, for the signed-out page."""
    statement = select(grants.c.client_id).where(
        grants.c.identity_id == identity, grants.c.session_id == session, grants.c.ended_at.is_(None)
    )
    return sorted({row.client_id for row in tx.execute(statement)})
