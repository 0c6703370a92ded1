"""How a migration reaches the database: one runner at a time, bounded waits, all or nothing.

Called by `flask db …` and by `migrations.commands`. Revisions run in a transaction: an interrupted one leaves no trace.
"""

import importlib
import pkgutil
from typing import Any

import flask
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine, text

import app
from app.keys.columns import Sealed
from app.storage.model import Id, metadata

LOCK_KEY = 0x6D6F7374  # "most"
QUEUE_S = 120
"""How long a runner waits for another one to end."""
LOCK_S = 4
"""How long a statement waits for a table: behind it every request would queue."""
STATEMENT_S = 60
"""How long a statement may hold what it has locked. Longer work is done in batches, outside a migration."""


def _engine() -> Engine:
    engine = context.config.attributes.get("engine") or flask.current_app.extensions["migrate"].db.engine
    if not isinstance(engine, Engine):
        raise TypeError("migrations need an engine")
    return engine


def _options(dialect: str) -> dict[str, Any]:
    sqlite = dialect == "sqlite"
    return {
        "target_metadata": metadata,
        "render_as_batch": sqlite,
        "render_item": _render,
        "process_revision_directives": _number,
        "transactional_ddl": True,  # our SQLite engine begins its transactions itself, so its DDL rolls back too
        "transaction_per_migration": not sqlite,
    }


def _render(kind: str, item: Any, _context: AutogenContext) -> str | bool:
    """Own column types as what they are in the database: a revision must not change when our code does."""
    if kind == "type" and isinstance(item, Id):
        return "ID"
    if kind == "type" and isinstance(item, Sealed):
        return "sa.LargeBinary()"
    return False


def _number(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Revisions are numbered; an empty one is not written."""
    script = directives[0]
    if getattr(context.config.cmd_opts, "autogenerate", False) and script.upgrade_ops.is_empty():
        directives[:] = []
        return
    script.rev_id = f"{len(list(context.script.walk_revisions())) + 1:04}"


def _import_tables() -> None:
    """Every room declares its own tables; a comparison needs them all."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)


def _prepare(connection: Connection) -> None:
    """PostgreSQL: wait for our turn, then promise to be quick. The lock falls with the connection."""
    connection.detach()
    connection.execute(text(f"SET lock_timeout = '{QUEUE_S}s'"))
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK_KEY})"))
    connection.execute(text(f"SET lock_timeout = '{LOCK_S}s'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_S}s'"))
    connection.commit()


def _run() -> None:
    engine = _engine()
    options = _options(engine.dialect.name)
    if context.is_offline_mode():
        context.configure(url=engine.url, literal_binds=True, **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            _prepare(connection)
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()


if getattr(context.config.cmd_opts, "autogenerate", False) or context.config.attributes.get("compare"):
    _import_tables()
_run()
