"""Where signing keys are kept, wrapped, with the times that decide their state."""

from sqlalchemy import Column, LargeBinary, SmallInteger, String, Table

from app.storage.model import Json, Millis, metadata

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(43), primary_key=True),
    Column("algorithm", String(8), nullable=False),
    Column("state", String(8), nullable=False),
    Column("public_jwk", Json, nullable=False),
    Column("wrap_version", SmallInteger, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("published_at", Millis, nullable=False),
    Column("activated_at", Millis),
    Column("retiring_at", Millis),
    Column("retired_at", Millis),
)
