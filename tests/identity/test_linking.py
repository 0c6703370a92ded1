"""Signing in by a proof: who is found, who is made, who is refused, and what is written."""

from dataclasses import replace

import pytest

from app.events.audit import audit
from app.identity.linking import Kind
from app.identity.tables import attributes, identities, links, lookups
from tests.identity.world import DAY, World, mailru, push, sms


def test_a_stranger_becomes_an_identity(world: World) -> None:
    outcome = world.arrive(mailru())
    assert outcome.kind is Kind.NEW_IDENTITY
    assert outcome.root == outcome.identity_id
    assert (outcome.acr, outcome.amr, outcome.auth_time) == ("urn:mostid:acr:1", ("fed",), world.now)
    assert outcome.remember
    person = world.one(identities)
    assert (person.id, person.status, person.locale) == (outcome.identity_id, "active", "ru")
    link = world.one(links)
    assert (link.id, link.identity_id, link.provider) == (outcome.link_id, outcome.identity_id, "mailru")
    assert (link.state, link.grade, link.proved_at) == ("active", "B", world.now)
    assert link.evidence == {"amr": ["fed"], "acr": "urn:mostid:acr:1", "at": world.now, "transaction": ""}
    assert world.kinds(outcome.identity_id) == {"identity.created": 1}


@pytest.mark.parametrize("proof", [mailru(), sms(), push()], ids=["mailru", "sms", "push"])
def test_the_same_proof_again_signs_the_same_person_in(world: World, proof) -> None:  # type: ignore[no-untyped-def]
    first = world.arrive(proof)
    world.now += 1000
    again = world.arrive(proof)
    assert again == replace(first, kind=Kind.SIGNED_IN, auth_time=world.now)
    assert world.one(links).proved_at == world.now


def test_a_known_link_costs_two_reads_before_the_writes(world: World) -> None:
    world.arrive(mailru())
    with world.statements() as seen:
        world.arrive(mailru())
    verbs = [statement.split()[0] for statement in seen if not statement.startswith("BEGIN")]
    assert verbs == ["SELECT", "SELECT", "UPDATE"]


def test_push_and_code_are_methods_of_one_proof(world: World) -> None:
    assert world.arrive(push()).identity_id == world.arrive(sms()).identity_id


@pytest.mark.sr("SR-079")
def test_assurance_is_what_the_upstream_proved(world: World) -> None:
    assert world.arrive(sms()).acr == "urn:mostid:acr:2"
    assert world.arrive(push()).amr == ("swk", "otp")


@pytest.mark.sr("SR-096")
def test_the_same_subject_at_two_providers_is_two_people(world: World) -> None:
    digits = "79201234567"
    number, account = world.arrive(sms(f"+{digits}")), world.arrive(mailru(digits))
    assert number.identity_id != account.identity_id
    kinds = {row.kind for row in world.rows(lookups)}
    assert kinds == {"link:mailru", "link:phone"}


@pytest.mark.sr("SR-097", "SR-107", "SR-109")
@pytest.mark.parametrize("verified", [("email", "phone_number"), ()])
def test_an_equal_address_or_number_joins_nobody(world: World, verified: tuple[str, ...]) -> None:
    claims = {"email": "anna@mail.ru", "phone_number": "+79201234567"}
    people = {
        world.arrive(mailru("1", verified=verified, **claims)).identity_id,
        world.arrive(mailru("2", verified=verified, **claims)).identity_id,
        world.arrive(sms("+79201234567")).identity_id,
    }
    assert len(people) == 3
    assert {row.kind for row in world.rows(lookups)} == {"link:mailru", "link:phone"}


@pytest.mark.sr("SR-120")
def test_another_spelling_is_another_person_or_nobody(world: World) -> None:
    one = world.arrive(mailru("1")).identity_id
    assert world.arrive(mailru("01")).identity_id not in {one, None}
    for subject in ("", " ", " 1", "1 ", "1\n", "１", "1.0", "+1", "1a", "1" * 33, "1\0"):
        outcome = world.arrive(mailru(subject))
        assert (outcome.kind, outcome.identity_id) == (Kind.REFUSED, None), subject
    for number in ("79201234567", "+7 920 123 45 67", "+09201234567", "+", ""):
        assert world.arrive(sms(number)).kind is Kind.REFUSED, number
    assert len(world.rows(identities)) == 2


@pytest.mark.sr("SR-111", "SR-121")
def test_an_upstream_unknown_or_switched_off_proves_nothing(world: World) -> None:
    world.arrive(mailru())
    world.providers = ("phone",)
    for proof in (mailru(), mailru("2"), replace(mailru(), provider="elsewhere")):
        assert world.arrive(proof).kind is Kind.REFUSED
    world.providers = ("phone", "elsewhere")
    assert world.arrive(replace(mailru(), provider="elsewhere")).reason == "provider"
    assert len(world.rows(identities)) == 1


@pytest.mark.sr("SR-121")
@pytest.mark.parametrize("proof", [mailru(), sms(), push()], ids=["mailru", "sms", "push"])
@pytest.mark.parametrize("standing", ["blocked", "parked", "erased", "suspended", "removed"])
def test_who_may_not_come_in_is_refused_and_the_record_says_why(world: World, standing: str, proof) -> None:  # type: ignore[no-untyped-def]
    known = world.arrive(proof)
    if standing in {"suspended", "removed"}:
        world.set_state(known.link_id, standing)
    else:
        world.set_status(known.identity_id, standing)
    before = world.one(links)
    world.now += 1000
    outcome = world.arrive(proof)
    assert (outcome.kind, outcome.reason) == (Kind.REFUSED, standing)
    assert (outcome.identity_id, outcome.root, outcome.link_id) == (None, None, None)
    assert world.one(links) == before
    assert world.kinds(known.identity_id) == {"identity.created": 1, "sign_in.refused": 1}


def test_who_was_merged_signs_in_as_the_root(world: World) -> None:
    root, member = world.arrive(mailru()), world.arrive(sms())
    world.set_status(member.identity_id, "merged", root.identity_id)
    outcome = world.arrive(sms())
    assert (outcome.identity_id, outcome.root) == (member.identity_id, root.identity_id)
    assert outcome.kind is Kind.SIGNED_IN
    world.set_status(root.identity_id, "blocked")
    assert world.arrive(sms()).reason == "blocked"


def test_who_was_merged_has_the_roots_other_ways_in(world: World) -> None:
    root, member = world.arrive(mailru()), world.arrive(sms())
    world.set_status(member.identity_id, "merged", root.identity_id)
    world.now += 61 * DAY
    assert world.arrive(sms()).kind is Kind.NEEDS_OTHER_PROOF


@pytest.mark.sr("SR-183")
def test_the_record_holds_no_contact_data(world: World) -> None:
    world.set_status(world.arrive(sms()).identity_id, "blocked")
    world.arrive(sms())
    world.arrive(mailru())
    text = repr(world.rows(audit))
    for contact in ("9201234567", "anna@mail.ru", "Анна", "1234567890"):
        assert contact not in text


@pytest.mark.sr("SR-170")
def test_the_database_holds_no_clear_value(world: World) -> None:
    world.arrive(mailru())
    world.arrive(push())
    text = "".join(repr(world.rows(table)) for table in (identities, links, lookups, attributes))
    for secret in ("9201234567", "anna@mail.ru", "Анна", "1234567890", "pcr-1"):
        assert secret not in text
