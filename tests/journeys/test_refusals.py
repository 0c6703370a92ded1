"""What goes wrong at the other side, and where it leads: each ends somewhere sensible, one click from going on."""

import secrets

import pytest

from tests.journeys.steps import ask_for_code, by_push, is_in, through_mailru, to_signin
from tests.journeys.visitor import Visitor
from tests.services import ClockFile
from tests.support.servers import wait_for
from tests.support.whole import Whole

MINUTE = 60


def test_refused_at_mailru_one_may_take_the_phone_or_try_again(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid).press("way", "mailru").press("decision", "deny")
    assert visitor.answer.status_code == 200
    assert "Вы не подтвердили вход в Mail.ru" in visitor.text
    assert "Магазин «Берег»" in visitor.text
    visitor.press("way", "mailru").press("decision", "allow", person=anna.key)
    assert is_in(visitor, mostid)


def test_refused_at_mailru_the_phone_is_one_press_away(mostid: Whole, visitor: Visitor) -> None:
    to_signin(visitor, mostid).press("way", "mailru").press("decision", "deny")
    visitor.press("way", "phone")
    assert visitor.path == "/signin/phone"
    visitor.submit("/signin/phone", phone=mostid.person().number)
    assert visitor.path == "/signin/phone/push"


@pytest.mark.parametrize("switch", [{"malformed": True}, {"wrong_claim": "id"}])
def test_an_answer_of_mailru_that_makes_no_sense_lets_nobody_in(
    mostid: Whole, visitor: Visitor, switch: dict[str, object]
) -> None:
    anna = mostid.person(**switch)
    through_mailru(to_signin(visitor, mostid), anna)
    assert visitor.answer.status_code == 502
    assert "Mail.ru не смог подтвердить вход" in visitor.text
    assert "way" in {name for form in visitor.page.forms for name, _ in form.buttons}


@pytest.mark.parametrize("way", ["mailru", "vkid"])
def test_a_code_that_was_made_up_is_a_bad_request(mostid: Whole, visitor: Visitor, way: str) -> None:
    """Nothing is broken at the other side: whoever asks is wrong."""
    to_signin(visitor, mostid).press("way", way)
    state = dict(visitor.answer.url.params)["state"]
    query = f"state={state}&code=bogus&device_id=d&type=code_v2"
    visitor.go(mostid.address("public", f"/signin/{way}/callback?{query}"))
    assert visitor.answer.status_code == 400
    assert "не смог подтвердить вход" in visitor.text
    assert "way" in {name for form in visitor.page.forms for name, _ in form.buttons}


@pytest.mark.parametrize("silence", ["no", "unanswered"])
def test_a_push_that_comes_to_nothing_has_an_sms_in_its_place(
    mostid: Whole, visitor: Visitor, silence: str
) -> None:
    anna = mostid.person(no_answer=silence == "unanswered")
    ask_for_code(to_signin(visitor, mostid), anna)
    assert "Получить код по SMS" in visitor.text
    if silence == "no":
        anna.answer("no")
    visitor.press("instead", "sms")
    assert visitor.path == "/signin/phone/code"
    visitor.submit("/signin/phone/code", code=anna.sms_code())
    assert is_in(visitor, mostid)


def test_a_wrong_code_costs_a_try_and_the_right_one_still_works(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person(not_subscriber=True)
    ask_for_code(to_signin(visitor, mostid), anna)
    code = anna.sms_code()
    wrong = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"
    visitor.submit("/signin/phone/code", code=wrong)
    assert "Код не подошёл. Осталось попыток: " in visitor.text
    assert code not in visitor.text
    visitor.submit("/signin/phone/code", code=f" {code[:3]} {code[3:]} ")
    assert is_in(visitor, mostid)


def test_too_many_wrong_codes_end_the_code_and_not_the_journey(mostid: Whole, visitor: Visitor) -> None:
    anna = mostid.person(not_subscriber=True)
    ask_for_code(to_signin(visitor, mostid), anna)
    code = anna.sms_code()
    wrong = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"
    for _ in range(6):
        if visitor.path == "/signin/phone/code":
            visitor.submit("/signin/phone/code", code=wrong)
        if "Слишком много неверных кодов" in visitor.text:
            break
    assert "Слишком много неверных кодов" in visitor.text
    visitor.click("back")
    assert visitor.path == "/signin"
    assert is_in(through_mailru(visitor, anna), mostid)


def test_an_expired_code_is_said_to_be_and_the_next_one_works(
    mostid: Whole, visitor: Visitor, later: ClockFile
) -> None:
    anna = mostid.person(not_subscriber=True)
    ask_for_code(to_signin(visitor, mostid), anna)
    code = anna.sms_code()
    later.advance(6 * MINUTE)
    visitor.submit("/signin/phone/code", code=code)
    assert "Срок действия кода истёк. Запросите новый." in visitor.text
    assert anna.number[-4:-2] in visitor.text  # the number stands in its field
    visitor.submit("/signin/phone", phone=anna.number)
    visitor.submit("/signin/phone/code", code=anna.sms_code(before=1))
    assert is_in(visitor, mostid)


def test_another_code_too_soon_stays_on_the_page_that_takes_the_first(
    mostid: Whole, visitor: Visitor
) -> None:
    anna = mostid.person(not_subscriber=True)
    ask_for_code(to_signin(visitor, mostid), anna)
    code = anna.sms_code()
    visitor.press("again", "1")
    assert visitor.path == "/signin/phone/code"
    assert "Следующий код можно отправить через" in visitor.text
    visitor.submit("/signin/phone/code", code=code)
    assert is_in(visitor, mostid)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("+7 495 123-45-67", "Код можно отправить только на мобильный номер."),
        ("+1 212 555 0100", "Номера этой страны не поддерживаются."),
        ("12", "Это не похоже на номер мобильного телефона."),
        ("<b>+7", "Это не похоже на номер мобильного телефона."),
    ],
)
def test_a_number_that_cannot_be_is_said_to_be_and_stays(
    mostid: Whole, visitor: Visitor, typed: str, said: str
) -> None:
    to_signin(visitor, mostid).press("way", "phone").submit("/signin/phone", phone=typed)
    assert said in visitor.text
    assert "<b>+7" not in visitor.text


@pytest.mark.parametrize("spelling", ["8 (920) {0}", "+7 920 {0}", "7920{0}", "920 {0}"])
def test_a_number_is_taken_as_people_write_it(mostid: Whole, visitor: Visitor, spelling: str) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid).press("way", "phone")
    visitor.submit("/signin/phone", phone=spelling.format(anna.number[5:]))
    assert visitor.path == "/signin/phone/push"
    assert f"+7 920 •••-••-{anna.number[-2:]}" in visitor.text


def test_a_number_with_a_new_owner_begins_anew(mostid: Whole, visitor_of: type) -> None:
    anna = mostid.person()
    first, second = visitor_of(), visitor_of()
    by_push(to_signin(first, mostid), anna)
    anna.change(resold=1)
    by_push(to_signin(second, mostid), anna, before=1)
    assert "Этим номером давно не подтверждали вход." in second.text
    second.press("start", "new")
    assert is_in(second, mostid)
    assert second.element("sub") != first.element("sub")


def test_while_mailru_is_down_the_phone_lets_in(mostid: Whole, visitor: Visitor, later: ClockFile) -> None:
    anna = mostid.person()
    to_signin(visitor, mostid).press("way", "mailru")
    mostid.change({"upstreams": {"mailru": {"down": True}}})
    try:
        visitor.press("decision", "allow", person=anna.key)
        assert visitor.answer.status_code == 503
        back = visitor.trail[-1]
    finally:
        mostid.change({"upstreams": {"mailru": {"down": False}}})
        later.advance(5 * MINUTE)  # for those who come next, the breaker is closed again
    assert "/mailru/login" in back


def test_an_sms_that_got_lost_costs_one_more_press(mostid: Whole, visitor: Visitor, later: ClockFile) -> None:
    anna = mostid.person(not_subscriber=True, sms_lost=True)
    before = mostid.events("sms_sent")
    ask_for_code(to_signin(visitor, mostid), anna)
    assert visitor.path == "/signin/phone/code"
    wait_for(lambda: mostid.events("sms_sent") > before, "nothing was handed to the gateway")
    anna.change(sms_lost=False)
    later.advance(2 * MINUTE)
    visitor.press("again", "1")
    visitor.submit("/signin/phone/code", code=anna.sms_code())
    assert is_in(visitor, mostid)


def test_who_has_no_address_at_mailru_is_a_customer_too(mostid: Whole, visitor: Visitor) -> None:
    timur = mostid.person(no_email=True)
    through_mailru(to_signin(visitor, mostid), timur)
    assert is_in(visitor, mostid)
    assert timur.email not in visitor.text


def test_a_number_that_went_to_another_operator_gets_its_code_by_sms(mostid: Whole, visitor: Visitor) -> None:
    olga = mostid.person(not_subscriber=True, number=f"+7921{secrets.randbelow(10**7):07}")
    ask_for_code(to_signin(visitor, mostid), olga)
    wait_for(
        lambda: "Запрос не дошёл до телефона" in visitor.reload().text, "nothing is said of the failed push"
    )
    visitor.press("instead", "sms")
    visitor.submit("/signin/phone/code", code=olga.sms_code())
    assert is_in(visitor, mostid)
    visitor.forget()
    assert ask_for_code(to_signin(visitor, mostid), olga).path == "/signin/phone/code"  # learnt
