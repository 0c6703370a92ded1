"""Grants and consents. One redeemed code is one row; its refresh family lives in the same row."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, SmallInteger, String, Table

from app.keys.columns import Sealed
from app.storage.model import Id, Json, Millis, metadata

grants = Table(
    "grants",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),  # the id of the code that was redeemed
    Column("client_id", String(64), nullable=False),
    Column("session_id", Id),  # the session that it was given in; none where there was no browser
    Column("offline", Boolean, nullable=False),  # it outlives that session (offline_access)
    Column("link_id", Id, nullable=False),
    Column("sub", String(64), nullable=False),
    Column("sid", String(32)),
    Column("scope", String(500), nullable=False),
    Column("resource", String(500), nullable=False),
    Column("auth_time", Millis, nullable=False),
    Column("acr", String(32), nullable=False),
    Column("amr", Json, nullable=False),
    Column(
        "cnf", String(64)
    ),  # the key that its tokens are bound to: member of `cnf` (RFC 7800 §3.1), colon, thumbprint
    Column("claims", Json),  # claims asked for one by one (OIDC Core §5.5)
    Column("authorization_details", Sealed),  # what was allowed in full (RFC 9396)
    Column("created_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Column("ended_reason", String(24)),
    Column("generation", Integer, nullable=False),
    Column("secret_hash", LargeBinary(32)),  # none: no refresh token was given
    Column("seal_version", SmallInteger, nullable=False),
    Column("rotated_at", Millis, nullable=False),
    Column("refresh_until", Millis, nullable=False),
    Column("status_list", Integer),
    Column("status_index", Integer),
)
Index("ix_grants_session", grants.c.identity_id, grants.c.session_id)
Index("ix_grants_ended_at", grants.c.ended_at)
Index("ix_grants_refresh_until", grants.c.refresh_until)

consents = Table(
    "consents",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("client_id", String(64), primary_key=True),
    Column("scope", String(500), nullable=False),
    Column("left_out", String(500), nullable=False),  # shown, and left switched off
    Column("text_version", String(16), nullable=False),
    Column("given_at", Millis, nullable=False),
    Column("withdrawn_at", Millis),
)
