"""${message}

Why: say it here.

Rules. The version before this one and the one after run at the same time, on a database that serves requests:
- Add columns nullable or with a server default; drop or rename only what no running version touches any more.
- No model is imported: a revision says what the database was like, whatever our code becomes.
- Names of constraints are written out and follow the naming convention.
- PostgreSQL: indexes on filled tables are made CONCURRENTLY in `op.get_context().autocommit_block()`; a CHECK or a
  foreign key is added NOT VALID and validated in a later revision. No statement waits over 4 s for a lock or runs over 60 s.
- Rows are changed in batches by a command, not here.
- It goes down as well as up, and tests/migrations walks it both ways with rows in the tables.

Revision: ${up_revision}, after ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
