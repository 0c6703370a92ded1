"""The doctor's look at the database and the ephemeral store."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.cli.finding import Finding, error, warning
from app.clients.policy import Policy
from app.clients.registration import misfits
from app.storage.clock import Clock
from app.storage.database import Storage, Transaction
from app.storage.ephemeral import Ephemeral, EphemeralDown, RedisEphemeral, WrongPolicy
from config.settings import Settings

MIGRATIONS = Path(__file__).parents[2] / "migrations"
SKEW_MS, HARMFUL_SKEW_MS = 1_000, 5_000
RESERVED_CONNECTIONS = 5
"""Superusers' own, and a few commands at once."""


def check_clock(clock: Clock) -> Iterator[Finding]:
    """Whether our clock is the system's."""
    if clock.offset():
        yield warning(
            "clock",
            f"the clock is moved by {clock.offset() / 1000:g} s",
            "empty the file of MOSTID_CLOCK_FILE or unset it",
        )


def check_database(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Whether it is migrated, keeps what it acknowledges, and agrees on the time. Raises Unavailable."""
    yield from storage.run(lambda tx: list(_schema(tx)))
    if storage.writer.dialect.name == "sqlite":
        yield from storage.run(lambda tx: list(_sqlite(tx)))
        return
    yield from storage.run(lambda tx: list(_postgresql(tx, settings)))
    yield from storage.run(lambda tx: list(_skew(tx)))


def check_clients(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Whether every enabled client may be served under the present settings. Raises Unavailable."""
    for client_id, reason in storage.run(lambda tx: misfits(tx, Policy.of(settings))):
        yield error(
            "client",
            f"{client_id} does not fit the profile {settings.profile}: {reason}",
            f"run `flask clients disable {client_id}` and register it anew",
        )


def check_ephemeral(settings: Settings, ephemeral: Ephemeral) -> Iterator[Finding]:
    """Whether it answers, and forgets nothing before its time."""
    try:
        ephemeral.birth()
    except EphemeralDown as down:
        yield error(
            "ephemeral",
            f"the ephemeral store does not answer ({down})",
            "start it, or change MOSTID_REDIS_URL",
        )
        return
    if isinstance(ephemeral, RedisEphemeral):
        yield from _redis(ephemeral)
    elif settings.database_url.startswith("postgresql"):
        yield warning(
            "ephemeral",
            "the ephemeral store is a file of this machine: a second machine would not find the codes that wait here",
            "set MOSTID_REDIS_URL before another machine serves",
        )


def _redis(ephemeral: RedisEphemeral) -> Iterator[Finding]:
    try:
        ephemeral.check_policy()
    except WrongPolicy as wrong:
        yield error(
            "ephemeral",
            f"spent values could be used again: {wrong}",
            "set its maxmemory-policy to noeviction",
        )


def _schema(tx: Transaction) -> Iterator[Finding]:
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    tables = inspect(tx.connection).get_table_names()
    found = (
        tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if "alembic_version" in tables
        else None
    )
    if found != head:
        yield error(
            "database",
            f"the database is at migration {found or 'none'} and the program at {head}",
            "run `flask db upgrade`",
        )


def _sqlite(tx: Transaction) -> Iterator[Finding]:
    if _ask(tx, "PRAGMA journal_mode") != "wal":
        yield error(
            "database",
            "SQLite keeps no write-ahead log here: readers and writers stop each other",
            "put MOSTID_DATA_DIR on a local disk; network file systems cannot do it",
        )
    if _ask(tx, "PRAGMA synchronous") < 2:
        yield error(
            "database", "SQLite does not wait for the disk", "use the engine of app/storage, which sets FULL"
        )


def _postgresql(tx: Transaction, settings: Settings) -> Iterator[Finding]:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if _ask(tx, f"SHOW {name}") == "off":
            yield error(
                "database",
                f"PostgreSQL has {name} off: what was acknowledged may be lost",
                f"set {name} = on",
            )
    if _ask(tx, "SHOW server_encoding") != "UTF8":
        yield error("database", "the database's encoding is not UTF8", "create it with ENCODING 'UTF8'")
    wanted = settings.workers * 2 * (settings.threads + 2) + RESERVED_CONNECTIONS
    most = int(_ask(tx, "SHOW max_connections"))
    if wanted > most:
        yield error(
            "limit",
            f"{settings.workers} processes may open {wanted} connections and PostgreSQL takes {most}",
            "raise max_connections, or lower MOSTID_WORKERS or MOSTID_THREADS",
        )


def _skew(tx: Transaction) -> Iterator[Finding]:
    before = time.time_ns()
    theirs = float(_ask(tx, "SELECT extract(epoch FROM clock_timestamp()) * 1000"))
    skew = theirs - (before + time.time_ns()) / 2_000_000
    if abs(skew) > SKEW_MS:
        make = error if abs(skew) > HARMFUL_SKEW_MS else warning
        yield make(
            "clock",
            f"the database's clock differs from this machine's by {skew / 1000:.1f} s",
            "set both by one time server",
        )


def _ask(tx: Transaction, question: str) -> Any:
    return tx.execute(text(question)).scalar_one()
