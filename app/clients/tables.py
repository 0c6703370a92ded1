"""Where registered services are kept."""

from sqlalchemy import Column, String, Table

from app.storage.model import Json, Millis, metadata

KIND = "clients"
"""Kind of version that each change of a client raises."""

clients = Table(
    "clients",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("metadata", Json, nullable=False),  # RFC 7591 names and ours
    Column("secrets", Json, nullable=False),  # SHA-256 of each live secret, made at, ends at
    Column("disabled_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("changed_at", Millis, nullable=False),
)
