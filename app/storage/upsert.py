"""Insert, or learn that somebody was first: the one statement that both tests and takes."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.database import Transaction

Insert = postgresql.Insert | sqlite.Insert


def dialect_insert(tx: Transaction, table: Table) -> Insert:
    """The INSERT of this database, which knows ON CONFLICT."""
    return _insert(tx.dialect, table)


def insert_ignore(tx: Transaction, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert one row unless its key is taken. True when the row is ours, False when somebody was first."""
    statement = _insert_ignoring(tx.dialect, table, tuple(values))
    result = tx.execute(statement, values, execution_options={"preserve_rowcount": True})
    return result.rowcount == 1


def _insert(dialect: str, table: Table) -> Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache(maxsize=256)
def _insert_ignoring(dialect: str, table: Table, names: tuple[str, ...]) -> Insert:
    """Made once: building a statement costs more than executing it."""
    return _insert(dialect, table).values({name: bindparam(name) for name in names}).on_conflict_do_nothing()
