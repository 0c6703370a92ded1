"""Transactions over the truth: writers take turns, readers cannot write, a conflict is tried once more."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app.storage.clock import Clock
from app.storage.database import Storage, StorageBusy, Transaction, Unavailable
from app.storage.ids import born, uuid7
from app.storage.now import database_now
from app.storage.upsert import insert_ignore
from app.storage.versions import PATIENCE_S, Versions, bump, versions
from tests.services import ClockFile, free_port
from tests.storage.writer import KIND
from tests.support import crowd

PROCESSES, TIMES = 4, 50


def url_of(storage: Storage) -> str:
    return storage.writer.url.render_as_string(False)


def write_counter(storage: Storage, version: int = 0) -> None:
    with storage.transaction(write=True) as tx:
        tx.execute(insert(versions).values(kind=KIND, version=version))


def counter(storage: Storage) -> int | None:
    with storage.transaction() as tx:
        return tx.execute(select(versions.c.version).where(versions.c.kind == KIND)).scalar()


@pytest.mark.sr("SR-187")
def test_reading_then_writing_in_four_processes_loses_nothing(storage: Storage) -> None:
    write_counter(storage)
    numbers = Counter(crowd.run(PROCESSES, "tests.storage.writer", url_of(storage), "count", str(TIMES)))
    assert numbers == {str(number): 1 for number in range(1, PROCESSES * TIMES + 1)}
    assert counter(storage) == PROCESSES * TIMES


@pytest.mark.sr("SR-187")
def test_each_name_is_inserted_by_one(storage: Storage) -> None:
    outcomes = Counter(crowd.run(PROCESSES, "tests.storage.writer", url_of(storage), "insert", str(TIMES)))
    assert outcomes == {"True": TIMES, "False": (PROCESSES - 1) * TIMES}


def test_an_insert_that_lost_leaves_the_row_as_it_was(storage: Storage) -> None:
    with storage.transaction(write=True) as tx:
        assert insert_ignore(tx, versions, {"kind": KIND, "version": 1})
        assert not insert_ignore(tx, versions, {"kind": KIND, "version": 2})
    assert counter(storage) == 1


@pytest.mark.parametrize(
    "statement", ["INSERT INTO versions VALUES ('x', 1)", "DELETE FROM versions", "CREATE TABLE x (y int)"]
)
def test_a_reading_transaction_cannot_write(storage: Storage, statement: str) -> None:
    with pytest.raises((DBAPIError, Unavailable)), storage.transaction() as tx:
        tx.execute(text(statement))
    with storage.transaction() as tx:
        assert tx.execute(select(func.count()).select_from(versions)).scalar() == 0


def test_what_is_raised_rolls_back_and_what_returns_commits(storage: Storage) -> None:
    with pytest.raises(KeyError), storage.transaction(write=True) as tx:
        tx.execute(insert(versions).values(kind=KIND, version=1))
        raise KeyError
    assert counter(storage) is None
    assert storage.run(lambda tx: insert_ignore(tx, versions, {"kind": KIND, "version": 3}), write=True)
    assert counter(storage) == 3


@pytest.mark.parametrize(("losses", "tries"), [(0, 1), (1, 2)])
def test_a_lost_conflict_is_tried_once_more(storage: Storage, losses: int, tries: int) -> None:
    write_counter(storage)
    done = lose(storage, losses)
    assert done == tries
    assert counter(storage) == 1


def test_a_second_lost_conflict_is_busy(storage: Storage) -> None:
    write_counter(storage)
    with pytest.raises(StorageBusy):
        lose(storage, 2)
    assert counter(storage) == 0


def lose(storage: Storage, losses: int) -> int:
    """Count up while the first so many tries lose; returns the number of tries."""
    tries = 0

    def act(tx: Transaction) -> int:
        nonlocal tries
        tries += 1
        tx.execute(update(versions).where(versions.c.kind == KIND).values(version=versions.c.version + 1))
        if tries <= losses:
            raise StorageBusy("lost")
        return tries

    return storage.run(act, write=True)


def test_a_real_conflict_of_postgresql_is_seen_as_one(storage: Storage) -> None:
    if storage.writer.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time and no such conflict")
    write_counter(storage)
    tries = 0

    def act(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        tx.connection.execution_options(isolation_level="SERIALIZABLE")
        tx.execute(select(versions)).all()
        if tries == 1:
            with storage.transaction(write=True) as other:
                other.execute(update(versions).values(version=10))
        tx.execute(update(versions).values(version=versions.c.version + 1))

    storage.run(act, write=True)
    assert (tries, counter(storage)) == (2, 11)


def test_what_may_have_committed_is_not_done_again(storage: Storage) -> None:
    """A connection lost in COMMIT: nobody knows on which side of it."""
    if storage.writer.dialect.name == "sqlite":
        pytest.skip("there is no connection to lose")
    write_counter(storage)
    tries = 0

    def act(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        tx.execute(update(versions).values(version=versions.c.version + 1))
        ours = tx.execute(select(func.pg_backend_pid())).scalar_one()
        with storage.transaction(write=True) as other:
            other.execute(select(func.pg_terminate_backend(ours, 5_000)))

    with pytest.raises(Unavailable) as caught:
        storage.run(act, write=True)
    assert (tries, isinstance(caught.value, StorageBusy)) == (1, False)


def test_a_server_that_takes_no_writes_is_unavailable(storage: Storage) -> None:
    if storage.writer.dialect.name == "sqlite":
        pytest.skip("PostgreSQL alone has standbys")
    with pytest.raises(Unavailable), storage.transaction(write=True) as tx:
        tx.execute(text("SET TRANSACTION READ ONLY"))
        tx.execute(insert(versions).values(kind=KIND, version=1))


def test_a_statement_does_not_wait_for_ever(storage: Storage) -> None:
    if storage.writer.dialect.name == "sqlite":
        pytest.skip("SQLite has one busy timeout for all")
    write_counter(storage)
    with storage.transaction(write=True) as holder:
        holder.execute(update(versions).values(version=5))
        with pytest.raises(Unavailable), storage.transaction(write=True) as waiting:
            waiting.execute(text("SET LOCAL lock_timeout = '50ms'"))
            waiting.execute(update(versions).values(version=6))
    for engine in (storage.writer, storage.reader):
        with engine.connect() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "5s"
            assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "3s"


def test_a_file_that_is_no_database_is_unavailable(clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "truth.db").write_bytes(b"something else entirely" * 100)
    storage = Storage(f"sqlite:///{tmp_path}/truth.db", clock)
    with pytest.raises(Unavailable), storage.transaction() as tx:
        tx.execute(text("SELECT 1 FROM sqlite_master"))


def test_a_database_that_is_gone_is_unavailable(clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "truth.db").write_bytes(b"")
    (tmp_path / "truth.db-wal").mkdir()
    for url in (
        f"postgresql+psycopg://mostid@127.0.0.1:{free_port()}/none",
        f"sqlite:///{tmp_path}/truth.db",
    ):
        storage = Storage(url, clock)
        with pytest.raises(Unavailable), storage.transaction() as tx:
            tx.execute(select(versions))
        storage.close()


def test_the_database_tells_our_time(storage: Storage, clock: Clock, clock_file: ClockFile) -> None:
    for seconds in (0, 86_400, -3_600):
        clock_file.set(seconds)
        with storage.transaction() as tx:
            told = tx.execute(select(database_now(clock))).scalar_one()
        assert abs(told - clock.now()) < 1_000


def test_a_change_is_seen_by_another_process_within_a_second(
    storage: Storage, clock: Clock, clock_file: ClockFile
) -> None:
    ours, theirs = Versions(storage), Versions(storage)
    assert ours.current(KIND)[0] == theirs.current(KIND)[0] == 0
    storage.run(lambda tx: bump(tx, KIND), write=True)
    storage.run(lambda tx: bump(tx, KIND), write=True)
    clock_file.advance(1)
    assert ours.current(KIND)[0] == theirs.current(KIND)[0] == 2


def test_versions_are_read_once_a_second(storage: Storage, clock_file: ClockFile) -> None:
    known = Versions(storage)
    known.current(KIND)
    storage.run(lambda tx: bump(tx, KIND), write=True)
    assert known.current(KIND)[0] == 0
    assert known.current("other")[0] == 0
    clock_file.advance(1)
    assert known.current(KIND) == (1, 0)


def test_versions_tell_how_old_they_are_when_the_database_is_gone(
    storage: Storage, clock_file: ClockFile
) -> None:
    known = Versions(storage)
    storage.run(lambda tx: bump(tx, KIND), write=True)
    assert known.current(KIND)[0] == 1
    gone = Storage(f"postgresql+psycopg://mostid@127.0.0.1:{free_port()}/none", storage.clock)
    storage.reader.dispose()
    storage.reader = gone.reader
    clock_file.advance(7)
    version, age = known.current(KIND)
    assert version == 1
    assert age >= 7_000


def test_a_database_that_hangs_holds_up_one_thread_and_not_all(
    storage: Storage, clock_file: ClockFile
) -> None:
    """What is in memory goes on being served, however long the one that reads has to wait."""
    if storage.writer.dialect.name == "sqlite":
        pytest.skip("its readers wait for nobody")
    known = Versions(storage)
    known.current(KIND)
    clock_file.advance(7)
    with storage.writer.connect() as hanging, ThreadPoolExecutor(4) as pool:
        hanging.execute(text("LOCK TABLE versions IN ACCESS EXCLUSIVE MODE"))
        asking = [pool.submit(known.current, KIND) for _ in range(4)]
        answered = wait(asking, PATIENCE_S + 1)
        hanging.rollback()
    assert len(answered.done) == 3
    assert all(one.result()[1] >= 7_000 for one in answered.done)


def test_ids_sort_by_their_birth() -> None:
    times = [0, 1, 999, 1_800_000_000_000, 2**48 - 1]
    ids = [uuid7(at) for at in times]
    assert ids == sorted(ids)
    assert [born(one) for one in ids] == times
    assert {one.version for one in ids} == {7}
    assert {one.variant for one in ids} == {UUID(int=0x8 << 60).variant}
    assert len({uuid7(5) for _ in range(10_000)}) == 10_000


def test_the_clock_without_a_file_is_the_systems() -> None:
    assert Clock().offset() == 0
    assert not Clock().is_moved


def test_a_clock_file_that_is_missing_moves_nothing(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    assert clock.offset() == 0
    (tmp_path / "clock").write_text(" 1.5\n")
    assert clock.offset() == 1_500
    assert clock.is_moved
