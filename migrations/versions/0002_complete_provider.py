"""What a grant keeps of the wider requests, and clients that register themselves.

Why: a refresh, a look at userinfo and an introspection come long after the request that bound the tokens to a key or
asked for single claims. A client that registered itself is managed by a token of its own (RFC 7592). Logos of services
are kept here, since no page sends a browser elsewhere for a picture.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grants", sa.Column("cnf", sa.String(64), nullable=True))
    op.add_column("grants", sa.Column("claims", sa.JSON(), nullable=True))
    op.add_column("grants", sa.Column("authorization_details", sa.LargeBinary(), nullable=True))
    op.add_column("clients", sa.Column("management_hash", sa.String(64), nullable=True))
    op.add_column("clients", sa.Column("logo_hash", sa.String(64), nullable=True))
    op.create_table(
        "client_logos",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_logos")),
    )
    op.create_table(
        "initial_access_tokens",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("note", sa.String(100), nullable=False),
        sa.Column("scope", sa.String(500), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_initial_access_tokens")),
    )


def downgrade() -> None:
    op.drop_table("initial_access_tokens")
    op.drop_table("client_logos")
    op.drop_column("clients", "logo_hash")
    op.drop_column("clients", "management_hash")
    op.drop_column("grants", "authorization_details")
    op.drop_column("grants", "claims")
    op.drop_column("grants", "cnf")
