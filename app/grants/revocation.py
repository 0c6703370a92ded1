"""Ending grants: one, those of a session or a client, or all of a person. The row's reason is the record."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, select, update

from app.grants.tables import grants
from app.storage.database import Transaction


def end(tx: Transaction, identity: UUID, grant: UUID, client_id: str, reason: str, now: int) -> bool:
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


class Knower(NamedTuple):
    """A service that knew a session, and by what names."""

    client_id: str
    sub: str
    sid: str | None


def end_of_session(tx: Transaction, identity: UUID, session: UUID, reason: str, now: int) -> list[Knower]:
    """End the grants of a session that were not given for offline use.

    Returns everybody who must learn that the session is over: whoever holds an offline grant too (OIDC Back-Channel
    Logout §2.7). Each is named once, however many grants it had.
    """
    of_session = (
        grants.c.identity_id == identity, grants.c.session_id == session, grants.c.ended_at.is_(None),
    )  # fmt: skip
    names = (grants.c.client_id, grants.c.sub, grants.c.sid)
    ended = update(grants).where(*of_session, ~grants.c.offline).values(ended_at=now, ended_reason=reason)
    knowers = [*tx.execute(ended.returning(*names)), *tx.execute(select(*names).where(*of_session))]
    return [Knower(*row) for row in dict.fromkeys(tuple(row) for row in knowers)]


def end_of_client(tx: Transaction, identity: UUID, client_id: str, reason: str, now: int) -> int:
    """End every grant that a person gave one service; returns how many were live."""
    statement = (
        update(grants)
        .where(grants.c.identity_id == identity, grants.c.client_id == client_id, grants.c.ended_at.is_(None))
        .values(ended_at=now, ended_reason=reason)
        .returning(grants.c.id)
    )
    return len(tx.execute(statement).all())


def end_all(tx: Transaction, identity: UUID, reason: str, now: int) -> list[Row[tuple[str, str, str]]]:
    """End every grant of a person, offline ones too; returns client_id, sub, sid of each."""
    statement = (
        update(grants)
        .where(grants.c.identity_id == identity, grants.c.ended_at.is_(None))
        .values(ended_at=now, ended_reason=reason)
        .returning(grants.c.client_id, grants.c.sub, grants.c.sid)
    )
    return list(tx.execute(statement).all())


def clients_of_session(tx: Transaction, identity: UUID, session: UUID) -> list[str]:
    """The services that a session has signed in to, for the signed-out page."""
    statement = select(grants.c.client_id).where(
        grants.c.identity_id == identity, grants.c.session_id == session, grants.c.ended_at.is_(None)
    )
    return sorted({row.client_id for row in tx.execute(statement)})
