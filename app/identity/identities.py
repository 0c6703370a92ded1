"""Identity rows: one customer each. The row is the lock of everything that is issued in the person's name."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from app.identity.tables import identities
from app.keys.datakeys import DataKey, DataKeys
from app.storage.database import Transaction

_ROW = select(identities).where(identities.c.id == bindparam("identity"))
_STATUS = (
    select(identities.c.status).where(identities.c.id == bindparam("identity")).with_for_update(read=True)
)


@dataclass(frozen=True, slots=True)
class Identity:
    """One customer. Times in ms."""

    id: UUID
    status: str
    """active, blocked, merged, parked, erased."""
    root: UUID | None
    """Who it was merged into, at the end of the chain."""
    locale: str
    created_at: int
    changed_at: int


def create(tx: Transaction, data_keys: DataKeys, identity: UUID, locale: str, now: int) -> DataKey:
    """Make an active identity and its data key, which is returned."""
    values = {"id": identity, "status": "active", "locale": locale[:8], "created_at": now, "changed_at": now}
    tx.execute(insert(identities).values(values))
    return data_keys.create(tx, identity)


def get(tx: Transaction, identity: UUID) -> Identity | None:
    """The identity with this id."""
    row = tx.execute(_ROW, {"identity": identity}).first()
    if row is None:
        return None
    return Identity(row.id, row.status, row.root, row.locale, row.created_at, row.changed_at)


def status(tx: Transaction, identity: UUID) -> str | None:
    """The status, read FOR SHARE: it stands until the transaction ends. None for an id that is nobody's."""
    return tx.execute(_STATUS, {"identity": identity}).scalar()


def park(tx: Transaction, identity: UUID, now: int) -> bool:
    """Set aside an active identity that has no way in left. False when it was not active."""
    statement = (
        update(identities)
        .where(identities.c.id == identity, identities.c.status == "active")
        .values(status="parked", changed_at=now)
        .returning(identities.c.id)
    )
    return tx.execute(statement).first() is not None
