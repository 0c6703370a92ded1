"""Links: (provider, subject) belongs to an identity. The link of a number is an epoch: one owner's time with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from app.identity.lookups import Place
from app.identity.tables import attributes, links
from app.keys.datakeys import DataKey
from app.storage.database import Transaction
from app.upstreams.base import Assertion

SUBJECT = "subject"
"""Name of the sealed column, bound into its ciphertext."""


@dataclass(frozen=True, slots=True)
class Link:
    """One way in, opened for its owner or an operator. Times in ms."""

    id: UUID
    provider: str
    subject: str
    state: str
    """active, suspended, removed."""
    grade: str
    """A both sides proved in one sitting, B its identity was born with it, C restored by an operator, D imported."""
    evidence: Mapping[str, Any]
    created_at: int
    proved_at: int
    closed_at: int | None


def kind(provider: str) -> str:
    """The kind of look-up that finds a link: upstreams never share a name space (SR-096)."""
    return f"link:{provider}"


def create(
    tx: Transaction,
    key: DataKey,
    place: Place,
    assertion: Assertion,
    *,
    grade: str,
    witness: bytes | None,
    now: int,
) -> None:
    """Write down a link that this assertion proved. Its look-up must have been taken before."""
    identity, link = place
    values = {
        "identity_id": identity,
        "id": link,
        "provider": assertion.provider,
        "subject": key.seal(assertion.subject, link, SUBJECT),
        "state": "active",
        "grade": grade,
        "evidence": evidence_of(assertion),
        "witness": witness,
        "witness_issuer": assertion.witness_issuer or None,
        "created_at": now,
        "proved_at": now,
    }
    tx.execute(insert(links).values(values))


def prove(tx: Transaction, identity: UUID, link: UUID, changes: Mapping[str, Any]) -> bool:
    """Note a further proof of a link. False when the link was suspended, removed or closed meanwhile."""
    statement = (
        update(links)
        .where(
            links.c.identity_id == identity,
            links.c.id == link,
            links.c.state == "active",
            links.c.closed_at.is_(None),
        )
        .values(**changes)
        .returning(links.c.id)
    )
    return tx.execute(statement).first() is not None


def close(tx: Transaction, identity: UUID, link: UUID, now: int) -> None:
    """End an epoch. What was known from it is forgotten: the number is no longer this person's to show (SR-176)."""
    tx.execute(
        update(links)
        .where(links.c.identity_id == identity, links.c.id == link, links.c.closed_at.is_(None))
        .values(closed_at=now)
    )
    tx.execute(delete(attributes).where(attributes.c.identity_id == identity, attributes.c.link_id == link))


def provider_of(tx: Transaction, identity: UUID, link: UUID) -> str:
    """Which way in a link is; empty for one that is not there."""
    statement = select(links.c.provider).where(links.c.identity_id == identity, links.c.id == link)
    found: str | None = tx.execute(statement).scalar()
    return found or ""


def list_of(tx: Transaction, key: DataKey, identity: UUID) -> list[Link]:
    """Every link of an identity, oldest first; also those that are removed or closed."""
    rows = tx.execute(select(links).where(links.c.identity_id == identity).order_by(links.c.id))
    return [
        Link(
            row.id,
            row.provider,
            key.open(row.subject, row.id, SUBJECT),
            row.state,
            row.grade,
            row.evidence,
            row.created_at,
            row.proved_at,
            row.closed_at,
        )
        for row in rows
    ]


def evidence_of(assertion: Assertion) -> dict[str, Any]:
    """What is kept of how a link was proved last."""
    proof = assertion.evidence
    return {"amr": list(proof.method), "acr": proof.acr, "at": proof.at, "transaction": proof.transaction}
