"""Migrations: they make exactly the tables that the rooms declare, on each database, in both directions."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Table, create_engine, func, insert, inspect, select, text

from app.keys.columns import Sealed
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.model import Id, metadata
from migrations import commands
from tests.services import _import_tables

pytestmark = pytest.mark.sr("SR-198")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'truth.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    _import_tables()
    made = create_engine(empty_url)
    yield made
    made.dispose()


def tables_of(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def sample(table: Table) -> dict[str, Any]:
    """A row with something in every column."""
    values = {int: 7, str: "x", bytes: b"x" * 32, bool: True, object: {"a": 1}}
    own = {Id: UUID(int=7), Sealed: b"x" * 32}
    return {
        column.name: own[type(column.type)] if type(column.type) in own else values[column.type.python_type]
        for column in table.columns
    }


def test_there_is_one_line_of_revisions() -> None:
    numbers = commands.revisions()
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_migrations_make_what_the_rooms_declare(empty_url: str, engine: Engine) -> None:
    commands.upgrade(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    assert tables_of(engine) == set(metadata.tables)


def test_they_name_indexes_and_conditions_alike(empty_url: str, engine: Engine) -> None:
    """What the comparison above does not look at: the condition of a partial index."""
    commands.upgrade(empty_url)
    inspector = inspect(engine)
    for table in metadata.tables.values():
        declared = {
            index.name: bool(index.dialect_options[engine.dialect.name].get("where") is not None)
            for index in table.indexes
        }
        found = {
            index["name"]: f"{engine.dialect.name}_where" in index.get("dialect_options", {})
            for index in inspector.get_indexes(table.name)
        }
        assert found == declared


def test_every_revision_goes_down_and_up_with_rows_in_the_tables(empty_url: str, engine: Engine) -> None:
    commands.upgrade(empty_url)
    with engine.begin() as connection:
        for table in metadata.tables.values():
            connection.execute(insert(table).values(sample(table)))
    steps = ["base", *commands.revisions()]
    for lower in reversed(steps[:-1]):
        commands.downgrade(empty_url, lower)
    assert tables_of(engine) == set()
    for upper in steps[1:]:
        commands.upgrade(empty_url, upper)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_upgrading_again_keeps_the_rows(empty_url: str, engine: Engine) -> None:
    commands.upgrade(empty_url)
    table = metadata.tables["versions"]
    with engine.begin() as connection:
        connection.execute(insert(table).values(sample(table)))
    commands.upgrade(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 1


def test_runners_that_start_together_do_the_work_once(empty_url: str, engine: Engine) -> None:
    program = f"from migrations import commands; commands.upgrade({empty_url!r})"
    root = Path(__file__).parents[2]
    runners = [subprocess.Popen([sys.executable, "-c", program], cwd=root) for _ in range(3)]
    assert [runner.wait(60) for runner in runners] == [0, 0, 0]
    assert tables_of(engine) == set(metadata.tables)


def test_an_interrupted_revision_leaves_no_trace(empty_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE consents (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="consents"):
        commands.upgrade(empty_url)
    assert tables_of(engine) == {"consents"}
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE consents"))
    commands.upgrade(empty_url)
    assert tables_of(engine) == set(metadata.tables)


def test_a_migrated_database_takes_our_column_types(empty_url: str, engine: Engine, clock: Clock) -> None:
    commands.upgrade(empty_url)
    storage = Storage(empty_url, clock)
    for table in metadata.tables.values():
        with storage.transaction(write=True) as tx:
            tx.execute(insert(table).values(sample(table)))
        with storage.transaction() as tx:
            assert tx.execute(select(table)).mappings().one() == sample(table)
    storage.close()
