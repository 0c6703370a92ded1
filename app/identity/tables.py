"""Tables of identity. Personal ones have the primary key (identity_id, id); `lookups` alone is unique across people."""

from sqlalchemy import Column, Index, LargeBinary, SmallInteger, String, Table

from app.keys.columns import Sealed
from app.storage.model import Id, Json, Millis, metadata

identities = Table(
    "identities",
    metadata,
    Column("id", Id, primary_key=True),
    Column("status", String(8), nullable=False),  # active, blocked, merged, parked, erased
    Column("root", Id),  # the identity that this one was merged into, at the end of the chain
    Column("merged_into", Id),
    Column("locale", String(8), nullable=False, default=""),
    Column("created_at", Millis, nullable=False),
    Column("changed_at", Millis, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),  # for phones this is the epoch: one owner's time with a number
    Column("provider", String(16), nullable=False),
    Column("subject", Sealed, nullable=False),
    Column("state", String(10), nullable=False),  # active, suspended, removed
    Column("grade", String(1), nullable=False),  # A both sides proved in one sitting … D imported
    Column("evidence", Json, nullable=False),  # amr, acr, transaction of the latest proof
    Column("witness", LargeBinary(32)),  # keyed hash of the operator's sub, phones only
    Column("witness_issuer", String(200)),
    Column("created_at", Millis, nullable=False),
    Column("proved_at", Millis, nullable=False),
    Column("closed_at", Millis),
)

attributes = Table(
    "attributes",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("link_id", Id, nullable=False),
    Column("name", String(32), nullable=False),
    Column("value", Sealed, nullable=False),
    Column("verified_at", Millis),
    Column("observed_at", Millis, nullable=False),
)
Index("ux_attributes_source", attributes.c.identity_id, attributes.c.link_id, attributes.c.name, unique=True)

lookups = Table(
    "lookups",
    metadata,
    Column("kind", String(24), primary_key=True),
    Column("key_version", SmallInteger, primary_key=True),
    Column("hash", LargeBinary(32), primary_key=True),
    Column("identity_id", Id, nullable=False),
    Column("row_id", Id, nullable=False),  # the link or subject that is meant
    Column("created_at", Millis, nullable=False),
)

subjects = Table(
    "subjects",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("sector", String(300), nullable=False),
    Column("sub", String(64), nullable=False),
    Column("alias", SmallInteger, nullable=False, default=0),
    Column("created_at", Millis, nullable=False),
)
Index(
    "ux_subjects_current",
    subjects.c.identity_id,
    subjects.c.sector,
    unique=True,
    sqlite_where=subjects.c.alias == 0,
    postgresql_where=subjects.c.alias == 0,
)

spent_proofs = Table(
    "spent_proofs",
    metadata,
    Column("identity_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("spent_at", Millis, nullable=False),
)
Index("ix_spent_proofs_spent_at", spent_proofs.c.spent_at)
