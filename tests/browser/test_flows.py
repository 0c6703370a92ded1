"""The main flows as people click them, with scripts and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Contexts
from tests.services import ClockFile
from tests.support.whole import Person, Whole

pytestmark = pytest.mark.browser
SIGNED_IN = "#customer-name"


def to_signin(page: Page, mostid: Whole, service: str = "store") -> None:
    page.goto(mostid.address(service, "/"))
    page.click("#signin")


def through_mailru(page: Page, person: Person) -> None:
    page.click("#way-mailru")
    page.check(f"#person-{person.key}")
    page.click("#decision-allow")


def type_pushed(page: Page, code: str) -> None:
    """Type a push's code; while the operator's word is on its way, it stands where it was typed."""
    page.fill("#code", code)
    for _ in range(20):
        with page.expect_navigation():
            page.click("button.main")
        if not (page.locator("#problem").count() and page.input_value("#code")):
            return


def leave_everywhere(page: Page) -> None:
    page.click("#account")
    page.click("#signout-everywhere")


def test_store_mailru_store_then_social_then_out_everywhere(any_page: Page, mostid: Whole) -> None:
    page, anna = any_page, mostid.person()
    to_signin(page, mostid)
    expect(page.locator("h1")).to_have_text("Войдите, чтобы продолжить в сервисе Магазин «Берег»")
    through_mailru(page, anna)
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")
    assert page.url.startswith(mostid.address("store"))
    sub = page.inner_text("#sub")
    page.goto(mostid.address("social", "/"))
    expect(page.locator("#sub")).to_have_text(sub)
    page.goto(mostid.address("store", "/"))
    leave_everywhere(page)
    expect(page.locator("h1")).to_have_text("Вы вышли")
    page.goto(mostid.address("social", "/"))
    page.click("#renew")
    expect(page.locator("#notice")).to_contain_text("Вы вышли в другом месте")


def test_a_number_by_sms_read_from_the_handset(any_page: Page, mostid: Whole) -> None:
    page, olga = any_page, mostid.person(not_subscriber=True)
    to_signin(page, mostid)
    page.click("#way-phone")
    page.fill("#phone", olga.number)
    page.click("button.main")
    expect(page.locator("h1")).to_have_text("Введите код из SMS")
    olga.on_handset("sms")
    handset = page.context.new_page()
    handset.goto(olga.handset())
    found = re.search(r"Код (\d+)", handset.inner_text(".said"))
    assert found is not None
    page.fill("#code", found[1])
    page.keyboard.press("Enter")
    expect(page.locator(SIGNED_IN)).to_be_visible()


def test_a_number_by_push_answered_on_the_handset(any_page: Page, mostid: Whole) -> None:
    page, anna = any_page, mostid.person()
    to_signin(page, mostid)
    page.click("#way-phone")
    page.fill("#phone", anna.number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("На телефон пришёл запрос")
    expect(page.locator("#instead")).to_be_visible()
    anna.on_handset("pushes")
    handset = page.context.new_page()
    handset.goto(anna.handset())
    code = handset.inner_text(".code")
    handset.click("#yes")
    expect(handset.locator("#screen")).to_contain_text("да")
    page.fill("#code", code)
    page.keyboard.press("Enter")
    if page.locator(
        "#problem"
    ).count():  # the operator's word is on its way; the code stands where it was typed
        page.click("button.main")
    expect(page.locator(SIGNED_IN)).to_be_visible()


def test_a_push_that_never_arrives_is_said_to_without_a_press(page: Page, mostid: Whole) -> None:
    anna = mostid.person(blocked=True)
    to_signin(page, mostid)
    page.click("#way-phone")
    page.fill("#phone", anna.number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Получить код по SMS")
    page.click("#instead")
    page.fill("#code", anna.sms_code())
    page.keyboard.press("Enter")
    expect(page.locator(SIGNED_IN)).to_be_visible()


def test_consent_of_a_third_party(any_page: Page, mostid: Whole) -> None:
    page, anna = any_page, mostid.person()
    to_signin(page, mostid)
    through_mailru(page, anna)
    sub = page.inner_text("#sub")
    page.goto(mostid.address("merchant", "/"))
    page.click("#signin")
    expect(page.locator("h1")).to_have_text("Чай «Парус» запрашивает ваши данные")
    assert anna.email not in page.content()
    assert not page.is_checked("#scope-email")
    page.check("#scope-email")
    page.click("#decision-allow")
    expect(page.locator("#scope")).to_have_text("openid profile email")
    assert page.inner_text("#sub") != sub


def test_a_payment_is_asked_for_each_time(any_page: Page, mostid: Whole) -> None:
    page, anna = any_page, mostid.person()
    to_signin(page, mostid)
    through_mailru(page, anna)
    page.goto(mostid.address("merchant", "/"))
    page.click("#signin")
    page.click("#decision-allow")
    for _ in range(2):
        page.click("#pay")
        expect(page.locator("h1")).to_have_text("Чай «Парус» просит вашего разрешения")
        expect(page.locator(".deed")).to_contain_text("1 250,00 ₽")
        page.click("#decision-allow")
        expect(page.locator("#paid")).to_contain_text("Вы разрешили списать 1 250,00 ₽ за заказ")


def test_refused_at_mailru_then_again(page: Page, mostid: Whole) -> None:
    anna = mostid.person()
    to_signin(page, mostid)
    page.click("#way-mailru")
    page.click("#decision-deny")
    expect(page.locator("#problem")).to_contain_text("Вы не подтвердили вход в Mail.ru")
    through_mailru(page, anna)
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")


def test_a_wrong_code_then_the_right_one(page: Page, mostid: Whole) -> None:
    anna = mostid.person(not_subscriber=True)
    to_signin(page, mostid)
    page.click("#way-phone")
    page.fill("#phone", anna.number)
    page.keyboard.press("Enter")
    code = anna.sms_code()
    page.fill("#code", code[::-1] if code != code[::-1] else f"{int(code) ^ 1:06}")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_contain_text("Код не подошёл. Осталось попыток:")
    assert page.evaluate("document.activeElement.id") == "code"
    page.fill("#code", code)
    page.keyboard.press("Enter")
    expect(page.locator(SIGNED_IN)).to_be_visible()


def test_an_expired_code_then_a_new_one(page: Page, mostid: Whole, later: ClockFile) -> None:
    anna = mostid.person(not_subscriber=True)
    to_signin(page, mostid)
    page.click("#way-phone")
    page.fill("#phone", anna.number)
    page.keyboard.press("Enter")
    code = anna.sms_code()
    later.advance(360)
    page.fill("#code", code)
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_have_text("Срок действия кода истёк. Запросите новый.")
    page.click("button.main")
    page.fill("#code", anna.sms_code(before=1))
    page.keyboard.press("Enter")
    expect(page.locator(SIGNED_IN)).to_be_visible()


def test_who_comes_back_presses_one_button(page: Page, mostid: Whole) -> None:
    anna = mostid.person()
    to_signin(page, mostid)
    through_mailru(page, anna)
    leave_everywhere(page)
    page.click("#again")
    first = page.locator("button.way").first
    expect(first).to_have_text("Продолжить как Анна Ким · Mail.ru")
    assert first.bounding_box()["height"] > page.locator("#way-phone").bounding_box()["height"]  # type: ignore[index]
    first.click()
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")


def test_not_you(page: Page, mostid: Whole) -> None:
    to_signin(page, mostid)
    through_mailru(page, mostid.person())
    leave_everywhere(page)
    page.click("#again")
    page.click("#forget")
    expect(page.locator("#way-mailru")).to_have_text("Войти с Mail.ru")
    assert "Анна" not in page.content()


def test_two_people_in_one_browser_go_on_as_whom_they_press(any_page: Page, mostid: Whole) -> None:
    page, anna = any_page, mostid.person()
    boris = mostid.person(first_name="Борис", last_name="Вега")
    to_signin(page, mostid)
    through_mailru(page, anna)
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")
    page.goto(mostid.address("merchant", "/"))
    page.click("#signin")
    page.click("#select")
    page.click("#choice-another")
    through_mailru(page, boris)
    expect(page.locator(".account b")).to_have_text("Борис Вега")
    page.click("#decision-allow")
    expect(page.locator("#scope")).to_be_visible()
    page.goto(mostid.address("public", "/"))
    page.click("#select")
    page.get_by_role("button", name="Анна Ким").click()
    expect(page.locator("#services")).to_be_visible()
    page.goto(mostid.address("merchant", "/signin"))
    expect(page.locator(".account b")).to_have_text("Анна Ким")
    page.goto(mostid.address("public", "/logout"))
    page.click("#decision-everybody")
    expect(page.locator("h1")).to_have_text("Вы вышли")
    to_signin(page, mostid, "social")
    expect(page.locator("#way-mailru")).to_be_visible()


def test_a_shared_device_forgets_with_its_browser(context_of: Contexts, mostid: Whole) -> None:
    context, anna = context_of(), mostid.person()
    page = context.new_page()
    to_signin(page, mostid)
    page.check("#shared")
    through_mailru(page, anna)
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")
    kept = [cookie for cookie in context.cookies() if cookie["expires"] > 0]  # what outlives the browser
    assert not {"mostid_sid", "mostid_device"} & {cookie["name"] for cookie in kept}
    reopened = context_of()
    reopened.add_cookies([cookie for cookie in kept if cookie["name"].startswith("mostid_")])  # type: ignore[misc]
    page = reopened.new_page()
    to_signin(page, mostid)
    assert "Анна" not in page.content()


def test_english_by_the_browser_and_russian_by_choice(context_of: Contexts, mostid: Whole) -> None:
    page = context_of(locale="en-GB").new_page()
    to_signin(page, mostid)
    expect(page.locator("h1")).to_have_text("Sign in to continue to Bereg store")
    page.click("nav a[lang=ru]")
    expect(page.locator("h1")).to_have_text("Войдите, чтобы продолжить в сервисе Магазин «Берег»")
    page.click("#way-phone")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
