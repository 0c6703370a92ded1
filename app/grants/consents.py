"""Consents: what a client may have again without asking, per person and client."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update

from app.events import audit
from app.grants.revocation import end_of_client
from app.grants.tables import consents
from app.identity.tables import identities
from app.storage.database import Transaction
from app.storage.upsert import dialect_insert

TEXT_VERSION = "2026-11"
"""Version of the consent page's wording; kept with each consent (152-FZ art. 9)."""


def give(
    tx: Transaction, identity: UUID, client_id: str, scopes: Iterable[str], left_out: Iterable[str], at: int
) -> None:
    """Write down a consent: exactly the scopes shown and switched on, and those left off; it replaces an earlier one."""
    scope, off = " ".join(sorted(scopes)), " ".join(sorted(left_out))
    values = {
        "scope": scope,
        "left_out": off,
        "text_version": TEXT_VERSION,
        "given_at": at,
        "withdrawn_at": None,
    }
    statement = dialect_insert(tx, consents).values(identity_id=identity, client_id=client_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["identity_id", "client_id"], set_=values))
    detail = {"scope": scope, "text": TEXT_VERSION}
    audit.record(tx, "consent.given", at, identity=identity, client_id=client_id, detail=detail)


def withdraw(tx: Transaction, identity: UUID, client_id: str, at: int) -> bool:
    """Take a consent back: what the client holds ends, and it must ask again (SR-181). False when there was none.

    The identity's row is taken first. Whoever redeems a code holds it FOR SHARE, so a grant that is being made is
    either seen here or refused there.
    """
    tx.execute(select(identities.c.id).where(identities.c.id == identity).with_for_update())
    statement = (
        update(consents)
        .where(
            consents.c.identity_id == identity,
            consents.c.client_id == client_id,
            consents.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at)
        .returning(consents.c.scope)
    )
    if tx.execute(statement).first() is None:
        return False
    detail = {"grants": end_of_client(tx, identity, client_id, "consent_withdrawn", at)}
    audit.record(tx, "consent.withdrawn", at, identity=identity, client_id=client_id, detail=detail)
    return True
