from pathlib import Path
from typing import Any

import pytest

from app.storage.clock import Clock
from app.storage.database import Storage, Unavailable
from app.storage.ephemeral import SqliteEphemeral
from app.storage.ephemeral.base import EphemeralDown
from app.web import health
from app.web.door import Endpoint
from app.web.request import EMPTY_FORM, Answer, Request


def ask(storage: Storage, endpoint: Endpoint) -> Answer:
    def act(tx: Any) -> Answer | None:
        return endpoint.handler(Request("GET", "/health", EMPTY_FORM, EMPTY_FORM, {}, "127.0.0.1", "r", tx))

    answer = storage.run(act)
    assert answer is not None
    return answer


@pytest.fixture
def storage(tmp_path: Path, clock: Clock) -> Storage:
    return Storage(f"sqlite:///{tmp_path / 'truth.db'}", clock, 2)


@pytest.mark.sr("SR-158")
def test_health_says_one_word(storage: Storage, tmp_path: Path, clock: Clock) -> None:
    ephemeral = SqliteEphemeral(tmp_path / "ephemeral.db", clock)
    assert ask(storage, Endpoint(health.live, frozenset({"GET"}))).body == b'{"status":"live"}'
    assert ask(storage, Endpoint(health.ready(ephemeral), frozenset({"GET"}))).body == b'{"status":"ready"}'


def test_we_are_alive_without_the_ephemeral_store_but_not_ready(storage: Storage) -> None:
    class Down:
        def birth(self) -> int:
            raise EphemeralDown("gone")

    assert ask(storage, Endpoint(health.live, frozenset({"GET"}))).status == 200
    with pytest.raises(EphemeralDown):
        ask(storage, Endpoint(health.ready(Down()), frozenset({"GET"})))  # type: ignore[arg-type]


def test_we_are_not_ready_without_the_database(tmp_path: Path, clock: Clock) -> None:
    storage = Storage(f"sqlite:///{tmp_path}", clock, 2)  # a folder is no database
    ephemeral = SqliteEphemeral(tmp_path / "ephemeral.db", clock)
    with pytest.raises(Unavailable):
        ask(storage, Endpoint(health.ready(ephemeral), frozenset({"GET"})))
