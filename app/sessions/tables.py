"""Browser sessions. Ended rows stay for the person's history until housekeeping drops them."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table

from app.keys.columns import Sealed
from app.storage.model import Id, Json, Millis, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("link_id", Id, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("raised_at", Millis, nullable=False),
    Column("auth_time", Millis, nullable=False),
    Column("acr", String(32), nullable=False),
    Column("amr", Json, nullable=False),
    Column(
        "former", Json
    ),  # raised_at, auth_time, acr and amr of the generation before, and until when it counts
    Column("browser_hash", LargeBinary(16), nullable=False),
    Column("device", Sealed),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("seen_at", Millis, nullable=False),
    Column("expires_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Column("ended_reason", String(24)),
)
Index("ix_sessions_ended_at", sessions.c.ended_at)
Index("ix_sessions_expires_at", sessions.c.expires_at)
