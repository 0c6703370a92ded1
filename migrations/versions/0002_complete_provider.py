"""What a grant keeps of the wider requests: the key that its tokens are bound to, and the claims asked for one by one.

Why: a refresh, a look at userinfo and an introspection come long after the request that said so.

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


def downgrade() -> None:
    op.drop_column("grants", "claims")
    op.drop_column("grants", "cnf")
