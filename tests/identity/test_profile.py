"""Attributes as they are kept, and the claims made of them."""

from typing import Any

import pytest
from sqlalchemy import select

from app.identity import links
from app.identity.attributes import REGISTER
from app.identity.profile import claims_from
from app.identity.tables import attributes
from app.keys.sealing import Unsealable
from tests.identity.world import World, mailru, push, sms

FULL: dict[str, Any] = {
    "name": "Анна Ким",
    "given_name": "Анна",
    "family_name": "Ким",
    "nickname": "anna",
    "picture": "https://example.ru/a.png",
    "email": "anna@mail.ru",
    "birthdate": "1990-05-01",
    "gender": "female",
    "locale": "ru_RU",
}


def _claims(world: World, identity: Any) -> dict[str, Any]:
    with world.storage.transaction() as tx:
        key = world.data_keys.load(tx, identity)
        assert key is not None
        return claims_from(
            tx.execute(select(attributes).where(attributes.c.identity_id == identity)).all(), key
        )


def test_claims_are_what_the_upstream_said(world: World) -> None:
    person = world.arrive(mailru(**FULL)).identity_id
    assert _claims(world, person) == FULL | {"email_verified": True, "updated_at": world.now // 1000}


@pytest.mark.sr("SR-098")
@pytest.mark.parametrize(("verified", "expected"), [(("email",), True), ((), False)])
def test_an_address_is_verified_by_its_host_only(
    world: World, verified: tuple[str, ...], expected: bool
) -> None:
    person = world.arrive(mailru(verified=verified)).identity_id
    assert _claims(world, person)["email_verified"] is expected


def test_a_proof_of_a_number_is_a_verified_number(world: World) -> None:
    person = world.arrive(sms()).identity_id
    assert _claims(world, person) == {
        "phone_number": "+79201234567",
        "phone_number_verified": True,
        "updated_at": world.now // 1000,
    }


@pytest.mark.sr("SR-101", "SR-173")
def test_only_listed_fields_are_kept(world: World) -> None:
    person = world.arrive(
        mailru(**FULL, sub="x", email_verified="true", acr="urn:mostid:acr:3", passport="4510")
    ).identity_id
    assert {row.name for row in world.rows(attributes)} == set(FULL) <= set(REGISTER)
    assert all(field.purpose and field.basis and field.kept for field in REGISTER.values())
    assert "sub" not in _claims(world, person)


def test_empty_and_endless_values_are_dropped(world: World) -> None:
    world.arrive(mailru(nickname="", picture="x" * 2001))
    assert {row.name for row in world.rows(attributes)} == {"name", "email"}


def test_only_changes_are_written(world: World) -> None:
    person = world.arrive(mailru()).identity_id
    before = {row.name: row for row in world.rows(attributes)}
    world.now += 5000
    world.arrive(mailru(name="Анна Пак"))
    after = {row.name: row for row in world.rows(attributes)}
    assert after["email"] == before["email"]
    assert after["name"].observed_at == world.now
    claims = _claims(world, person)
    assert (claims["name"], claims["updated_at"]) == ("Анна Пак", world.now // 1000)


def test_an_address_that_is_no_longer_verified_says_so(world: World) -> None:
    person = world.arrive(mailru()).identity_id
    world.arrive(mailru(verified=()))
    assert _claims(world, person)["email_verified"] is False


def test_the_older_link_gives_the_names_and_a_verified_address_goes_first(world: World) -> None:
    person = world.arrive(mailru("1", verified=(), name="Анна Ким")).identity_id
    second = mailru("2", name="А. К.", given_name="А.", email="a@bk.ru")
    world.now += 1000
    world.add_link(person, second)
    world.now += 1000
    world.arrive(second)
    claims = _claims(world, person)
    assert (claims["email"], claims["email_verified"]) == ("a@bk.ru", True)
    assert (claims["name"], claims["given_name"]) == ("А. К.", "А."), (
        "names come from one link, the one with most"
    )
    world.arrive(mailru("1", verified=("email",), name="Анна Ким", given_name="Анна"))
    claims = _claims(world, person)
    assert (claims["name"], claims["given_name"], claims["email"]) == ("Анна Ким", "Анна", "anna@mail.ru")


@pytest.mark.sr("SR-170")
def test_values_that_change_places_do_not_open(world: World) -> None:
    person = world.arrive(mailru()).identity_id
    name, email = (world.one(attributes, name=name) for name in ("name", "email"))
    with world.storage.transaction(write=True) as tx:
        tx.execute(attributes.update().where(attributes.c.id == name.id).values(value=email.value))
    with pytest.raises(Unsealable):
        _claims(world, person)


def test_links_are_listed_with_their_subjects(world: World) -> None:
    person = world.arrive(push())
    with world.storage.transaction() as tx:
        key = world.data_keys.load(tx, person.identity_id)  # type: ignore[arg-type]
        assert key is not None
        (link,) = links.list_of(tx, key, person.identity_id)  # type: ignore[arg-type]
    assert (link.id, link.subject, link.state, link.grade) == (person.link_id, "+79201234567", "active", "B")
    assert link.evidence["amr"] == ["swk", "otp"]
