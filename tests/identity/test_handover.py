"""Numbers that change hands: the former owner's account opens for nobody else; the new owner gets their own."""

import pytest

from app.identity.linking import Kind
from app.identity.tables import attributes, identities, links, lookups
from tests.identity.world import DAY, World, mailru, push, sms

LOWEST = "urn:mostid:acr:1"
HOUR = 3_600_000


def test_the_same_subscriber_comes_in_at_any_age(world: World) -> None:
    first = world.arrive(push())
    world.now += 900 * DAY
    again = world.arrive(push())
    assert (again.kind, again.identity_id, again.acr) == (
        Kind.SIGNED_IN,
        first.identity_id,
        "urn:mostid:acr:2",
    )


def test_a_witness_is_kept_from_the_first_push_on(world: World) -> None:
    first = world.arrive(sms())
    world.now += DAY
    world.arrive(push())
    world.now += 900 * DAY
    assert world.arrive(push()).identity_id == first.identity_id


@pytest.mark.sr("SR-142", "SR-145")
def test_another_subscriber_closes_the_epoch_and_may_start_anew(world: World) -> None:
    former = world.arrive(push("pcr-1"))
    asked = world.arrive(push("pcr-2"))
    assert (asked.kind, asked.identity_id, asked.root) == (Kind.NEEDS_OTHER_PROOF, None, None)
    assert world.one(links).closed_at == world.now
    assert world.rows(attributes) == []
    assert world.arrive(sms()).kind is Kind.NEEDS_OTHER_PROOF, "a closed epoch opens by nothing"
    assert world.arrive(push("pcr-1")).kind is Kind.NEEDS_OTHER_PROOF
    owner = world.arrive(push("pcr-2"), start_new=True)
    assert owner.kind is Kind.NEW_IDENTITY
    assert owner.identity_id != former.identity_id
    assert world.one(identities, id=former.identity_id).status == "parked"
    assert world.arrive(push("pcr-2")).identity_id == owner.identity_id
    assert world.kinds(former.identity_id) == {
        "identity.created": 1,
        "number.epoch_closed": 1,
        "sign_in.asked_other_proof": 3,
        "number.handed_over": 1,
    }
    assert world.kinds(owner.identity_id) == {"identity.created": 1}


def test_a_ported_number_counts_as_a_code(world: World) -> None:
    first = world.arrive(push("pcr-1"))
    world.now += 30 * DAY
    moved = world.arrive(push("pcr-1", issuer="https://elsewhere.example|mostid"))
    assert (moved.kind, moved.identity_id) == (Kind.SIGNED_IN, first.identity_id)
    world.now += 900 * DAY
    assert world.arrive(push("pcr-1", issuer="https://elsewhere.example|mostid")).kind is Kind.SIGNED_IN


@pytest.mark.sr("SR-142")
def test_a_silent_number_with_another_way_in_asks_for_it(world: World) -> None:
    person = world.arrive(sms())
    world.add_link(person.identity_id, mailru())
    world.now += 61 * DAY
    assert world.arrive(sms()).kind is Kind.NEEDS_OTHER_PROOF
    assert world.arrive(sms(), proved=(person.link_id,)).kind is Kind.NEEDS_OTHER_PROOF
    assert world.arrive(mailru()).identity_id == person.identity_id
    owner = world.arrive(sms(), start_new=True)
    assert owner.kind is Kind.NEW_IDENTITY
    assert world.one(identities, id=person.identity_id).status == "active", "there is another way in"
    assert world.arrive(mailru()).identity_id == person.identity_id


@pytest.mark.sr("SR-142")
def test_a_silent_phone_alone_opens_low_then_not_at_all(world: World) -> None:
    person = world.arrive(sms())
    world.now += 75 * DAY
    low = world.arrive(sms())
    assert (low.kind, low.identity_id, low.acr, low.remember) == (
        Kind.SIGNED_IN,
        person.identity_id,
        LOWEST,
        False,
    )
    world.now += 16 * DAY
    assert world.arrive(sms()).kind is Kind.NEEDS_OTHER_PROOF, "opening low has renewed nothing"
    assert world.one(identities).status == "active", "asking changes nothing"
    returned = world.arrive(sms(), proved=(person.link_id,))
    assert (returned.identity_id, returned.acr) == (person.identity_id, "urn:mostid:acr:2")
    assert world.arrive(sms()).identity_id == person.identity_id, "that was a proof"


def test_opening_low_keeps_no_witness(world: World) -> None:
    world.arrive(sms())
    world.now += 75 * DAY
    assert world.arrive(push("next owner")).acr == LOWEST
    world.now += 300 * DAY
    assert world.arrive(push("next owner")).kind is Kind.NEEDS_OTHER_PROOF


def test_a_browser_that_proved_an_earlier_epoch_proves_nothing_now(world: World) -> None:
    former = world.arrive(push("pcr-1"))
    world.arrive(push("pcr-2"), start_new=True)
    world.now += 100 * DAY
    assert world.arrive(sms(), proved=(former.link_id,)).kind is Kind.NEEDS_OTHER_PROOF


@pytest.mark.parametrize(
    ("since", "kind"), [(-1, Kind.SIGNED_IN), (0, Kind.SIGNED_IN), (1, Kind.NEEDS_OTHER_PROOF)]
)
def test_the_operators_answer_on_tenure_decides(world: World, since: int, kind: Kind) -> None:
    world.arrive(sms())
    proved_at = world.now
    world.now += 200 * DAY
    assert world.arrive(sms(), owner_since=proved_at + since * DAY).kind is kind
    assert (world.one(links).closed_at is not None) == (kind is Kind.NEEDS_OTHER_PROOF)


@pytest.mark.sr("SR-143")
def test_a_new_sim_is_of_the_lowest_assurance(world: World) -> None:
    first = world.arrive(push(), sim_changed_at=world.now - HOUR)
    assert (first.kind, first.acr) == (Kind.NEW_IDENTITY, LOWEST)
    assert world.arrive(push(), sim_changed_at=world.now - HOUR).acr == LOWEST
    assert world.arrive(push(), sim_changed_at=world.now - 72 * HOUR).acr == "urn:mostid:acr:2"


@pytest.mark.sr("SR-137")
def test_a_bare_push_opens_only_a_browser_that_proved_the_number(world: World) -> None:
    assert world.arrive(push(bare=True)).reason == "too_weak"
    assert world.rows(identities) == []
    person = world.arrive(push())
    assert world.arrive(push(bare=True)).reason == "too_weak"
    assert world.arrive(push("pcr-2", bare=True), start_new=True).kind is Kind.REFUSED
    assert world.arrive(push(bare=True), proved=(person.link_id,)).kind is Kind.SIGNED_IN


def test_a_wish_for_a_new_account_is_not_heard_for_a_living_number(world: World) -> None:
    first = world.arrive(sms())
    assert world.arrive(sms(), start_new=True).identity_id == first.identity_id
    assert len(world.rows(identities)) == 1


@pytest.mark.parametrize("status", ["blocked", "parked", "merged"])
def test_a_buyer_does_not_answer_for_the_former_owner(world: World, status: str) -> None:
    former, other = world.arrive(push("pcr-1")), world.arrive(mailru())
    world.set_status(former.identity_id, status, other.identity_id if status == "merged" else None)
    assert world.arrive(push("pcr-2")).kind is Kind.NEEDS_OTHER_PROOF
    assert world.arrive(push("pcr-2"), start_new=True).kind is Kind.NEW_IDENTITY
    assert world.one(identities, id=former.identity_id).status == status


def test_only_one_epoch_of_a_number_is_found(world: World) -> None:
    for owner in range(4):
        world.arrive(push(f"pcr-{owner}"), start_new=True)
    assert len(world.rows(links)) == 4
    assert [row.closed_at is None for row in sorted(world.rows(links), key=lambda row: row.id)].count(
        True
    ) == 1
    assert len(world.rows(lookups)) == 1
