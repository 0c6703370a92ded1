"""The life of signing keys, seen by services that cache the key set, on a moved clock."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, select, update

from app.keys.lifecycle import ALGORITHMS, KeyLifecycle, Rotation, unwrap_private
from app.keys.sealing import Unsealable
from app.keys.signing import REGISTRIES, BadToken, NoSigningKey, SigningKeys
from app.keys.tables import signing_keys
from app.storage.clock import Clock
from app.storage.database import Storage
from config.limits import LifetimeSettings
from tests.keys.conftest import ISSUER, foreign_keyring, make_keyring
from tests.services import ClockFile

MINUTE, HOUR = 60, 3600
MakeWorker = Callable[[], SigningKeys]


@pytest.fixture
def act(storage: Storage) -> Callable[[Callable[..., Any]], Any]:
    """Run one act of the lifecycle in a transaction."""
    return lambda verb, **words: storage.run(lambda tx: verb(tx, **words), write=True)


def states(storage: Storage) -> dict[str, list[str]]:
    """States by algorithm, in the order of publishing."""
    with storage.transaction() as tx:
        rows = tx.execute(
            select(signing_keys).order_by(signing_keys.c.published_at, signing_keys.c.activated_at)
        ).all()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.algorithm, []).append(row.state)
    return {algorithm: sorted(many) for algorithm, many in found.items()}


def published(keys: SigningKeys) -> list[dict[str, str]]:
    members: list[dict[str, str]] = json.loads(keys.jwks())["keys"]
    return members


def sign(keys: SigningKeys, clock: Clock, algorithm: str = "ES256") -> str:
    now = clock.now() // 1000
    return keys.sign({"iss": ISSUER, "iat": now, "exp": now + 600}, algorithm, "at+jwt")


@pytest.mark.sr("SR-068")
def test_the_first_start_publishes_a_current_and_a_next_key(
    storage: Storage, act: Any, lifecycle: KeyLifecycle, worker: MakeWorker
) -> None:
    with pytest.raises(NoSigningKey):
        worker().sign({}, "ES256", "at+jwt")
    assert len(act(lifecycle.ensure)) == 8
    assert states(storage) == {key: ["current", "next"] for key in ALGORITHMS}
    assert act(lifecycle.ensure) == []
    assert len(published(worker())) == 8


@pytest.mark.sr("SR-072")
def test_the_key_set_has_no_private_member(act: Any, lifecycle: KeyLifecycle, worker: MakeWorker) -> None:
    act(lifecycle.ensure)
    for key in published(worker()):
        assert key.keys() <= {"kid", "use", "alg", "kty", "crv", "x", "y", "n", "e"}
        assert key["use"] == "sig"


@pytest.mark.sr("SR-069")
def test_a_key_is_published_a_whole_cache_time_before_it_signs(
    storage: Storage,
    act: Any,
    lifecycle: KeyLifecycle,
    clock: Clock,
    clock_file: ClockFile,
    worker: MakeWorker,
) -> None:
    act(lifecycle.ensure)
    start = clock.now()
    clock_file.advance(HOUR - 10)
    early: list[Rotation] = act(lifecycle.rotate)
    assert [one.promoted for one in early] == [None] * 4
    assert all(one.not_before and abs(one.not_before - start - HOUR * 1000) < 5000 for one in early)
    assert states(storage) == {key: ["current", "next"] for key in ALGORITHMS}
    clock_file.advance(15)
    done: list[Rotation] = act(lifecycle.rotate)
    assert all(one.promoted and one.not_before is None for one in done)
    assert states(storage) == {key: ["current", "next", "retiring"] for key in ALGORITHMS}


@pytest.mark.sr("SR-068", "SR-069")
@pytest.mark.parametrize("hours", [2, pytest.param(6, marks=pytest.mark.soak)])
def test_a_service_that_caches_the_key_set_never_meets_an_unknown_key(
    act: Any,
    lifecycle: KeyLifecycle,
    clock: Clock,
    clock_file: ClockFile,
    worker: MakeWorker,
    lifetimes: LifetimeSettings,
    hours: int,
) -> None:
    """Keys are rotated and retired as often as we let operators; the service fetches once per cache time."""
    act(lifecycle.ensure)
    ours, seen, waiting = worker(), set(), []
    for step in range(hours * 12):
        if step % 12 == 0:
            cached = KeySet.import_key_set(json.loads(ours.jwks()))
        act(lifecycle.rotate)
        act(lifecycle.retire)
        clock_file.advance(2)
        waiting += [(sign(ours, clock, algorithm), algorithm) for algorithm in ALGORITHMS]
        for token, algorithm in waiting:
            seen.add(jwt.decode(token, cached, registry=REGISTRIES[algorithm]).header["kid"])
            ours.verify(token, "at+jwt")
        waiting = waiting[-4:]
        clock_file.advance(5 * MINUTE - 2)
    assert len(seen) > 4 * (hours - 1)


@pytest.mark.sr("SR-068")
def test_a_former_key_verifies_until_its_last_token_has_expired_everywhere(
    storage: Storage,
    act: Any,
    lifecycle: KeyLifecycle,
    clock: Clock,
    clock_file: ClockFile,
    worker: MakeWorker,
) -> None:
    act(lifecycle.ensure)
    clock_file.advance(HOUR)
    ours = worker()
    token = sign(ours, clock)
    act(lifecycle.rotate)
    clock_file.advance(9 * MINUTE)
    assert ours.verify(token, "at+jwt")["iss"] == ISSUER
    assert act(lifecycle.retire) == []
    clock_file.advance(2 * HOUR)
    assert len(act(lifecycle.retire)) == 4
    assert states(storage)["ES256"] == ["current", "next", "retired"]
    clock_file.advance(1)
    assert len(published(ours)) == 8


@pytest.mark.sr("SR-071")
def test_an_emergency_ends_the_former_key_on_every_worker(
    storage: Storage,
    act: Any,
    lifecycle: KeyLifecycle,
    clock: Clock,
    clock_file: ClockFile,
    worker: MakeWorker,
) -> None:
    act(lifecycle.ensure)
    workers = [worker() for _ in range(3)]
    stolen = [sign(workers[0], clock, algorithm) for algorithm in ALGORITHMS]
    assert all(one.verify(token, "at+jwt") for one in workers for token in stolen)
    act(lifecycle.rotate, emergency=True)
    clock_file.advance(1)
    for one in workers:
        for token in stolen:
            with pytest.raises(BadToken):
                one.verify(token, "at+jwt")
        assert one.verify(sign(workers[0], clock), "at+jwt")
    assert states(storage)["ES256"] == ["current", "next", "retired"]


@pytest.mark.sr("SR-069")
def test_no_key_id_is_used_twice(
    storage: Storage, act: Any, lifecycle: KeyLifecycle, clock_file: ClockFile
) -> None:
    act(lifecycle.ensure)
    for _ in range(3):
        clock_file.advance(HOUR)
        act(lifecycle.rotate)
        act(lifecycle.retire)
    with storage.transaction() as tx:
        rows = tx.execute(select(signing_keys)).all()
    assert len({json.dumps(row.public_jwk) for row in rows}) == len({row.kid for row in rows}) == len(rows)


def test_only_a_retiring_key_is_retired_by_name(
    storage: Storage, act: Any, lifecycle: KeyLifecycle, clock_file: ClockFile
) -> None:
    act(lifecycle.ensure)
    clock_file.advance(HOUR)
    act(lifecycle.rotate)
    with storage.transaction() as tx:
        rows = tx.execute(select(signing_keys).where(signing_keys.c.algorithm == "ES256")).all()
    kids = {row.state: row.kid for row in rows}
    assert act(lifecycle.retire, kid=kids["current"]) == []
    assert act(lifecycle.retire, kid=kids["next"]) == []
    assert act(lifecycle.retire, kid=kids["retiring"]) == [kids["retiring"]]


@pytest.mark.sr("SR-073")
def test_keys_at_rest_are_wrapped_each_for_itself(
    storage: Storage, act: Any, lifecycle: KeyLifecycle
) -> None:
    act(lifecycle.ensure)
    with storage.transaction() as tx:
        rows = tx.execute(select(signing_keys).where(signing_keys.c.algorithm == "ES256")).all()
    first, second = rows
    private = unwrap_private(first, make_keyring())
    assert private["kid"] == first.kid
    assert private["d"].encode() not in first.wrapped
    assert "d" not in first.public_jwk
    with pytest.raises(Unsealable):
        unwrap_private(first, foreign_keyring())
    with storage.transaction(write=True) as tx:
        tx.execute(update(signing_keys).where(signing_keys.c.kid == first.kid).values(wrapped=second.wrapped))
        swapped = tx.execute(select(signing_keys).where(signing_keys.c.kid == first.kid)).one()
        with pytest.raises(Unsealable):
            unwrap_private(swapped, make_keyring())


@pytest.mark.sr("SR-171")
def test_a_new_master_key_reads_keys_wrapped_by_the_former(
    storage: Storage, act: Any, lifecycle: KeyLifecycle, clock: Clock, lifetimes: LifetimeSettings
) -> None:
    act(lifecycle.ensure)
    both = make_keyring(wrap=(2, 1))
    act(KeyLifecycle(both, clock, lifetimes).rotate, emergency=True)
    with storage.transaction() as tx:
        rows = tx.execute(select(signing_keys)).all()
    assert {row.wrap_version for row in rows} == {1, 2}
    assert all(unwrap_private(row, both)["kid"] == row.kid for row in rows)


@pytest.mark.sr("SR-072")
def test_a_foreign_verifier_reads_our_tokens(
    act: Any, lifecycle: KeyLifecycle, clock: Clock, worker: MakeWorker
) -> None:
    act(lifecycle.ensure)
    ours = worker()
    keys = KeySet.import_key_set(json.loads(ours.jwks()))
    for algorithm in ALGORITHMS:
        registry = REGISTRIES[algorithm]
        assert jwt.decode(sign(ours, clock, algorithm), keys, registry=registry).claims["iss"] == ISSUER
        with pytest.raises((JoseError, ValueError)):
            jwt.decode(sign(ours, clock, algorithm)[:-8] + "AAAAAAAA", keys, registry=registry)


@pytest.mark.sr("SR-069")
def test_algorithms_that_are_new_to_a_running_deployment_are_published_before_they_sign(
    storage: Storage,
    act: Any,
    lifecycle: KeyLifecycle,
    clock: Clock,
    clock_file: ClockFile,
    worker: MakeWorker,
) -> None:
    """It goes on by the two algorithms that it has; the others sign a cache time later, and at once where it is new."""
    act(lifecycle.ensure)
    new = signing_keys.c.algorithm.in_(("PS256", "EdDSA"))
    storage.run(lambda tx: tx.execute(delete(signing_keys).where(new)), write=True)
    ours = worker()
    before, token = published(ours), sign(ours, clock)
    assert len(before) == 4
    assert len(act(lifecycle.ensure)) == 2
    assert act(lifecycle.ensure) == []
    clock_file.advance(1)
    assert [key for key in published(ours) if key in before] == before
    assert {key["alg"] for key in published(ours) if key not in before} == {"PS256", "EdDSA"}
    assert ours.verify(token, "at+jwt")
    assert sign(ours, clock, "RS256")
    for algorithm in ("PS256", "EdDSA"):
        assert states(storage)[algorithm] == ["next"]
        with pytest.raises(NoSigningKey):
            sign(ours, clock, algorithm)
    clock_file.advance(HOUR - 10)
    assert act(lifecycle.begin) == []
    clock_file.advance(15)
    assert {one.algorithm for one in act(lifecycle.begin)} == {"PS256", "EdDSA"}
    assert act(lifecycle.begin) == []
    clock_file.advance(1)
    for algorithm in ("PS256", "EdDSA"):
        assert states(storage)[algorithm] == ["current", "next"]
        assert ours.verify(sign(ours, clock, algorithm), "at+jwt")["iss"] == ISSUER
    assert states(storage)["ES256"] == ["current", "next"]
