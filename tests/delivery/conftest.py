"""A worker over stores of the test's own, on a clock that the test moves."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, func, insert, select

from app.challenges.tables import number_counters
from app.delivery.housekeeping import Housekeeping
from app.delivery.worker import Worker
from app.grants.tables import grants
from app.identity.tables import spent_proofs
from app.keys.keyring import Keyring
from app.keys.lifecycle import KeyLifecycle
from app.sessions.tables import sessions
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral, SqliteEphemeral
from app.storage.ids import uuid7
from config import load
from config.limits import LifetimeSettings
from config.secrets import new_env

DAY_S, DAY_MS = 86_400, 86_400_000
NEVER = 2**52
Rows = Callable[..., None]


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    file = tmp_path_factory.mktemp("keys") / "mostid.env"
    file.write_text(new_env())
    return Keyring(load(file).keys)


@pytest.fixture
def storage(storage_url: str, clock: Clock) -> Iterator[Storage]:
    made = Storage(storage_url, clock)
    yield made
    made.close()


@pytest.fixture
def lifecycle(keyring: Keyring, clock: Clock) -> KeyLifecycle:
    return KeyLifecycle(keyring, clock, LifetimeSettings())


@pytest.fixture
def embedded(tmp_path: Path, clock: Clock) -> SqliteEphemeral:
    return SqliteEphemeral(tmp_path / "ephemeral.db", clock)


@pytest.fixture
def worker(storage: Storage, embedded: Ephemeral, clock: Clock, lifecycle: KeyLifecycle) -> Worker:
    return Worker(Housekeeping(storage, embedded, clock, lifecycle), clock)


def count(storage: Storage, table: Table) -> int:
    """How many rows a table has."""
    return int(storage.run(lambda tx: tx.execute(select(func.count()).select_from(table)).scalar_one()))


def put(storage: Storage, table: Table, number: int = 1, **values: Any) -> None:
    """Add rows of this kind that are alive, but for what the test says of them."""
    rows = [EXAMPLES[table.name](storage.clock.now()) | values for _ in range(number)]
    storage.run(lambda tx: tx.execute(insert(table), rows), write=True)


def _session(now: int) -> dict[str, Any]:
    return _personal(now) | {
        "generation": 1, "raised_at": now, "auth_time": now, "acr": "urn:mostid:acr:1", "amr": ["fed"],
        "browser_hash": bytes(16), "shared": False, "created_at": now, "seen_at": now, "expires_at": NEVER,
        "ended_at": None, "link_id": UUID(int=1),
    }  # fmt: skip


def _grant(now: int) -> dict[str, Any]:
    return _personal(now) | {
        "client_id": "store", "link_id": UUID(int=1), "sub": "sub", "scope": "openid", "resource": "r",
        "auth_time": now, "acr": "urn:mostid:acr:1", "amr": ["fed"], "created_at": now, "ended_at": None,
        "generation": 1, "seal_version": 1, "rotated_at": now, "refresh_until": NEVER, "offline": False,
    }  # fmt: skip


def _counter(now: int) -> dict[str, Any]:
    return {
        "key_version": 1, "hash": uuid7(now).bytes * 2, "sends": [now], "pushes": [], "fails": [], "spent": [],
        "consecutive": 0, "keep_until": NEVER,
    }  # fmt: skip


def _spent(now: int) -> dict[str, Any]:
    return _personal(now) | {"purpose": "merge", "spent_at": now}


def _personal(now: int) -> dict[str, Any]:
    return {"identity_id": uuid7(now), "id": uuid7(now)}


EXAMPLES: dict[str, Callable[[int], dict[str, Any]]] = {
    sessions.name: _session, grants.name: _grant, number_counters.name: _counter, spent_proofs.name: _spent,
}  # fmt: skip
