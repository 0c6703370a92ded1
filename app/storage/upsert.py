"""Insert, or learn that somebody was first: the one statement that both tests and takes."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

Insert = postgresql.Insert | sqlite.Insert


def dialect_insert(tx: Session, table: Table) -> Insert:
    """The INSERT of this database, which knows ON CONFLICT."""
    if tx.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_ignore(tx: Session, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert one row unless its key is taken. True when the row is ours, False when somebody was first."""
    statement = dialect_insert(tx, table).values(**values).on_conflict_do_nothing()
    result = tx.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount == 1
