"""The embedded ephemeral store: a SQLite file of its own, each verb one autocommitted statement."""

import sqlite3
import threading
from contextlib import contextmanager
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.storage.clock import Clock
from app.storage.ephemeral.base import EphemeralDown

SCHEMA = """
CREATE TABLE IF NOT EXISTS ephemeral (key TEXT PRIMARY KEY, value BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_ephemeral_until ON ephemeral (until);
"""
BIRTH = "birth"
FOREVER = 2**62
SWEEP_EVERY = 256
SWEEP_ROWS = 500
BUSY_S = 2.0


class SqliteEphemeral:
    """One connection a thread; all processes of a machine share the file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._local = threading.local()
        self._writes = 0

    def put(self, key: str, value: bytes, ttl_ms: int) -> None:
        """See Ephemeral."""
        self._write(
            "INSERT INTO ephemeral VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value,"
            " until = excluded.until RETURNING 1",
            (key, value, self._clock.now() + ttl_ms),
        )

    def get(self, key: str) -> bytes | None:
        """See Ephemeral."""
        with self._errors():
            row = self._connection().execute(
                "SELECT value FROM ephemeral WHERE key = ? AND until > ?", (key, self._clock.now())
            ).fetchone()
        return row[0] if row else None

    def add(self, key: str, value: bytes, ttl_ms: int) -> bool:
        """See Ephemeral."""
        now = self._clock.now()
        row = self._write(
            "INSERT INTO ephemeral VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value,"
            " until = excluded.until WHERE ephemeral.until <= ? RETURNING 1",
            (key, value, now + ttl_ms, now),
        )
        return row is not None

    def take(self, key: str) -> bytes | None:
        """See Ephemeral."""
        row = self._write("DELETE FROM ephemeral WHERE key = ? RETURNING value, until", (key,))
        return row[0] if row and row[1] > self._clock.now() else None

    def swap(self, key: str, old: bytes, new: bytes) -> bool:
        """See Ephemeral."""
        row = self._write(
            "UPDATE ephemeral SET value = ? WHERE key = ? AND value = ? AND until > ? RETURNING 1",
            (new, key, old, self._clock.now()),
        )
        return row is not None

    def increment(self, key: str, ttl_ms: int, by: int = 1) -> int:
        """See Ephemeral. A counter is kept as its decimal digits, so that `get` reads the same in both stores."""
        now = self._clock.now()
        row = self._write(
            "INSERT INTO ephemeral VALUES (?, CAST(? AS BLOB), ?) ON CONFLICT (key) DO UPDATE SET"
            " value = CASE WHEN ephemeral.until <= ? THEN excluded.value"
            " ELSE CAST(CAST(ephemeral.value AS INTEGER) + ? AS BLOB) END,"
            " until = CASE WHEN ephemeral.until <= ? THEN excluded.until ELSE ephemeral.until END"
            " RETURNING value",
            (key, str(by), now + ttl_ms, now, by, now),
        )
        return int(row[0])

    def delete(self, key: str) -> None:
        """See Ephemeral."""
        self._write("DELETE FROM ephemeral WHERE key = ? RETURNING 1", (key,))

    def birth(self) -> int:
        """See Ephemeral."""
        self.add(BIRTH, str(self._clock.now()).encode(), FOREVER - self._clock.now())
        return int(self.get(BIRTH) or b"0")

    def sweep(self) -> int:
        """Delete some of what is past its life; returns how many."""
        rows = self._all(
            "DELETE FROM ephemeral WHERE key IN (SELECT key FROM ephemeral WHERE until <= ? LIMIT ?) RETURNING 1",
            (self._clock.now(), SWEEP_ROWS),
        )
        return len(rows)

    def _write(self, statement: str, values: tuple[Any, ...]) -> Any:
        self._writes += 1
        if self._writes % SWEEP_EVERY == 0:
            self.sweep()
        rows = self._all(statement, values)
        return rows[0] if rows else None

    def _all(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        """Every row: a statement with RETURNING commits only when it has been read to its end."""
        with self._errors():
            return self._connection().execute(statement, values).fetchall()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            found = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = OFF")
            found.executescript(SCHEMA)
            self._local.connection = found
        return found

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise EphemeralDown(type(error).__name__) from error
