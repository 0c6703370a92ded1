"""Where registered services are kept."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table

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
    Column(
        "management_hash", String(64)
    ),  # SHA-256 of its registration access token; none: an operator's client
    Column("logo_hash", String(64)),  # SHA-256 of its logo; none: it has none
)

client_logos = Table(
    "client_logos",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("media_type", String(16), nullable=False),
    Column("content", LargeBinary, nullable=False),  # as it was fetched, 64 KiB at most
    Column("fetched_at", Millis, nullable=False),
)

initial_access_tokens = Table(
    "initial_access_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256
    Column("note", String(100), nullable=False),  # whom it was given to, in the operator's words
    Column("scope", String(500), nullable=False),  # the most that its clients may ask for
    Column("uses_left", Integer, nullable=False),
    Column("expires_at", Millis, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("members", Json, nullable=False),  # what its clients are excepted from
)
