"""Grant rows: who may have one, making one exactly once for a code, and reading one by the place in a token."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from app.grants.codes import Code
from app.grants.tables import consents, grants
from app.identity.tables import identities, subjects
from app.sessions.tables import sessions
from app.storage.upsert import insert_ignore

LIVING = ("active", "merged")
LIVES = or_(*(identities.c.status == status for status in LIVING))
"""The same as a condition. Not IN: its parameters are expanded anew at each execution."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an identity may do with a client right now."""

    active: bool
    consented: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    """Scopes that were shown and left switched off: not asked for again on every visit."""
    decided_at: int = -1
    """When the person last decided, ms."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A code's person and session are alive; `sub` is None where the sector does not know the identity yet."""

    sub: str | None


_STANDING = (
    select(
        identities.c.status,
        consents.c.scope,
        consents.c.left_out,
        consents.c.given_at,
        consents.c.withdrawn_at,
    )
    .select_from(
        identities.outerjoin(
            consents,
            and_(consents.c.identity_id == identities.c.id, consents.c.client_id == bindparam("client")),
        )
    )
    .where(identities.c.id == bindparam("identity"))
)

_ADMISSION = (
    select(subjects.c.sub)
    .select_from(
        identities.join(sessions, sessions.c.identity_id == identities.c.id).outerjoin(
            subjects,
            and_(
                subjects.c.identity_id == identities.c.id,
                subjects.c.sector == bindparam("sector"),
                subjects.c.alias == 0,
            ),
        )
    )
    .where(
        identities.c.id == bindparam("identity"),
        LIVES,
        sessions.c.id == bindparam("session"),
        sessions.c.ended_at.is_(None),
    )
    .with_for_update(read=True, of=[identities, sessions])
)

_LIVE = (
    select(grants, identities.c.status)
    .select_from(grants.join(identities, identities.c.id == grants.c.identity_id))
    .where(grants.c.identity_id == bindparam("identity"), grants.c.id == bindparam("grant"))
)


def standing(tx: Session, identity: UUID, client_id: str) -> Standing:
    """Whether the identity is active, and what it has decided about this client. One keyed read."""
    row = tx.execute(_STANDING, {"identity": identity, "client": client_id}).first()
    if row is None:
        return Standing(active=False)
    active = row.status in LIVING
    if row.given_at is None or row.withdrawn_at is not None:
        return Standing(active)
    return Standing(active, frozenset(row.scope.split()), frozenset(row.left_out.split()), row.given_at)


def admit(tx: Session, code: Code, sector: str) -> Admission | None:
    """Read the identity and the session of a code FOR SHARE: neither can end before the grant stands."""
    values = {"identity": code.identity_id, "session": code.session_id, "sector": sector}
    row = tx.execute(_ADMISSION, values).first()
    return Admission(row.sub) if row else None


def insert(tx: Session, values: dict[str, Any]) -> bool:
    """Make the grant of a code. The primary key is the code's id: False when the code was redeemed before."""
    return insert_ignore(tx, grants, values)


def live(tx: Session, identity: UUID, grant: UUID) -> Row[Any] | None:
    """The row of a grant that has not ended and whose person may still be served."""
    row = tx.execute(_LIVE, {"identity": identity, "grant": grant}).first()
    if row is None or row.ended_at is not None or row.status not in LIVING:
        return None
    return row
