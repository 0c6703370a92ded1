"""The record of acts on known people, clients and by operators. Holds pseudonymous ids, never contact data (SR-183)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, SmallInteger, String, Table, insert

from app.storage.database import Transaction
from app.storage.ids import uuid7
from app.storage.model import Id, Json, Millis, metadata

STREAMS = 64
NOBODY = UUID(int=0)
"""Stands for the identity in rows about clients, keys and operators."""

audit = Table(
    "audit",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("stream", SmallInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("client_id", String(64)),
    Column("detail", Json, nullable=False),
    Column("at", Millis, nullable=False),
)
Index("ix_audit_stream", audit.c.stream, audit.c.id)


def record(
    tx: Transaction,
    kind: str,
    at: int,
    *,
    identity: UUID = NOBODY,
    actor: str = "self",
    client_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit row in the transaction of the act: what (`kind`), who (`actor`), when (ms), with its evidence."""
    row = {
        "identity_id": identity,
        "id": uuid7(at),
        "stream": identity.int % STREAMS,
        "kind": kind,
        "actor": actor,
        "client_id": client_id,
        "detail": dict(detail or {}),
        "at": at,
    }
    tx.execute(insert(audit).values(row))
