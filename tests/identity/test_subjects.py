"""Subjects: one per person and sector, for life."""

from uuid import uuid4

import pytest
from sqlalchemy import insert

from app.identity.subjects import SubjectTaken
from app.identity.tables import lookups, subjects
from tests.identity.world import World, keyring, secret

ANNA, BORIS = uuid4(), uuid4()


def _give(world: World, identity=ANNA, sector: str = "ecosystem") -> str:  # type: ignore[no-untyped-def]
    return world.storage.run(
        lambda tx: world.subjects.subject_for(tx, identity, sector, world.now), write=True
    )


def _find(world: World, sector: str, sub: str):  # type: ignore[no-untyped-def]
    with world.storage.transaction() as tx:
        return world.subjects.find_by_sub(tx, sector, sub)


@pytest.mark.sr("SR-076")
@pytest.mark.rule("OIDC Core", "8.1", "a subject is the same in one sector and unlinkable across sectors")
def test_a_subject_is_stable_in_its_sector_and_another_elsewhere(world: World) -> None:
    sub = _give(world)
    assert _give(world) == sub
    others = {_give(world, sector="shop.example"), _give(world, BORIS), _give(world, BORIS, "shop.example")}
    assert len(others | {sub}) == 4
    for one in (sub, *others):
        assert len(one) <= 255
        assert one.isascii()
        assert str(ANNA) not in one


@pytest.mark.sr("SR-077")
def test_a_new_key_changes_no_subject_that_was_given(world: World) -> None:
    given = _give(world)
    world.keys = keyring(subject=f"{secret('subject', 2)},{secret('subject', 1)}")
    assert _give(world) == given
    assert len(world.rows(subjects)) == 1


def test_a_subject_finds_its_person_in_its_own_sector_only(world: World) -> None:
    sub = _give(world)
    assert _find(world, "ecosystem", sub) == ANNA
    assert _find(world, "shop.example", sub) is None
    assert _find(world, "ecosystem", sub.lower()) is None
    assert _find(world, "ecosystem", "") is None


def test_an_alias_is_not_given_but_found(world: World) -> None:
    row = uuid4()
    values = {
        "identity_id": ANNA,
        "id": row,
        "sector": "ecosystem",
        "sub": "former",
        "alias": 1,
        "created_at": 1,
    }
    with world.storage.transaction(write=True) as tx:
        tx.execute(insert(subjects).values(values))
        world.lookups.take(tx, "sub", "ecosystem\0former", ANNA, row, 1)
    assert [_give(world), _give(world)] == [_give(world)] * 2 != ["former"] * 2
    assert _find(world, "ecosystem", "former") == ANNA


@pytest.mark.sr("SR-076")
def test_a_subject_is_never_given_to_somebody_else(world: World) -> None:
    sub = _give(world)
    with world.storage.transaction(write=True) as tx:
        tx.execute(subjects.delete())
        tx.execute(lookups.update().values(identity_id=BORIS))
    with pytest.raises(SubjectTaken):
        _give(world)
    assert _find(world, "ecosystem", sub) == BORIS
