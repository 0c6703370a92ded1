"""Grant rows: who may have one, making one exactly once for a code, and reading one by the place in a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, select

from app.grants.living import LIVES, LIVING, SESSION_LIVES, served
from app.grants.tables import consents, grants
from app.identity.tables import identities, subjects
from app.sessions.tables import sessions
from app.storage.database import Transaction
from app.storage.upsert import insert_ignore


@dataclass(frozen=True, slots=True)
class Standing:
    """What an identity may do with a client right now."""

    active: bool
    consented: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    """Scopes that were shown and left switched off: not asked for again on every visit."""
    decided_at: int = -1
    """When the person last decided, ms."""


class Allowed(Protocol):
    """What a person has allowed, as a code or the approval of a device says it."""

    @property
    def identity_id(self) -> UUID:
        """Who."""

    @property
    def session_id(self) -> UUID:
        """In which browser's session."""

    @property
    def client_id(self) -> str:
        """To which service."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A code's person and session live and its consent stands; `sub` is None in a sector that does not know them yet."""

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
        identities.join(sessions, sessions.c.identity_id == identities.c.id)
        .outerjoin(
            subjects,
            and_(
                subjects.c.identity_id == identities.c.id,
                subjects.c.sector == bindparam("sector"),
                subjects.c.alias == 0,
            ),
        )
        .outerjoin(
            consents,
            and_(consents.c.identity_id == identities.c.id, consents.c.client_id == bindparam("client")),
        )
    )
    .where(
        identities.c.id == bindparam("identity"),
        LIVES,
        sessions.c.id == bindparam("session"),
        SESSION_LIVES,
        consents.c.withdrawn_at.is_(None),
    )
    .with_for_update(read=True, of=[identities, sessions])
)

_LIVE = select(grants).where(
    grants.c.identity_id == bindparam("identity"), grants.c.id == bindparam("grant"), served()
)


def standing(tx: Transaction, identity: UUID, client_id: str) -> Standing:
    """Whether the identity is active, and what it has decided about this client. One keyed read."""
    row = tx.execute(_STANDING, {"identity": identity, "client": client_id}).first()
    if row is None:
        return Standing(active=False)
    active = row.status in LIVING
    if row.given_at is None or row.withdrawn_at is not None:
        return Standing(active)
    return Standing(active, frozenset(row.scope.split()), frozenset(row.left_out.split()), row.given_at)


def admit(tx: Transaction, code: Allowed, sector: str, moment: Mapping[str, int]) -> Admission | None:
    """Read the identity and the session of a code or approval FOR SHARE: neither can end before the grant stands."""
    values = {
        "identity": code.identity_id,
        "session": code.session_id,
        "sector": sector,
        "client": code.client_id,
        **moment,
    }
    row = tx.execute(_ADMISSION, values).first()
    return Admission(row.sub) if row else None


def insert(tx: Transaction, values: dict[str, Any]) -> bool:
    """Make a grant. Its primary key is the id of its code or approval: False when that was redeemed before."""
    return insert_ignore(tx, grants, values)


def live(tx: Transaction, identity: UUID, grant: UUID, moment: Mapping[str, int]) -> Row[Any] | None:
    """The row of a grant that may be used now."""
    return tx.execute(_LIVE, {"identity": identity, "grant": grant, **moment}).first()
