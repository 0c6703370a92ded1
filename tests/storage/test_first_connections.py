"""A fresh database of SQLite, and many who come at once: everybody gets in."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from app.storage.engine import to_wal

AT_ONCE = 16
ROUNDS = 60
"""Without patience one round in ten fails."""


def test_of_many_that_meet_a_fresh_file_nobody_is_turned_away(tmp_path: Path) -> None:
    def connect(path: Path, start: Barrier) -> str:
        connection = sqlite3.connect(path, isolation_level=None)
        start.wait()
        to_wal(connection)
        connection.execute("CREATE TABLE IF NOT EXISTS guests (name)")
        mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
        connection.close()
        return mode

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            path, start = tmp_path / f"{number}.db", Barrier(AT_ONCE)
            modes = pool.map(connect, [path] * AT_ONCE, [start] * AT_ONCE)
            assert list(modes) == ["wal"] * AT_ONCE
