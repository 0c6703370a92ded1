"""The pages as people meet them: small, in both themes, without scripts, under their own policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.web.samples import SAMPLES

pytestmark = pytest.mark.browser
SMALL = {"width": 360, "height": 640}
TARGET = 44


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(viewport=SMALL, java_script_enabled=request.param)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


@pytest.mark.sr("SR-012", "SR-085")
def test_a_form_of_ours_passes_the_check_of_its_sender(page: Page, address: str) -> None:
    page.goto(f"{address}/form")
    page.fill("#phone", "+7 920 123-45-67")
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.click("button.main")
    assert posted.value.request.all_headers()["origin"] == "null"  # what Forms reckons with
    assert posted.value.status == 303


@pytest.mark.sr("SR-085")
def test_the_same_form_sent_by_a_neighbouring_origin_is_refused(chromium: Browser, address: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{address}/form")
    token = page.get_attribute("[name=csrf_token]", "value")
    port = address.rpartition(":")[2]
    evil = f"<form method=post action='{address}/signin/phone'><input name=csrf_token value='{token}'></form>"
    page.route("http://127.0.0.1:*/evil", lambda route: route.fulfill(content_type="text/html", body=evil))
    page.goto(f"http://127.0.0.1:{port}/evil")
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.evaluate("document.forms[0].submit()")
    assert posted.value.status == 403
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_small_phone_and_breaks_no_policy(
    chromium: Browser, address: str, scheme: str
) -> None:
    context = chromium.new_context(viewport=SMALL, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name in SAMPLES:
        page.goto(f"{address}/sample/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], name
        boxes = [box.bounding_box() for box in page.locator("button, main a, nav a, label:has(input)").all()]
        assert all(box and box["height"] >= TARGET for box in boxes), name
    assert complaints == []
    context.close()


def test_the_seconds_count_down_and_end_in_words(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    page.clock.install()
    page.goto(f"{address}/sample/push?lang=en")
    page.clock.run_for(5_000)
    assert "Seconds left: 90" in page.inner_text("main")
    page.clock.run_for(91_000)
    assert "The time is over. Ask for a new code." in page.inner_text("main")
    page.close()


@pytest.mark.parametrize("pasted", ["+7 920 123-45-67", "8 (920) 123-45-67", "920 123 45 67"])
def test_a_number_pasted_behind_its_plus_7_is_one_number(
    chromium: Browser, address: str, pasted: str
) -> None:
    page = chromium.new_page()
    page.goto(f"{address}/form")
    page.keyboard.insert_text(pasted)
    page.keyboard.press("Tab")
    assert page.input_value("#phone").replace(" ", "").replace("-", "") == "+79201234567"
    page.close()


def test_a_code_that_the_phone_hands_over_is_typed_and_sent(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    page.add_init_script(
        "window.OTPCredential = function () {};"
        "navigator.credentials.get = (asked) => Promise.resolve({code: asked.otp.transport[0] + '482913'});"
    )
    with page.expect_request(lambda asked: asked.method == "POST") as sent:
        page.goto(f"{address}/sample/code")
    assert "code=sms482913" in (sent.value.post_data or "")
    page.close()


PRESSES = """() => {
  const sent = [], now = Date.now;
  addEventListener("submit", (event) => { sent.push(!event.defaultPrevented); event.preventDefault(); });
  const press = () => document.querySelector("button.main").click();
  press(); press(); press();
  Date.now = () => now() + 5000;
  press();
  return sent;
}"""


def test_a_second_press_sends_nothing_twice_and_a_later_one_does(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    page.goto(f"{address}/form")
    assert page.evaluate(PRESSES) == [True, False, False, True]
    page.close()


@pytest.mark.sr("SR-093")
@pytest.mark.parametrize(("name", "anew"), [("consent", True), ("phone", False)])
def test_a_page_with_somebodys_data_that_is_brought_back_whole_is_asked_for_anew(
    chromium: Browser, address: str, name: str, anew: bool
) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.goto(f"{address}/sample/{name}")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.wait_for_timeout(100)
    page.wait_for_load_state()
    assert asked.count("document") == (2 if anew else 1)
    page.close()
