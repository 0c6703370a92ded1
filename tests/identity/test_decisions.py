"""The decision table is closed: every combination has exactly one act, and no act opens what it must not."""

from itertools import product

import pytest

from app.identity.decisions import TABLE, Act, Standing
from app.identity.numbers_life import Life

OPENING = {Act.SIGN_IN, Act.SIGN_IN_LOW}
MAKING = {Act.CREATE, Act.HAND_OVER}


def test_every_combination_has_one_act() -> None:
    assert TABLE.keys() == set(product(Standing, Life, (False, True)))


@pytest.mark.sr("SR-121")
def test_only_a_living_person_with_a_living_link_is_signed_in() -> None:
    for (standing, _life, _new), act in TABLE.items():
        if standing not in {Standing.ACTIVE, Standing.MERGED}:
            assert act not in OPENING, standing


@pytest.mark.sr("SR-142")
def test_what_the_number_does_not_open_opens_nothing() -> None:
    for (standing, life, _new), act in TABLE.items():
        if life in {Life.STALE, Life.ENDED, Life.TOO_WEAK}:
            assert act not in OPENING, (standing, life)
        if life is Life.OPENS_LOW:
            assert act is not Act.SIGN_IN, standing


@pytest.mark.sr("SR-137")
def test_a_proof_too_weak_does_nothing() -> None:
    assert {act for (_, life, _), act in TABLE.items() if life is Life.TOO_WEAK} == {Act.REFUSE}


def test_a_wish_for_a_new_account_is_heard_only_where_the_number_is_stale() -> None:
    for standing, life in product(Standing, Life):
        if life not in {Life.STALE, Life.ENDED}:
            assert TABLE[standing, life, True] is TABLE[standing, life, False]


def test_nobody_is_made_without_a_wish_where_somebody_is_known() -> None:
    for (standing, life, new), act in TABLE.items():
        if standing is not Standing.UNKNOWN and act in MAKING:
            assert new, (standing, life)
            assert life in {Life.STALE, Life.ENDED}


def test_the_page_of_a_stale_number_hints_at_nothing() -> None:
    """Whoever had the number, blocked or parked or not: its next owner sees and may do the same."""
    for life, new in product((Life.STALE, Life.ENDED), (False, True)):
        acts = {
            TABLE[standing, life, new]
            for standing in Standing
            if standing not in {Standing.UNKNOWN, Standing.ERASED}
        }
        assert len(acts) == 1


def test_every_act_is_reached() -> None:
    assert set(TABLE.values()) == set(Act)
