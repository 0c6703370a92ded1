"""Look-ups: one owner a name, under every live key version."""

from uuid import uuid4

import pytest

from app.identity.lookups import Lookups
from app.identity.tables import identities, lookups
from app.keys.lookup import LookupHasher
from tests.identity.world import World, keyring, mailru, secret, sms

OLD, NEW = secret("lookup", 1), secret("lookup", 2)


def _lookups(*versions: str) -> Lookups:
    return Lookups(LookupHasher(keyring(lookup=",".join(versions))))


def test_the_first_takes_and_the_second_learns_who_it_was(world: World) -> None:
    first, second = (uuid4(), uuid4()), (uuid4(), uuid4())
    with world.storage.transaction(write=True) as tx:
        assert world.lookups.take(tx, "link:mailru", "1", *first, 1) == first
        assert world.lookups.take(tx, "link:mailru", "1", *second, 2) == first
        assert world.lookups.find(tx, "link:mailru", "1") == first
        assert world.lookups.find(tx, "link:phone", "1") is None


def test_a_name_is_handed_on_only_by_who_has_it(world: World) -> None:
    first, second, third = ((uuid4(), uuid4()) for _ in range(3))
    with world.storage.transaction(write=True) as tx:
        world.lookups.take(tx, "link:phone", "+7", *first, 1)
        assert world.lookups.move(tx, "link:phone", "+7", first[1], second)
        assert not world.lookups.move(tx, "link:phone", "+7", first[1], third)
        assert world.lookups.find(tx, "link:phone", "+7") == second


@pytest.mark.sr("SR-172")
def test_every_live_version_is_written_and_any_is_found(world: World) -> None:
    place = (uuid4(), uuid4())
    with world.storage.transaction(write=True) as tx:
        assert _lookups(NEW, OLD).take(tx, "k", "v", *place, 1) == place
        for versions in ((OLD,), (NEW,), (NEW, OLD), (OLD, NEW)):
            assert _lookups(*versions).find(tx, "k", "v") == place
    assert len(world.rows(lookups)) == 2


@pytest.mark.sr("SR-172")
def test_a_process_with_a_newer_key_finds_who_took_with_the_older(world: World) -> None:
    first, second = (uuid4(), uuid4()), (uuid4(), uuid4())
    with world.storage.transaction(write=True) as tx:
        _lookups(OLD).take(tx, "k", "v", *first, 1)
        assert _lookups(NEW, OLD).find(tx, "k", "v") == first
        assert _lookups(NEW, OLD).take(tx, "k", "v", *second, 2) == first
        assert _lookups(NEW).find(tx, "k", "v") == first, (
            "the missing version is completed in the winner's name"
        )
    assert len(world.rows(lookups)) == 2


@pytest.mark.sr("SR-172")
def test_a_rotation_under_way_makes_nobody_twice(world: World) -> None:
    older, newer = keyring(lookup=OLD), keyring(lookup=f"{NEW},{OLD}")
    found = set()
    for keys in (older, newer, older, newer):
        world.keys = keys
        found |= {world.arrive(mailru()).identity_id, world.arrive(sms()).identity_id}
    assert len(found) == len(world.rows(identities)) == 2


def test_finding_is_one_statement(world: World) -> None:
    with world.statements() as seen, world.storage.transaction(write=True) as tx:
        _lookups(NEW, OLD).find(tx, "k", "v")
    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 1
