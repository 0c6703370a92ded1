"""Word that must reach services, written in the transaction of the change (SR-161)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, String, Table, insert

from app.storage.database import Transaction
from app.storage.ids import uuid7
from app.storage.model import Id, Json, Millis, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("body", Json, nullable=False),  # complete values: sub, sid
    Column("sealed", LargeBinary),  # personal values, under the identity's data key
    Column("at", Millis, nullable=False),
)


def put(tx: Transaction, kind: str, at: int, identity: UUID, client_id: str, body: Mapping[str, Any]) -> None:
    """Leave word of an event for one service."""
    tx.execute(
        insert(outbox).values(
            identity_id=identity, id=uuid7(at), kind=kind, client_id=client_id, body=dict(body), at=at
        )
    )
