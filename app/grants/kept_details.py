"""Authorization details in a grant's row: under its person's data key, since they say what people pay and to whom."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.grants.authorization_details import NAME, Details, stored, written
from app.keys.datakeys import DataKeys
from app.storage.database import Transaction


def sealed(tx: Transaction, keys: DataKeys, identity: UUID, grant: UUID, details: Details) -> bytes | None:
    """What the row keeps; None once the person was erased."""
    key = keys.load(tx, identity)
    return key.seal(written(details), grant, NAME) if key else None


def opened(tx: Transaction, keys: DataKeys, row: Row[Any]) -> Details:
    """The details of a grant. Asks for the key only where there are some; empty once the person was erased."""
    if row.authorization_details is None:
        return ()
    key = keys.load(tx, row.identity_id)
    return stored(key.open(row.authorization_details, row.id, NAME)) if key else ()
