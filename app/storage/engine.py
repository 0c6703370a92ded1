"""Engines: one that writes and one that cannot, each with the settings its database needs."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection

from app.storage.clock import Clock

PATIENCE = "-c statement_timeout=5s -c lock_timeout=3s -c idle_in_transaction_session_timeout=15s"
"""PostgreSQL: how long a request waits at most before it is answered with 503. Migrations set their own."""
BUSY_MS = 5_000
"""How long a SQLite writer waits for its turn before the request is answered with 503."""


def make_engines(url: str, clock: Clock, pool_size: int) -> tuple[Engine, Engine]:
    """A writing and a reading engine for one database.

    The reader's connections refuse to write, so a read can never turn into a write half way
    (which on SQLite fails at once as soon as somebody else has written).
    """
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return _sqlite(target, clock, pool_size)
    return _postgresql(target, pool_size)


def _sqlite(url: URL, clock: Clock, pool_size: int) -> tuple[Engine, Engine]:
    if url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(url.database).touch(mode=0o600, exist_ok=True)
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "hide_parameters": True,  # errors are logged; values are not (SR-041, SR-184)
        "connect_args": {"isolation_level": None, "check_same_thread": False, "timeout": BUSY_MS / 1000},
    }
    writer, reader = create_engine(url, **options), create_engine(url, **options)
    event.listen(writer, "connect", _sqlite_settings(clock, query_only=False))
    event.listen(reader, "connect", _sqlite_settings(clock, query_only=True))
    event.listen(writer, "begin", _begin_immediate)
    return writer, reader


def _sqlite_settings(clock: Clock, *, query_only: bool) -> Callable[[sqlite3.Connection, Any], None]:
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        to_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-16000")
        connection.execute(f"PRAGMA query_only={'ON' if query_only else 'OFF'}")
        connection.create_function("mostid_now", 0, clock.now)

    return connect


def to_wal(connection: sqlite3.Connection) -> None:
    """Change to WAL, as patiently as a writer waits: SQLite itself answers "locked" at once to all but one that connect."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)  # noqa: TID251  # SQLite offers nothing to wait on here
        else:
            return


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock first: a deferred transaction that reads and then writes fails under load."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL, pool_size: int) -> tuple[Engine, Engine]:
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": 3,
        "hide_parameters": True,  # as above
    }
    arguments = {
        "connect_timeout": 3,
        "prepare_threshold": 2,
        "keepalives_idle": 10,
        "tcp_user_timeout": 5_000,
    }
    writer = create_engine(url, connect_args=arguments | {"options": PATIENCE}, **options)
    reader = create_engine(
        url,
        connect_args=arguments | {"options": f"{PATIENCE} -c default_transaction_read_only=on"},
        isolation_level="AUTOCOMMIT",
        **options,
    )
    return writer, reader
