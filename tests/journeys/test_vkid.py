"""People who have an account at VK ID."""

import secrets

import pytest

from tests.journeys.steps import is_in, through_mailru, to_signin
from tests.journeys.visitor import Visitor
from tests.support.whole import Person, Whole


def vk_person(mostid: Whole, **switches: object) -> Person:
    """Somebody with an account at VK ID, whose address is one of Mail.ru's."""
    return mostid.person(vkid_id=str(secrets.randbelow(10**12) + 10**12), **switches)


def through_vkid(visitor: Visitor, person: Person) -> Visitor:
    """From the first page through VK ID, as far as it leads."""
    visitor.press("way", "vkid")
    if visitor.path == "/vkid/authorize":
        visitor.press("decision", "allow", person=person.key)
    return visitor


def test_a_new_customer_comes_by_vkid_and_comes_back(mostid: Whole, visitor: Visitor) -> None:
    anna = vk_person(mostid)
    through_vkid(to_signin(visitor, mostid), anna)
    assert is_in(visitor, mostid)
    assert visitor.element("customer-name") == "Анна Ким"
    sub = visitor.element("sub")
    visitor.submit("/signout-everywhere")
    to_signin(visitor, mostid)
    assert "Продолжить как Анна Ким · VK ID" in visitor.text
    through_vkid(visitor, anna)
    assert visitor.element("sub") == sub


@pytest.mark.sr("SR-096", "SR-098", "SR-111")
def test_the_same_address_at_mailru_is_nobody_else_by_itself(mostid: Whole, visitor: Visitor) -> None:
    anna = vk_person(mostid)
    through_mailru(to_signin(visitor, mostid), anna)
    sub = visitor.element("sub")
    visitor.submit("/signout-everywhere")
    through_vkid(to_signin(visitor, mostid), anna)
    assert is_in(visitor, mostid)
    assert visitor.element("sub") != sub


@pytest.mark.sr("SR-084", "SR-113", "SR-114")
def test_an_answer_to_one_upstream_is_none_to_another(mostid: Whole, visitor: Visitor) -> None:
    to_signin(visitor, mostid).press("way", "vkid")
    state = dict(visitor.answer.url.params)["state"]
    for provider in ("mailru", "vkid", "phone"):
        visitor.go(mostid.address("public", f"/signin/{provider}/callback?code=c&device_id=d&state={state}x"))
        assert not is_in(visitor, mostid)
    visitor.go(mostid.address("public", f"/signin/mailru/callback?code=c&state={state}"))
    assert visitor.path == "/signin"  # counts as used: goes on where the person was going


def test_what_goes_wrong_there_is_told_with_the_other_ways(mostid: Whole, visitor: Visitor) -> None:
    to_signin(visitor, mostid).press("way", "vkid")
    visitor.press("decision", "deny")
    assert "Вы не подтвердили вход в VK ID" in visitor.text
    assert 'id="way-mailru"' in visitor.text
    assert 'id="way-phone"' in visitor.text
    broken = vk_person(mostid, malformed=True)
    visitor.press("way", "vkid")
    visitor.press("decision", "allow", person=broken.key)
    assert visitor.answer.status_code == 502
    assert "Сервис VK ID не смог подтвердить вход" in visitor.text
    assert "Попробовать VK ID ещё раз" in visitor.text
