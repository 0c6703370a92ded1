"""A number's life, row by row as the design has it, and what must hold over every combination of facts."""

from dataclasses import replace
from itertools import product

import pytest

from app.identity.numbers_life import Facts, Life, Tenure, Witness, number_life

DAY = 86_400_000
HOUR = 3_600_000

ALL = [
    Facts(age, witness, closed, others, proved, sim, tenure, bare)
    for age, witness, closed, others, proved, sim, tenure, bare in product(
        (0, 60 * DAY, 60 * DAY + 1, 90 * DAY, 90 * DAY + 1, 900 * DAY),
        Witness,
        (False, True),
        (False, True),
        (False, True),
        (None, 0, 72 * HOUR - 1, 72 * HOUR, 80 * DAY, 1000 * DAY),
        Tenure,
        (False, True),
    )
]


@pytest.mark.sr("SR-142", "SR-143")
@pytest.mark.parametrize(
    ("facts", "life"),
    [
        # push, same operator sub: opens, at any age
        (Facts(0, Witness.EQUAL), Life.OPENS),
        (Facts(900 * DAY, Witness.EQUAL), Life.OPENS),
        (Facts(900 * DAY, Witness.EQUAL, other_links=True), Life.OPENS),
        # push, other sub from the same issuer: the epoch closes
        (Facts(0, Witness.OTHER), Life.ENDED),
        (Facts(0, Witness.OTHER, proved_browser=True, tenure=Tenure.SAME), Life.ENDED),
        # other issuer: counts as SMS, not as resold
        (Facts(60 * DAY, Witness.OTHER_ISSUER), Life.OPENS),
        (Facts(61 * DAY, Witness.OTHER_ISSUER), Life.OPENS_LOW),
        (Facts(91 * DAY, Witness.OTHER_ISSUER), Life.STALE),
        # SMS, proved in the last 60 days, no swap signal
        (Facts(0), Life.OPENS),
        (Facts(60 * DAY, other_links=True), Life.OPENS),
        (Facts(60 * DAY, sim_changed=61 * DAY), Life.OPENS),
        # SMS, older, another link exists
        (Facts(60 * DAY + 1, other_links=True), Life.STALE),
        (Facts(10 * DAY, other_links=True, sim_changed=5 * DAY), Life.STALE),
        # SMS, older, phone only
        (Facts(60 * DAY + 1), Life.OPENS_LOW),
        (Facts(90 * DAY), Life.OPENS_LOW),
        (Facts(90 * DAY + 1), Life.STALE),
        (Facts(300 * DAY, proved_browser=True), Life.OPENS),
        (Facts(300 * DAY, tenure=Tenure.SAME), Life.OPENS),
        (Facts(0, tenure=Tenure.OTHER), Life.ENDED),
        # SIM changed less than 72 h ago: the lowest acr by this table
        (Facts(0, Witness.EQUAL, sim_changed=71 * HOUR), Life.OPENS_LOW),
        (Facts(0, Witness.EQUAL, sim_changed=72 * HOUR), Life.OPENS),
        (Facts(10 * DAY, sim_changed=HOUR), Life.OPENS_LOW),
        (Facts(100 * DAY, sim_changed=HOUR), Life.STALE),
        (Facts(100 * DAY, sim_changed=HOUR, proved_browser=True), Life.OPENS_LOW),
        # a closed epoch stays closed; a bare push opens a browser that proved the number before, and no other
        (Facts(0, Witness.EQUAL, closed=True), Life.ENDED),
        (Facts(0, Witness.EQUAL, bare=True), Life.TOO_WEAK),
        (Facts(0, Witness.EQUAL, bare=True, proved_browser=True), Life.OPENS),
    ],
)
def test_rows_of_the_table(facts: Facts, life: Life) -> None:
    assert number_life(facts) is life


@pytest.mark.sr("SR-142")
def test_a_silent_number_never_opens_by_a_code_alone() -> None:
    for facts in ALL:
        comparable = facts.witness is Witness.EQUAL
        vouched = facts.proved_browser or facts.tenure is Tenure.SAME
        if facts.age > 90 * DAY and not comparable and not vouched:
            assert number_life(facts) not in {Life.OPENS, Life.OPENS_LOW}, facts


@pytest.mark.sr("SR-143")
def test_a_new_sim_never_gives_more_than_the_lowest() -> None:
    for facts in ALL:
        if facts.sim_changed is not None and facts.sim_changed < 72 * HOUR:
            assert number_life(facts) is not Life.OPENS, facts


@pytest.mark.sr("SR-137")
def test_a_bare_push_in_a_strange_browser_does_nothing() -> None:
    for facts in ALL:
        if facts.bare and not facts.proved_browser:
            assert number_life(facts) is Life.TOO_WEAK, facts


def test_a_closed_epoch_opens_for_nobody() -> None:
    assert {number_life(facts) for facts in ALL if facts.closed} == {Life.ENDED, Life.TOO_WEAK}


def test_another_issuer_says_nothing() -> None:
    for facts in ALL:
        if facts.witness is Witness.OTHER_ISSUER:
            assert number_life(facts) is number_life(replace(facts, witness=Witness.NONE)), facts


def test_the_same_subscriber_is_never_turned_away() -> None:
    for facts in ALL:
        if facts.witness is Witness.EQUAL and not facts.closed and not facts.bare:
            assert number_life(facts) in {Life.OPENS, Life.OPENS_LOW}, facts


def test_an_older_proof_is_never_worth_more() -> None:
    order = [Life.OPENS, Life.OPENS_LOW, Life.STALE, Life.ENDED, Life.TOO_WEAK]
    for facts in ALL:
        if facts.sim_changed is None or facts.sim_changed > facts.age + 100 * DAY:
            older = number_life(replace(facts, age=facts.age + DAY))
            assert order.index(older) >= order.index(number_life(facts)), facts


def test_only_numbers_have_a_life() -> None:
    assert {number_life(facts) for facts in ALL} == set(Life) - {Life.LASTING}
