"""People who come back: the usual way first, a device that others use, somebody else at the same device."""

from collections.abc import Callable

from tests.journeys.steps import by_push, is_in, through_mailru, to_signin
from tests.journeys.visitor import Visitor
from tests.services import ClockFile
from tests.support.whole import Whole

Visitors = Callable[..., Visitor]


def test_who_comes_back_sees_the_usual_way_first_with_their_name(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    through_mailru(to_signin(visitor, mostid), anna)
    sub = visitor.element("sub")
    visitor.submit("/signout-everywhere")
    to_signin(visitor, mostid)
    assert "Продолжить как Анна Ким · Mail.ru" in visitor.text
    assert visitor.text.index('value="mailru"') < visitor.text.index('value="phone"')
    through_mailru(visitor, anna)
    assert visitor.element("sub") == sub


def test_who_came_by_phone_sees_the_phone_first(mostid: Whole, visitor: Visitor) -> None:
    by_push(to_signin(visitor, mostid), mostid.person(mailru_id="", email=""))
    visitor.submit("/signout-everywhere")
    to_signin(visitor, mostid)
    assert visitor.text.index('value="phone"') < visitor.text.index('value="mailru"')
    visitor.press("forget", "1")
    assert visitor.text.index('value="mailru"') < visitor.text.index('value="phone"')


def test_not_you_forgets_the_name(mostid: Whole, visitor: Visitor) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    visitor.submit("/signout-everywhere")
    to_signin(visitor, mostid).press("forget", "1")
    assert visitor.path == "/signin"
    assert "Анна" not in visitor.text
    assert "Войти с Mail.ru" in visitor.text
    assert "mostid_device" not in visitor.cookies()


def test_on_a_shared_device_the_sign_in_ends_with_the_browser_and_leaves_no_name(
    mostid: Whole, visitor: Visitor
) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid).press("way", "mailru", shared="1")
    visitor.press("decision", "allow", person=anna.key)
    assert is_in(visitor, mostid)
    (session,) = [cookie for cookie in visitor.client.cookies.jar if cookie.name == "mostid_sid"]
    assert session.expires is None
    visitor.close()
    visitor.forget("store_session", "sim_session")
    to_signin(visitor, mostid)
    assert "Анна" not in visitor.text


def test_a_shared_device_is_remembered_along_the_way_by_phone(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person(not_subscriber=True)
    to_signin(visitor, mostid).press("way", "phone", shared="1")
    visitor.submit("/signin/phone", phone=anna.number).submit("/signin/phone/code", code=anna.sms_code())
    assert is_in(visitor, mostid)
    (session,) = [cookie for cookie in visitor.client.cookies.jar if cookie.name == "mostid_sid"]
    assert session.expires is None
    assert "mostid_device" not in visitor.cookies()


def test_on_ones_own_device_the_sign_in_outlives_the_browser(mostid: Whole, visitor: Visitor) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    sub = visitor.element("sub")
    visitor.close()
    visitor.forget("store_session")
    visitor.go(mostid.address("store", "/signin"))
    assert visitor.element("sub") == sub


def test_whoever_signs_in_next_at_the_same_browser_is_somebody_else(mostid: Whole, visitor: Visitor) -> None:
    anna, boris = mostid.person(), mostid.person(first_name="Борис")
    through_mailru(to_signin(visitor, mostid), anna)
    first = visitor.element("sub")
    visitor.submit("/signout-everywhere")
    visitor.forget("sim_session")
    through_mailru(to_signin(visitor, mostid), boris)
    assert visitor.element("customer-name") == "Борис Ким"
    assert visitor.element("sub") != first


def test_languages_follow_the_browser_then_the_choice(mostid: Whole, visitor_of: Visitors) -> None:
    visitor = visitor_of("en")
    to_signin(visitor, mostid)
    assert "Sign in to continue to Bereg store" in visitor.text
    russian = next(address for address in visitor.page.links.values() if "lang=ru" in address)
    visitor.go(mostid.address("public", russian))
    assert "Войдите, чтобы продолжить в сервисе Магазин «Берег»" in visitor.text
    to_signin(visitor, mostid)
    assert "Войдите" in visitor.text


def test_a_month_without_a_visit_asks_again_and_knows_the_same_person(
    mostid: Whole, visitor: Visitor, later: ClockFile
) -> None:
    anna = mostid.person()
    through_mailru(to_signin(visitor, mostid), anna)
    sub = visitor.element("sub")
    later.advance(100 * 86_400)
    through_mailru(to_signin(visitor, mostid), anna)
    assert visitor.element("sub") == sub
