"""Clients as processes keep them, and the acts of operators on them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from app.clients import registration
from app.clients.metadata import BadMetadata
from app.clients.policy import Policy
from app.clients.registration import ClientIdTaken, UnknownClient
from app.clients.registry import UNKNOWN_CAPACITY, Clients
from app.clients.tables import clients
from app.events.audit import audit
from app.storage.clock import Clock
from app.storage.database import Storage, Unavailable
from app.storage.versions import Versions
from tests.clients.conftest import Register
from tests.services import ClockFile


def count_statements(storage: Storage) -> list[str]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(storage.reader, "before_cursor_execute", note)
    return seen


def test_a_client_is_read_once(storage: Storage, register: Register, workers: list[Clients]) -> None:
    shop = register("shop", allowed_scopes=["openid", "email"])
    first = workers[0].get("shop")
    assert first is not None
    assert first.scopes == {"openid", "email"}
    assert first.client_id == shop.client_id
    seen = count_statements(storage)
    assert workers[0].get("shop") is first
    assert seen == []


@pytest.mark.sr("SR-057")
def test_every_worker_drops_a_disabled_client(
    storage: Storage, clock: Clock, clock_file: ClockFile, register: Register, workers: list[Clients]
) -> None:
    register("shop")
    assert all(worker.get("shop") for worker in workers)
    storage.run(lambda tx: registration.disable(tx, "shop", clock.now()), write=True)
    clock_file.advance(1)
    assert [worker.get("shop") for worker in workers] == [None, None, None]
    storage.run(lambda tx: registration.enable(tx, "shop", clock.now()), write=True)
    clock_file.advance(1)
    assert all(worker.get("shop") for worker in workers)


def test_a_client_registered_after_it_was_asked_for_is_found(
    clock_file: ClockFile, register: Register, workers: list[Clients]
) -> None:
    assert workers[0].get("shop") is None
    register("shop")
    clock_file.advance(1)
    assert workers[0].get("shop") is not None


def test_unknown_ids_cost_no_statement_twice_and_evict_no_client(
    storage: Storage, register: Register, workers: list[Clients]
) -> None:
    register("shop")
    known = workers[0].get("shop")
    for number in range(UNKNOWN_CAPACITY + 5):
        assert workers[0].get(f"none-{number}") is None
    seen = count_statements(storage)
    assert workers[0].get(f"none-{number}") is None
    assert workers[0].get("shop") is known
    assert [statement for statement in seen if "clients" in statement] == []


@pytest.mark.parametrize(
    "client_id", ["", "a", "Я" * 5, "a" * 49, "a b", "a\n", "'; DROP TABLE clients", "../x", "\x00\x00"]
)
def test_what_cannot_be_an_id_is_not_looked_for(
    storage: Storage, workers: list[Clients], client_id: str
) -> None:
    seen = count_statements(storage)
    assert workers[0].get(client_id) is None
    assert seen == []


def test_the_cache_is_bounded(storage: Storage, register: Register) -> None:
    for name in ("one", "two", "three"):
        register(name)
    registry = Clients(storage, Versions(storage), capacity=2)
    one = registry.get("one")
    registry.get("two")
    assert registry.get("one") is one
    registry.get("three")
    assert registry.get("one") is one
    seen = count_statements(storage)
    registry.get("two")
    assert len([statement for statement in seen if "FROM clients" in statement]) == 1


def test_without_the_store_clients_are_served_for_five_seconds(
    clock_file: ClockFile, register: Register, storage: Storage, workers: list[Clients]
) -> None:
    register("shop")
    assert workers[0].get("shop")
    with unreadable(storage):
        clock_file.advance(4)
        assert workers[0].get("shop")
        clock_file.advance(2)
        with pytest.raises(Unavailable):
            workers[0].get("shop")
    clock_file.advance(1)
    assert workers[0].get("shop")


def test_after_a_pause_no_request_is_turned_away(
    clock_file: ClockFile, register: Register, storage: Storage, workers: list[Clients]
) -> None:
    register("shop")
    workers[0].get("shop")
    clock_file.advance(60)
    together, found = threading.Barrier(8), []

    def ask() -> None:
        together.wait()
        found.append(workers[0].get("shop"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([client for client in found if client]) == 8


@pytest.mark.sr("SR-055")
def test_a_secret_is_long_and_kept_as_a_hash_only(storage: Storage, register: Register) -> None:
    secret = register("shop").secret
    assert secret is not None
    assert len(secret) >= 43
    with storage.transaction() as tx:
        assert secret not in str(tx.execute(select(clients)).all() + tx.execute(select(audit)).all())  # type: ignore[operator]
    assert register("other").secret != secret
    assert register("app", token_endpoint_auth_method="none").secret is None


@pytest.mark.sr("SR-055", "SR-029")
def test_two_secrets_live_during_a_rotation(
    storage: Storage, clock: Clock, clock_file: ClockFile, register: Register, workers: list[Clients]
) -> None:
    secrets = [register("shop").secret or ""]

    def works() -> list[bool]:
        clock_file.advance(1)
        client = workers[0].get("shop")
        assert client is not None
        return [client.check_secret(secret, clock.now()) for secret in secrets]

    def rotate(overlap_s: int) -> None:
        act = lambda tx: registration.rotate_secret(tx, "shop", clock.now(), overlap_s=overlap_s)  # noqa: E731
        secrets.append(storage.run(act, write=True))

    assert works() == [True]
    rotate(60)
    assert works() == [True, True]
    rotate(60)
    assert works() == [False, True, True]
    clock_file.advance(60)
    assert works() == [False, False, True]
    rotate(0)
    assert works() == [False, False, False, True]


@pytest.mark.sr("SR-029")
def test_no_other_text_passes_for_a_secret(register: Register, clock: Clock, workers: list[Clients]) -> None:
    secret = register("shop").secret or ""
    client = workers[0].get("shop")
    assert client is not None
    wrong = ["", secret[:-1], secret + "x", secret.swapcase(), " " + secret, "я", "\udc80", "x" * 100_000]
    assert [text for text in wrong if client.check_secret(text, clock.now())] == []
    assert client.check_secret(secret, clock.now())
    register("app", token_endpoint_auth_method="none")
    public = workers[1].get("app")
    assert public is not None
    assert public.public
    assert not public.check_secret("", clock.now())


@pytest.mark.sr("SR-059")
@pytest.mark.parametrize(
    "client_id",
    [
        "Shop",
        "1shop",
        "a" * 27,
        "shop/1",
        "shop:1",
        "s",
        "shop shop",
        "a" * 49,
        "ab345678-1234-7abc-8abc-123456789abc",
    ],
)
def test_a_client_id_that_could_be_a_persons_is_refused(register: Register, client_id: str) -> None:
    with pytest.raises(BadMetadata):
        register(client_id)


@pytest.mark.sr("SR-059", "SR-187")
def test_ids_are_typed_and_taken_once(register: Register, storage: Storage) -> None:
    given = register().client_id
    assert given.startswith("c_")
    assert len(given) == 24
    register("shop")
    with pytest.raises(ClientIdTaken):
        register("shop")


@pytest.mark.sr("SR-155")
def test_every_act_leaves_its_record(storage: Storage, clock: Clock, register: Register) -> None:
    register("shop")
    for act in (registration.disable, registration.disable, registration.enable):
        storage.run(lambda tx, act=act: act(tx, "shop", clock.now(), actor="anna"), write=True)  # type: ignore[misc]
    storage.run(
        lambda tx: registration.rotate_secret(tx, "shop", clock.now(), overlap_s=0, actor="anna"), write=True
    )
    with storage.transaction() as tx:
        rows = tx.execute(select(audit.c.kind, audit.c.actor, audit.c.client_id).order_by(audit.c.id)).all()
    assert sorted(tuple(row) for row in rows) == [
        ("client.added", "operator", "shop"),
        ("client.disabled", "anna", "shop"),
        ("client.enabled", "anna", "shop"),
        ("client.secret_rotated", "anna", "shop"),
    ]


def test_acts_on_nobody_are_refused(storage: Storage, clock: Clock, register: Register) -> None:
    for act in (registration.disable, registration.enable):
        with pytest.raises(UnknownClient):
            storage.run(lambda tx, act=act: act(tx, "none", clock.now()), write=True)  # type: ignore[misc]
    register("app", token_endpoint_auth_method="none")
    with pytest.raises(BadMetadata):
        storage.run(lambda tx: registration.rotate_secret(tx, "app", clock.now(), overlap_s=0), write=True)


def test_production_finds_the_clients_of_a_developers_machine(
    storage: Storage, clock: Clock, register: Register
) -> None:
    register("shop")
    register("demo", redirect_uris=["http://localhost:8200/cb"])
    register("ours", first_party=True)
    with storage.transaction() as tx:
        found = registration.misfits(tx, Policy(production=True, owned_domains=("eco.example",)))
        assert registration.misfits(tx, Policy()) == []
    assert [client_id for client_id, _ in found] == ["demo", "ours"]


@contextmanager
def unreadable(storage: Storage) -> Iterator[None]:
    """The database does not answer."""

    def refuse(*_: Any) -> None:
        raise OperationalError("", None, Exception("gone"))

    event.listen(storage.reader, "before_cursor_execute", refuse)
    yield
    event.remove(storage.reader, "before_cursor_execute", refuse)
