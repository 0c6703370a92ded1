"""What real browsers do that plain clients do not: back, history, tabs, pages kept whole, foreign pages."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Contexts
from tests.browser.test_flows import SIGNED_IN, leave_everywhere, through_mailru, to_signin
from tests.support.whole import Whole

pytestmark = pytest.mark.browser


@pytest.fixture
def signed_in(page: Page, mostid: Whole) -> Page:
    to_signin(page, mostid)
    through_mailru(page, mostid.person())
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")
    return page


@pytest.mark.sr("SR-093")
def test_after_the_sign_out_the_back_button_shows_nothing_personal(signed_in: Page, mostid: Whole) -> None:
    page = signed_in
    page.goto(mostid.address("merchant", "/"))
    page.click("#signin")
    expect(page.locator("h1")).to_contain_text("запрашивает ваши данные")
    assert "Анна Ким" in page.content()
    page.goto(mostid.address("store", "/"))
    leave_everywhere(page)
    expect(page.locator("h1")).to_have_text("Вы вышли")
    for _ in range(8):
        page.go_back()
        page.wait_for_load_state()
        if page.url == "about:blank":
            break
        if "/signin" in page.url and page.url.startswith(mostid.address("public")):
            continue  # the first page greets by name whom this device knows (look: returning visitors)
        assert "Анна" not in page.content(), page.url
    else:
        raise AssertionError("the history has no beginning")


def test_back_from_mailru_and_on_by_phone(page: Page, mostid: Whole) -> None:
    anna = mostid.person()
    to_signin(page, mostid)
    page.click("#way-mailru")
    expect(page.locator("#person")).to_be_visible()
    page.go_back()
    page.click("#way-phone")
    page.fill("#phone", anna.number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("На телефон пришёл запрос")


def test_back_after_the_sign_in_leads_in_again(signed_in: Page, mostid: Whole) -> None:
    page = signed_in
    sub = page.inner_text("#sub")
    for _ in range(4):
        page.go_back()
        if page.url.startswith(mostid.address("public", "/signin")):
            break
    page.click("#way-mailru")
    expect(page.locator("#sub")).to_have_text(sub)


def test_a_reload_of_the_return_from_mailru_stays_in(page: Page, mostid: Whole) -> None:
    returns: list[str] = []
    page.on(
        "request", lambda asked: returns.append(asked.url) if "/signin/mailru/callback" in asked.url else None
    )
    to_signin(page, mostid)
    through_mailru(page, mostid.person())
    expect(page.locator(SIGNED_IN)).to_be_visible()
    page.goto(returns[0])
    expect(page.locator(SIGNED_IN)).to_be_visible()
    page.reload()
    expect(page.locator(SIGNED_IN)).to_be_visible()


def test_two_tabs_end_as_one_person(context_of: Contexts, mostid: Whole) -> None:
    context, anna = context_of(), mostid.person()
    store, social = context.new_page(), context.new_page()
    to_signin(store, mostid)
    to_signin(social, mostid, "social")
    through_mailru(social, anna)
    expect(social.locator(SIGNED_IN)).to_have_text("Анна Ким")
    store.click("#way-mailru")
    expect(store.locator("#sub")).to_have_text(social.inner_text("#sub"))


def test_cookies_cleared_midway_cost_one_click(context_of: Contexts, mostid: Whole) -> None:
    context, anna = context_of(), mostid.person()
    page = context.new_page()
    to_signin(page, mostid)
    context.clear_cookies(name="mostid_browser")
    page.click("#way-mailru")
    expect(page.locator("main")).to_contain_text("вернём вас в сервис Магазин «Берег»")
    page.click("#continue")
    through_mailru(page, anna)
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")


@pytest.mark.sr("SR-015")
def test_a_page_copied_to_another_browser_begins_anew_there(context_of: Contexts, mostid: Whole) -> None:
    one, other = context_of().new_page(), context_of().new_page()
    to_signin(one, mostid)
    other.goto(one.url)
    expect(other.locator("main")).to_contain_text(
        "Нажмите «Продолжить», и мы вернём вас в сервис Магазин «Берег»."
    )
    other.click("#continue")
    expect(other.locator("#way-mailru")).to_be_visible()


@pytest.mark.sr("SR-085")
def test_a_form_sent_from_another_site_does_nothing(signed_in: Page, mostid: Whole) -> None:
    page = signed_in
    target = mostid.address("public", "/logout")
    evil = f"<form method=post action='{target}'><input name=decision value=allow></form>"
    evil += "<script>document.forms[0].submit()</script>"
    page.route("http://127.0.0.1:*/evil", lambda route: route.fulfill(content_type="text/html", body=evil))
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.goto(mostid.address("public", "/evil").replace("localhost", "127.0.0.1"))
    assert posted.value.status == 403
    page.goto(mostid.address("store", "/signin"))
    expect(page.locator(SIGNED_IN)).to_have_text("Анна Ким")  # still signed in


@pytest.mark.sr("SR-012")
def test_no_page_of_the_journey_is_shown_in_a_frame(page: Page, mostid: Whole) -> None:
    to_signin(page, mostid)
    body = f"<iframe src='{page.url}'></iframe>"
    page.route("http://127.0.0.1:*/frame", lambda route: route.fulfill(content_type="text/html", body=body))
    page.goto(mostid.address("public", "/frame").replace("localhost", "127.0.0.1"))
    assert page.frames[1].url.startswith("chrome-error:")


@pytest.mark.sr("SR-013")
def test_a_whole_journey_loads_nothing_from_elsewhere_and_breaks_no_policy(
    context_of: Contexts, mostid: Whole
) -> None:
    context: BrowserContext = context_of()
    page, anna = context.new_page(), mostid.person()
    elsewhere: list[str] = []
    complaints: list[str] = []
    context.on(
        "request",
        lambda asked: None if asked.url.startswith("http://localhost:") else elsewhere.append(asked.url),
    )
    context.on("console", lambda said: complaints.append(said.text))
    to_signin(page, mostid)
    through_mailru(page, anna)
    page.goto(mostid.address("merchant", "/"))
    page.click("#signin")
    page.click("#decision-allow")
    leave_everywhere(page)
    expect(page.locator("h1")).to_have_text("Вы вышли")
    assert (elsewhere, complaints) == ([], [])
