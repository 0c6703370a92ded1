"""What is past its use goes, on the minute, in small steps, and nothing else goes with it."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, event, select, text

from app.challenges.tables import number_counters
from app.delivery.housekeeping import BATCH, Housekeeping
from app.delivery.worker import Worker
from app.events.audit import audit
from app.grants.tables import grants
from app.identity.tables import spent_proofs
from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle, unwrap_private
from app.keys.tables import signing_keys
from app.sessions.tables import sessions
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral, SqliteEphemeral
from tests.delivery.conftest import DAY_MS, DAY_S, count, put
from tests.services import ClockFile

AGING: list[tuple[Table, str, int]] = [
    (sessions, "ended_at", 7),
    (sessions, "expires_at", 7),
    (grants, "ended_at", 7),
    (grants, "refresh_until", 7),
    (spent_proofs, "spent_at", 1),
    (number_counters, "keep_until", 0),
]
EVERY = [sessions, grants, spent_proofs, number_counters]


@pytest.mark.parametrize(("table", "column", "days"), AGING, ids=[f"{t.name}.{c}" for t, c, _ in AGING])
def test_a_row_goes_when_its_time_is_over_and_not_before(
    storage: Storage,
    worker: Worker,
    clock: Clock,
    clock_file: ClockFile,
    table: Table,
    column: str,
    days: int,
) -> None:
    put(storage, table, **{column: clock.now() - days * DAY_MS + 10_000})
    put(storage, table, **{column: clock.now() + DAY_MS})
    assert worker.work() == 0
    clock_file.advance(15)
    assert worker.work() == 1
    assert count(storage, table) == 1


def test_what_is_alive_stays(storage: Storage, worker: Worker, clock_file: ClockFile) -> None:
    for table in EVERY[:2] + EVERY[3:]:
        put(storage, table, 3)
    clock_file.advance(300 * DAY_S)
    worker.work()
    assert [count(storage, table) for table in EVERY] == [3, 3, 0, 3]


@pytest.mark.parametrize("table", EVERY, ids=lambda table: table.name)
def test_many_rows_go_in_bounded_steps(
    storage: Storage, worker: Worker, clock: Clock, clock_file: ClockFile, table: Table
) -> None:
    old = {"ended_at": 1} if "ended_at" in table.c else {"keep_until": 1} if "keep_until" in table.c else {}
    put(storage, table, 2 * BATCH + 7, **old)
    put(storage, table, 3)
    if table is spent_proofs:
        clock_file.advance(3 * DAY_S)
        put(storage, table, 3)
    taken: list[int] = []

    def note(_connection: object, cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith(f"DELETE FROM {table.name}"):
            taken.append(cursor.rowcount)

    commits: list[int] = []
    event.listen(storage.writer, "after_cursor_execute", note)
    event.listen(storage.writer, "commit", lambda _: commits.append(len(taken)))
    worker.work()
    extra = 3 if table is spent_proofs else 0
    assert taken == [BATCH, BATCH, 7 + extra]
    assert {1, 2, 3} <= set(commits)  # each step is a transaction of its own
    assert count(storage, table) == 3


def test_two_workers_at_once_take_everything_once(
    storage: Storage, storage_url: str, embedded: Ephemeral, clock: Clock, lifecycle: KeyLifecycle
) -> None:
    put(storage, sessions, 4 * BATCH, ended_at=1)
    other = Storage(storage_url, clock)
    both = [Worker(Housekeeping(one, embedded, clock, lifecycle), clock) for one in (storage, other)]
    gone: list[int] = []
    threads = [threading.Thread(target=lambda one=one: gone.append(one.work())) for one in both]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sum(gone) + both[0].work() == 4 * BATCH
    assert count(storage, sessions) == 0


@pytest.mark.parametrize("storage_url", ["postgresql"], indirect=True)  # on SQLite nobody else can hold a row
def test_a_row_that_a_request_holds_is_left_for_later(storage: Storage, worker: Worker) -> None:
    put(storage, sessions, 3, ended_at=1)
    with storage.transaction(write=True) as request:
        request.execute(select(sessions).limit(1).with_for_update())
        assert worker.work() == 2
    assert worker.work() == 1


@pytest.mark.sr("SR-068")
def test_keys_whose_last_token_has_expired_are_withdrawn(
    storage: Storage, worker: Worker, lifecycle: KeyLifecycle, clock_file: ClockFile
) -> None:
    def states() -> list[str]:
        return sorted(storage.run(lambda tx: tx.execute(select(signing_keys.c.state)).scalars().all()))

    storage.run(lifecycle.ensure, write=True)
    clock_file.advance(3601)
    storage.run(lifecycle.rotate, write=True)
    clock_file.advance(7190)
    worker.work()
    assert states() == ["current"] * 4 + ["next"] * 4 + ["retiring"] * 4
    clock_file.advance(20)
    assert worker.work() == 4
    assert states() == ["current"] * 4 + ["next"] * 4 + ["retired"] * 4
    rows = storage.run(lambda tx: tx.execute(select(audit).where(audit.c.kind == "key.retired")).all())
    assert [row.actor for row in rows] == ["worker"] * 4


@pytest.mark.sr("SR-070")
def test_no_clean_up_deletes_a_key(
    storage: Storage, worker: Worker, lifecycle: KeyLifecycle, keyring: Keyring, clock_file: ClockFile
) -> None:
    """A key that is withdrawn leaves the key set and never the store, so a mistaken withdrawal loses nothing."""

    def keys() -> dict[str, Any]:
        return {row.kid: row for row in storage.run(lambda tx: tx.execute(select(signing_keys)).all())}

    storage.run(lifecycle.ensure, write=True)
    clock_file.advance(3601)
    storage.run(lifecycle.rotate, write=True)
    before = keys()
    for days in (1, 8, 400, 4_000):
        clock_file.advance(days * DAY_S)
        worker.work()
    after = keys()
    assert before.keys() <= after.keys()
    assert {row.state for row in after.values()} == {"current", "next", "retired"}
    for kid, row in before.items():
        assert unwrap_private(after[kid], keyring) == unwrap_private(row, keyring)
    for kid in [kid for kid, row in after.items() if row.state in {"current", "next"}]:
        assert storage.run(lambda tx, one=kid: lifecycle.retire(tx, one), write=True) == []


@pytest.mark.sr("SR-069")
def test_the_first_key_of_a_new_algorithm_signs_once_it_was_published_long_enough(
    storage: Storage, worker: Worker, lifecycle: KeyLifecycle, clock_file: ClockFile
) -> None:
    def current() -> int:
        wanted = select(signing_keys.c.kid).where(signing_keys.c.state == "current")
        return len(storage.run(lambda tx: tx.execute(wanted).all()))

    storage.run(lifecycle.ensure, write=True)
    lost = delete(signing_keys).where(signing_keys.c.algorithm == "EdDSA")
    storage.run(lambda tx: tx.execute(lost), write=True)
    storage.run(lifecycle.ensure, write=True)
    worker.work()
    assert current() == 3
    clock_file.advance(3601)
    worker.work()
    assert current() == 4
    (row,) = storage.run(lambda tx: tx.execute(select(audit).where(audit.c.kind == "key.rotated")).all())
    assert row.actor == "worker"


def test_the_ephemeral_store_is_swept(
    worker: Worker, embedded: SqliteEphemeral, clock_file: ClockFile, tmp_path: Path
) -> None:
    for number in range(1_200):
        embedded.put(f"old{number}", b"x", 60_000)
    embedded.put("young", b"x", 10 * DAY_MS)
    clock_file.advance(61)
    assert worker.work() == 1_200
    assert embedded.get("young") == b"x"
    assert embedded.sweep() == 0


@pytest.mark.parametrize("broken", [sessions, number_counters], ids=lambda table: table.name)
def test_a_chore_that_fails_stops_no_other(storage: Storage, worker: Worker, broken: Table) -> None:
    for table in (sessions, grants, number_counters):
        old = {"keep_until": 1} if table is number_counters else {"ended_at": 1}
        put(storage, table, 2, **old)
    storage.run(lambda tx: tx.execute(text(f"DROP TABLE {broken.name}")), write=True)
    assert worker.work() == 4


@pytest.mark.sr("SR-193")
def test_a_lost_ephemeral_store_stops_nothing_else(
    storage: Storage, clock: Clock, lifecycle: KeyLifecycle, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    lost = SqliteEphemeral(tmp_path / "file" / "ephemeral.db", clock)
    put(storage, sessions, 2, ended_at=1)
    assert Worker(Housekeeping(storage, lost, clock, lifecycle), clock).work() == 2


def test_a_database_that_is_gone_is_waited_for(
    clock: Clock, embedded: SqliteEphemeral, lifecycle: KeyLifecycle, clock_file: ClockFile
) -> None:
    gone = Storage("postgresql+psycopg://mostid@127.0.0.1:1/mostid", clock)
    embedded.put("old", b"x", 1)
    clock_file.advance(1)
    assert Worker(Housekeeping(gone, embedded, clock, lifecycle), clock).work() == 1
    gone.close()


@pytest.mark.sr("SR-203")
def test_a_worker_that_is_told_to_stop_ends_after_its_present_step(storage: Storage, worker: Worker) -> None:
    put(storage, sessions, 3 * BATCH, ended_at=1)
    put(storage, number_counters, 5, keep_until=1)
    stop = threading.Event()
    event.listen(storage.writer, "commit", lambda _: count_commits())
    commits = 0

    def count_commits() -> None:
        nonlocal commits
        commits += 1
        if commits == 2:  # the keys, and a first step of the sessions
            stop.set()

    assert worker.work(stop) == BATCH
    assert (count(storage, sessions), count(storage, number_counters)) == (2 * BATCH, 5)
    assert worker.work(stop) == 0


def test_the_loop_looks_at_the_clock_and_works_once_a_minute(
    storage: Storage, worker: Worker, clock_file: ClockFile
) -> None:
    stop, passes = threading.Event(), 0

    def note(*_: object) -> None:
        nonlocal passes
        passes += 1
        if passes == 1:
            clock_file.advance(61)
        elif passes == 2:
            clock_file.advance(-61)
        else:
            stop.set()

    done = worker.work
    worker.work = lambda stop=None: (note(), done(stop))[1]  # type: ignore[method-assign]
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    thread.join(15)
    assert not thread.is_alive()
    assert passes == 3
