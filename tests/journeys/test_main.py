"""The main job: into the store with what one already has, into the social network without a page, out of both."""

from collections.abc import Callable

from tests.journeys.steps import by_push, by_sms, is_in, through_mailru, to_signin
from tests.journeys.visitor import Visitor
from tests.support.whole import Whole

Visitors = Callable[..., Visitor]


def test_store_mailru_store(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid)
    assert "Войдите, чтобы продолжить в сервисе Магазин «Берег»" in visitor.text
    through_mailru(visitor, anna)
    assert is_in(visitor, mostid)
    assert visitor.element("customer-name") == "Анна Ким"
    assert anna.email in visitor.text


def test_social_knows_who_is_in_at_the_store_without_a_page(mostid: Whole, visitor: Visitor) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    sub = visitor.element("sub")
    visitor.go(mostid.address("social", "/"))
    assert is_in(visitor, mostid, "social")
    assert visitor.element("sub") == sub
    assert visitor.element("customer-name") == "Анна Ким"
    assert not [address for address in visitor.trail if "/signin" in address]


def test_a_number_by_sms(mostid: Whole, visitor: Visitor) -> None:
    olga = mostid.person(mailru_id="", email="", not_subscriber=True)
    by_sms(to_signin(visitor, mostid), olga)
    assert is_in(visitor, mostid)
    assert f"+7 {olga.number[2:5]} •••-••-{olga.number[-2:]}" in visitor.text


def test_a_number_by_push(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    by_push(to_signin(visitor, mostid), anna)
    assert is_in(visitor, mostid)
    first = visitor.element("sub")
    visitor.forget()
    by_push(to_signin(visitor, mostid), anna, before=1)
    assert visitor.element("sub") == first


def test_a_push_and_an_sms_to_one_number_are_one_person(mostid: Whole, visitor_of: Visitors) -> None:
    anna = mostid.person()
    one, other = visitor_of(), visitor_of()
    by_push(to_signin(one, mostid), anna)
    by_sms(to_signin(other, mostid), anna)
    assert one.element("sub") == other.element("sub") != ""


def test_an_equal_address_at_mailru_and_a_number_are_two_people(mostid: Whole, visitor_of: Visitors) -> None:
    anna = mostid.person()
    one, other = visitor_of(), visitor_of()
    through_mailru(to_signin(one, mostid), anna)
    by_push(to_signin(other, mostid), anna)
    assert is_in(other, mostid)
    assert one.element("sub") != other.element("sub")


def test_out_of_the_store_alone_stays_in_at_mostid(mostid: Whole, visitor: Visitor) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    sub = visitor.element("sub")
    visitor.submit("/signout")
    assert visitor.element("sub") == ""
    visitor.go(mostid.address("store", "/signin"))
    assert visitor.element("sub") == sub


def test_out_everywhere(mostid: Whole, visitor: Visitor) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    visitor.go(mostid.address("social", "/"))
    assert is_in(visitor, mostid, "social")
    visitor.go(mostid.address("store", "/")).submit("/signout-everywhere")
    assert "Вы вышли" in visitor.text
    assert visitor.url.startswith(mostid.address("store", "/signed-out"))
    visitor.go(mostid.address("social", "/")).submit("/renew")
    assert "Вы вышли в другом месте" in visitor.text
    assert "Анна" not in visitor.text
    to_signin(visitor, mostid, "social")


def test_a_third_party_shows_what_it_asks_for_and_knows_another_identifier(
    mostid: Whole, visitor: Visitor
) -> None:
    anna = mostid.person()
    through_mailru(to_signin(visitor, mostid), anna)
    sub = visitor.element("sub")
    visitor.go(mostid.address("merchant", "/signin"))
    assert visitor.path == "/consent"
    assert "Чай «Парус» запрашивает ваши данные" in visitor.text
    assert f"{anna.email[0]}•••@mail.ru" in visitor.text
    assert anna.email not in visitor.text
    (form,) = [form for form in visitor.page.forms if form.action == "/consent"]
    assert form.switches == [("scope", "email"), ("scope", "phone")]
    visitor.press("decision", "allow", scope="email")
    assert is_in(visitor, mostid, "merchant")
    assert visitor.element("sub") not in {"", sub}
    assert visitor.element("scope") == "openid profile email"
    assert "Телефон: не передан" in visitor.text
    visitor.submit("/signout")
    assert is_in(visitor.go(mostid.address("merchant", "/signin")), mostid, "merchant")  # asked once


def test_who_denies_a_third_party_its_wishes_is_back_there_and_not_in(
    mostid: Whole, visitor: Visitor
) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    visitor.go(mostid.address("merchant", "/signin")).press("decision", "deny")
    assert visitor.url.startswith(mostid.address("merchant", "/callback"))
    assert "Вы не вошли" in visitor.text
    assert visitor.element("sub") == ""
    visitor.click("again")
    assert visitor.path == "/consent"
