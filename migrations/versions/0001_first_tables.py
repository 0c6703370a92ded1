"""The first tables of every room.

Why: nothing was there. Indexes beside the primary keys serve housekeeping, which deletes by time.

Revision: 0001, after none
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")


def upgrade() -> None:
    _versions()
    _data_keys()
    _signing_keys()
    _audit()
    _outbox()
    _clients()
    _identities()
    _links()
    _attributes()
    _lookups()
    _subjects()
    _spent_proofs()
    _sessions()
    _grants()
    _consents()
    _number_counters()


def downgrade() -> None:
    op.drop_table("number_counters")
    op.drop_table("consents")
    op.drop_table("grants")
    op.drop_table("sessions")
    op.drop_table("spent_proofs")
    op.drop_table("subjects")
    op.drop_table("lookups")
    op.drop_table("attributes")
    op.drop_table("links")
    op.drop_table("identities")
    op.drop_table("clients")
    op.drop_table("outbox")
    op.drop_table("audit")
    op.drop_table("signing_keys")
    op.drop_table("data_keys")
    op.drop_table("versions")


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_versions")),
    )


def _data_keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("wrap_version", sa.SmallInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(40), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_data_keys")),
    )


def _signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(43), nullable=False),
        sa.Column("algorithm", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("wrap_version", sa.SmallInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("activated_at", sa.BigInteger()),
        sa.Column("retiring_at", sa.BigInteger()),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("stream", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(64)),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_stream", "audit", ["stream", "id"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_outbox")),
    )


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_clients")),
    )


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", ID, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("root", ID),
        sa.Column("merged_into", ID),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("witness", sa.LargeBinary(32)),
        sa.Column("witness_issuer", sa.String(200)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_links")),
    )


def _attributes() -> None:
    op.create_table(
        "attributes",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("verified_at", sa.BigInteger()),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_attributes")),
    )
    op.create_index("ux_attributes_source", "attributes", ["identity_id", "link_id", "name"], unique=True)


def _lookups() -> None:
    op.create_table(
        "lookups",
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("row_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key_version", "hash", name=op.f("pk_lookups")),
    )


def _subjects() -> None:
    op.create_table(
        "subjects",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("sector", sa.String(300), nullable=False),
        sa.Column("sub", sa.String(64), nullable=False),
        sa.Column("alias", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_subjects")),
    )
    op.create_index(
        "ux_subjects_current",
        "subjects",
        ["identity_id", "sector"],
        unique=True,
        sqlite_where=sa.text("alias = 0"),
        postgresql_where=sa.text("alias = 0"),
    )


def _spent_proofs() -> None:
    op.create_table(
        "spent_proofs",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_spent_proofs")),
    )
    op.create_index("ix_spent_proofs_spent_at", "spent_proofs", ["spent_at"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("acr", sa.String(32), nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("former", sa.JSON()),
        sa.Column("browser_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("device", sa.LargeBinary()),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_reason", sa.String(24)),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_ended_at", "sessions", ["ended_at"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("session_id", ID),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("sub", sa.String(64), nullable=False),
        sa.Column("sid", sa.String(32)),
        sa.Column("scope", sa.String(500), nullable=False),
        sa.Column("resource", sa.String(500), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("acr", sa.String(32), nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_reason", sa.String(24)),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(32)),
        sa.Column("seal_version", sa.SmallInteger(), nullable=False),
        sa.Column("rotated_at", sa.BigInteger(), nullable=False),
        sa.Column("refresh_until", sa.BigInteger(), nullable=False),
        sa.Column("status_list", sa.Integer()),
        sa.Column("status_index", sa.Integer()),
        sa.PrimaryKeyConstraint("identity_id", "id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_ended_at", "grants", ["ended_at"])
    op.create_index("ix_grants_refresh_until", "grants", ["refresh_until"])
    op.create_index("ix_grants_session", "grants", ["identity_id", "session_id"])


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(500), nullable=False),
        sa.Column("left_out", sa.String(500), nullable=False),
        sa.Column("text_version", sa.String(16), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("identity_id", "client_id", name=op.f("pk_consents")),
    )


def _number_counters() -> None:
    op.create_table(
        "number_counters",
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("sends", sa.JSON(), nullable=False),
        sa.Column("pushes", sa.JSON(), nullable=False),
        sa.Column("fails", sa.JSON(), nullable=False),
        sa.Column("spent", sa.JSON(), nullable=False),
        sa.Column("consecutive", sa.Integer(), nullable=False),
        sa.Column("keep_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_version", "hash", name=op.f("pk_number_counters")),
    )
    op.create_index("ix_number_counters_keep_until", "number_counters", ["keep_until"])
