"""Two tabs, the back button, reloads, lost cookies, copied addresses: one click goes on where the person was going.

One customer comes of it, never two, and nobody gets into somebody else's account.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.journeys.steps import ask_for_code, by_push, is_in, through_mailru, to_signin
from tests.journeys.visitor import Visitor
from tests.services import ClockFile
from tests.support.whole import Whole

Visitors = Callable[..., Visitor]
HOUR = 3_600


def callback_of(visitor: Visitor) -> str:
    """The address at which Mail.ru gave the person back in the last step."""
    (address,) = [address for address in visitor.trail if "/signin/mailru/callback" in address]
    return address


@pytest.mark.sr("SR-113")
def test_a_repeated_callback_goes_on_and_makes_nobody_twice(mostid: Whole, visitor: Visitor) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    sub, address = visitor.element("sub"), callback_of(visitor)
    for _ in range(2):
        visitor.go(address)
        assert is_in(visitor, mostid)
        assert visitor.element("sub") == sub


def test_a_callback_that_comes_many_times_at_once_has_one_answer(mostid: Whole, visitor: Visitor) -> None:
    """Also for whoever never saw the first answer: a browser that reloads drops it."""
    anna = mostid.person()
    to_signin(visitor, mostid).press("way", "mailru")
    answer = visitor.client.post(visitor.url, data={"person": anna.key, "decision": "allow"})
    address, held = answer.headers["Location"], {one.name: one.value for one in visitor.client.cookies.jar}
    cookies = "; ".join(f"{name}={value}" for name, value in held.items() if name.startswith("mostid_"))

    def again(_number: int) -> httpx2.Response:
        return httpx2.get(address, headers={"Cookie": cookies}, trust_env=False, timeout=20)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(again, range(20)))
    assert {answer.status_code for answer in answers} <= {200, 303}
    assert all("Остался один шаг" in answer.text for answer in answers if answer.status_code == 200)
    late = again(0)
    assert late.status_code == 303
    assert "mostid_sid=" in late.headers["Set-Cookie"]
    stranger = httpx2.get(address, trust_env=False)
    assert (stranger.status_code, "mostid_sid=" in str(stranger.headers)) == (400, False)
    visitor.go(address)
    assert is_in(visitor, mostid)


@pytest.mark.sr("SR-084", "SR-113")
def test_somebody_elses_callback_signs_nobody_in(mostid: Whole, visitor_of: Visitors) -> None:
    attacker, victim = visitor_of(), visitor_of()
    to_signin(victim, mostid)
    to_signin(attacker, mostid).press("way", "mailru")
    answer = attacker.client.post(
        attacker.url, data={"person": mostid.person().key, "decision": "allow"}
    )  # the attacker stops here and sends the address to the victim
    victim.go(answer.headers["Location"])
    assert victim.answer.status_code == 400
    assert "Эта страница устарела" in victim.text
    assert "mostid_sid" not in victim.cookies()


@pytest.mark.sr("SR-084")
def test_somebody_elses_code_signs_nobody_in(mostid: Whole, visitor_of: Visitors) -> None:
    attacker, victim = visitor_of(), visitor_of()
    mallory = mostid.person(not_subscriber=True)
    ask_for_code(to_signin(attacker, mostid), mallory)
    form = attacker.page.form("/signin/phone/code")
    ask_for_code(to_signin(victim, mostid), mostid.person(not_subscriber=True))
    theirs = {"challenge": form.fields["challenge"], "code": mallory.sms_code()}
    victim.submit("/signin/phone/code", **theirs)
    assert "Срок действия кода истёк. Запросите новый." in victim.text
    assert mallory.number[-4:-2] not in victim.element("problem")
    assert "mostid_sid" not in victim.cookies()


@pytest.mark.sr("SR-083")
def test_cookies_planted_before_the_sign_in_are_worth_nothing_after_it(
    mostid: Whole, visitor_of: Visitors
) -> None:
    attacker, victim = visitor_of(), visitor_of()
    to_signin(attacker, mostid)
    address = attacker.url
    for cookie in attacker.client.cookies.jar:
        if cookie.name.startswith("mostid_"):
            victim.client.cookies.jar.set_cookie(cookie)
    victim.go(address)
    through_mailru(victim, mostid.person())
    assert "mostid_sid" in victim.cookies()
    attacker.go(mostid.address("store", "/signin"))
    assert attacker.path == "/signin"
    attacker.go(address)
    assert "Анна" not in attacker.text


def test_two_tabs_end_at_their_own_services_as_one_person(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid, "store")
    first_tab = visitor.page
    to_signin(visitor, mostid, "social")
    through_mailru(visitor, anna)
    assert is_in(visitor, mostid, "social")
    sub = visitor.element("sub")
    visitor.page = first_tab
    visitor.go(mostid.address("public")).page = first_tab
    visitor.press("way", "mailru")
    assert is_in(visitor, mostid, "store")
    assert visitor.element("sub") == sub


def test_two_tabs_of_one_service_both_arrive(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid)
    address = visitor.url
    to_signin(visitor, mostid)
    through_mailru(visitor, anna)
    assert is_in(visitor, mostid)
    visitor.go(address)  # the other tab is reloaded: it still asks, and still leads on
    through_mailru(visitor, anna)
    assert is_in(visitor, mostid)


def test_a_crowd_of_first_callbacks_makes_one_customer(mostid: Whole, visitor_of: Visitors) -> None:
    anna = mostid.person()
    visitors = [visitor_of() for _ in range(8)]
    for visitor in visitors:
        to_signin(visitor, mostid)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda visitor: through_mailru(visitor, anna), visitors))
    assert {visitor.element("sub") for visitor in visitors} == {visitors[0].element("sub")} - {""}


def test_back_after_the_sign_in_and_on_again(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid)
    address, page = visitor.url, visitor.page
    through_mailru(visitor, anna)
    sub = visitor.element("sub")
    visitor.go(address)
    assert visitor.answer.status_code == 200
    visitor.page = page
    through_mailru(visitor, anna)
    assert visitor.element("sub") == sub


def test_a_code_that_was_typed_twice_goes_on(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person(not_subscriber=True)
    ask_for_code(to_signin(visitor, mostid), anna)
    page, address, code = visitor.page, visitor.url, anna.sms_code()
    visitor.submit("/signin/phone/code", code=code)
    sub = visitor.element("sub")
    visitor.go(address).page = page
    visitor.submit("/signin/phone/code", code=code)
    assert is_in(visitor, mostid)
    assert visitor.element("sub") == sub


@pytest.mark.parametrize("step", ["choose", "phone", "code"])
def test_cookies_lost_midway_cost_one_click(mostid: Whole, visitor: Visitor, step: str) -> None:
    anna = mostid.person(not_subscriber=True)
    to_signin(visitor, mostid)
    if step != "choose":
        visitor.press("way", "phone")
    if step == "code":
        visitor.submit("/signin/phone", phone=anna.number)
    visitor.forget("mostid_browser", "mostid_csrf")
    visitor.press("way", "mailru") if step == "choose" else visitor.submit(visitor.path)
    assert visitor.answer.status_code == 400
    assert "Нажмите «Продолжить», и мы вернём вас в сервис Магазин «Берег»." in visitor.text
    visitor.click("continue")
    assert visitor.path == "/signin"
    assert is_in(through_mailru(visitor, anna), mostid)


def test_cookies_lost_at_mailru_cost_one_click(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid).press("way", "mailru")
    visitor.forget(*(name for name in visitor.cookies() if name.startswith("mostid_")))
    visitor.press("decision", "allow", person=anna.key)
    assert visitor.answer.status_code == 400
    assert "Вернитесь в сервис и начните вход оттуда." in visitor.text


@pytest.mark.sr("SR-015")
@pytest.mark.parametrize("path", ["/signin", "/signin/phone", "/authorize"])
def test_an_ask_copied_to_another_browser_begins_anew_there(
    mostid: Whole, visitor_of: Visitors, path: str
) -> None:
    one, other = visitor_of(), visitor_of()
    ask = parse_qs(urlsplit(to_signin(one, mostid).url).query)["ask"][0]
    other.go(mostid.address("public", f"{path}?ask={ask}"))
    assert other.answer.status_code == 400
    assert "Нажмите «Продолжить», и мы вернём вас в сервис Магазин «Берег»." in other.text
    other.click("continue")
    assert other.path == "/signin"
    assert parse_qs(urlsplit(other.url).query)["ask"][0] != ask


def test_a_page_left_open_over_lunch_goes_on(mostid: Whole, visitor: Visitor, later: ClockFile) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid)
    later.advance(2 * HOUR)
    visitor.press("way", "mailru")
    assert visitor.answer.status_code == 400
    assert "Нажмите «Продолжить»" in visitor.text
    visitor.click("continue")
    through_mailru(visitor, anna)
    assert is_in(visitor, mostid)


def test_a_page_left_open_over_night_begins_anew_at_the_service(
    mostid: Whole, visitor: Visitor, later: ClockFile
) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid).press("way", "phone")
    later.advance(30 * HOUR)
    visitor.submit("/signin/phone", phone=anna.number)
    assert visitor.answer.status_code == 400
    assert "Нажмите «Продолжить», и мы вернём вас в сервис Магазин «Берег»." in visitor.text
    visitor.click("continue")
    assert visitor.path == "/signin"
    assert is_in(through_mailru(visitor, anna), mostid)


@pytest.mark.sr("SR-085")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:21000", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_page_takes_a_form_from_another_place(
    mostid: Whole, visitor: Visitor, headers: dict[str, str]
) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    sub = visitor.element("sub")
    visitor.go(mostid.address("merchant", "/signin"))
    form = visitor.page.form("/consent").filled(
        decision="allow", way="mailru", phone="+7 920 123-45-67", code="1"
    )
    for path in (
        "/signin", "/signin/phone", "/signin/phone/code", "/signin/phone/push", "/signin/phone/handed-over",
        "/consent", "/logout",
    ):  # fmt: skip
        answer = visitor.client.post(mostid.address("public", path), data=form, headers=headers)
        assert answer.status_code == 403, path
    assert visitor.go(mostid.address("store", "/")).element("sub") == sub
    visitor.submit("/signout")
    assert is_in(visitor.go(mostid.address("store", "/signin")), mostid)  # still in at MostID


def test_nonsense_in_every_place_is_a_page_and_never_a_failure(mostid: Whole, visitor: Visitor) -> None:
    for path in (
        "/signin", "/signin?ask=x", "/signin?ask=" + "A" * 1500, "/signin/phone", "/signin/phone/code?challenge=1",
        "/signin/mailru/callback", "/signin/mailru/callback?state=" + "x" * 22, "/consent", "/consent?ask=%00",
        "/authorize", "/authorize?client_id=nobody", "/signin/phone/handed-over", "/nowhere", "/logout?state=1",
    ):  # fmt: skip
        visitor.go(mostid.address("public", path))
        assert visitor.answer.status_code in {200, 400, 404, 405}, path
        assert "<h1>" in visitor.text, path


def test_back_to_the_service_means_no(mostid: Whole, visitor: Visitor) -> None:
    to_signin(visitor, mostid)
    visitor.submit("/signin", decision="deny")
    assert visitor.url.startswith(mostid.address("store", "/callback"))
    assert "Вы не вошли" in visitor.text
    visitor.click("again")
    assert visitor.path == "/signin"


def test_who_stays_signed_in_is_led_back(mostid: Whole, visitor: Visitor) -> None:
    by_push(to_signin(visitor, mostid), mostid.person())
    sub = visitor.element("sub")
    visitor.go(mostid.address("public", "/logout?client_id=store"))
    visitor.press("decision", "deny")
    assert "Ничего не изменилось." in visitor.text
    visitor.click("continue")
    assert visitor.element("sub") == sub


def test_signing_out_at_mostid_itself_is_asked_for_first(mostid: Whole, visitor: Visitor) -> None:
    through_mailru(to_signin(visitor, mostid), mostid.person())
    visitor.go(mostid.address("public", "/logout"))
    assert "Выйти из MostID?" in visitor.text
    visitor.press("decision", "allow")
    assert "Вы вышли" in visitor.text
    assert "Магазин «Берег»" in visitor.text
    to_signin(visitor, mostid, "social")
