"""Signing in by phone as a browser meets it, and the operator's callback as the operator does."""

import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.storage.clock import Clock
from config.upstream import SmsSettings
from tests import html
from tests.challenges.world import ACCEPTED, code_in
from tests.deployment import Browser, Deploy, Deployment, Service, answered, deploy
from tests.support.servers import wait_for
from tests.upstreams.fakes import Fake
from tests.upstreams.mobile_operator import Operator, closing

__all__ = ["deploy"]

MEGAFON, OTHER = "+7 920 123-45-67", "+7 916 123-45-67"
NOTIFY = "/upstream/mobileid/notify"


class Town:
    """A deployment with its gateway and its operator."""

    def __init__(self, deploy: Deploy, gateway: Fake, operator: Operator) -> None:
        self._deploy, self.gateway, self.operator = deploy, gateway, operator
        gateway.replies["/sms"] = ACCEPTED
        self.set_up()

    def set_up(self, *, mobile_id: dict[str, Any] | None = None, **settings: Any) -> None:
        """A new deployment with these settings."""
        sms = SmsSettings(url=self.gateway.url + "/sms", inbound_number="8464")
        chosen = {"sms": sms, "mobile_id": self.operator.settings(**(mobile_id or {}))} | settings
        self.deployment: Deployment = self._deploy(**chosen)
        self.store: Service = self.deployment.register("store")

    def browser(self) -> Browser:
        return self.deployment.client()

    def ask(self, browser: Browser, number: str, **more: str) -> TestResponse:
        """Type a number; the answer to that."""
        page = browser.follow(browser.authorize(self.store))
        page = browser.post("/signin", data=html.read(page).form("/signin").filled(way="phone"))
        form = html.read(browser.follow(page)).form("/signin/phone")
        return browser.post("/signin/phone", data=form.filled(phone=number) | more)

    def code(self) -> str:
        """The code of the last message."""
        before = len(self.gateway.received)
        wait_for(lambda: len(self.gateway.received) >= max(1, before), "no message came")
        return code_in(self.gateway.received[-1].json["message"])

    def prompt(self, before: int = 0) -> dict[str, Any]:
        """The last prompt on a handset."""
        wait_for(lambda: len(self.operator.prompts) > before, "no prompt came")
        return self.operator.prompts[-1]

    def receive(self, number: int | None, text: str, user: str = "REG_mostid") -> TestResponse:
        """What the gateway does when somebody writes."""
        body = {"msg_id": "1", "from": number, "to": "8464", "message": text}
        auth = (user, self.deployment.settings.sms.password.get_secret_value())
        return self.browser().post("/upstream/sms/inbound", json=body, auth=auth)

    def notify(self, prompt: dict[str, Any], body: str, bearer: str | None = None) -> TestResponse:
        """What the operator's machine does."""
        headers = {"Authorization": self.operator.bearer(prompt) if bearer is None else bearer}
        client = self.browser()
        return client.post(NOTIFY, data=body, content_type="application/json", headers=headers)


class FarBrowser(Browser):
    """A browser elsewhere than on this machine."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, environ_overrides={"REMOTE_ADDR": "203.0.113.7"}, **kwargs)


@pytest.fixture
def town(deploy: Deploy, clock: Clock) -> Iterator[Town]:
    gateway, operator = Fake(), Fake()
    yield Town(deploy, gateway, Operator(operator, clock))
    for server in (gateway, operator):
        server.close()


def _type(browser: Browser, page: TestResponse, path: str, code: str) -> TestResponse:
    return browser.post(path, data=html.read(page).form(path).filled(code=code))


def _is_in(browser: Browser, town: Town, answer: TestResponse) -> bool:
    """Whether the person gets to the service with a code."""
    return bool(answered(browser.follow(answer))["code"]) and browser.cookie("sid") is not None


def test_a_code_by_sms_signs_in(town: Town) -> None:
    browser = town.browser()
    page = browser.follow(town.ask(browser, OTHER))
    assert "+7 916 •••-••-67" in page.text
    assert _is_in(browser, town, _type(browser, page, "/signin/phone/code", town.code()))


def test_a_push_signs_in(town: Town) -> None:
    browser = town.browser()
    page = browser.follow(town.ask(browser, MEGAFON))
    prompt = town.prompt()
    code = town.operator.code(prompt)
    assert code not in page.text
    page = _type(browser, page, "/signin/phone/push", code)
    assert "Сначала подтвердите запрос на телефоне" in page.text
    assert town.notify(prompt, town.operator.success(prompt)).status_code == 204
    assert _is_in(browser, town, _type(browser, page, "/signin/phone/push", code))


@pytest.mark.sr("SR-139")
def test_the_callback_is_refused_without_its_token_and_when_it_comes_twice(town: Town) -> None:
    town.ask(town.browser(), MEGAFON)
    prompt = town.prompt()
    body = town.operator.success(prompt)
    for bearer in ("", "Bearer x", "Bearer é"):
        forged = town.notify(prompt, body, bearer.encode().decode("latin-1"))
        assert forged.status_code == 401
        assert forged.headers["WWW-Authenticate"] == "Bearer"
    assert town.notify(prompt, "<html>").status_code == 401
    keys = town.operator.fake.replies["/jwks"]
    town.operator.fake.replies["/jwks"] = closing({}, 404)
    later = town.notify(prompt, body)
    assert (later.status_code, later.headers["Retry-After"]) == (503, "5")
    town.operator.fake.replies["/jwks"] = keys
    town.deployment.clock_file.advance(11)
    assert [town.notify(prompt, body).status_code for _ in range(2)] == [204, 401]


def test_our_keys_are_published(town: Town) -> None:
    answer = town.browser().get("/upstream/mobileid/jwks.json")
    assert [key["kid"] for key in answer.json["keys"]] == ["mobileid-1"]


def test_a_push_that_fails_offers_a_code_by_sms(town: Town) -> None:
    town.operator.answer(closing({"error": "not_found_entity"}, 404))
    browser = town.browser()
    answer = town.ask(browser, MEGAFON)
    wait_for(
        lambda: "Запрос не дошёл до телефона" in browser.follow(answer).text, "the failure does not show"
    )
    page = browser.follow(answer)
    form = html.read(page).form("/signin/phone")
    assert ("instead", "sms") in form.buttons
    page = browser.follow(browser.post("/signin/phone", data=form.filled(instead="sms")))
    assert _is_in(browser, town, _type(browser, page, "/signin/phone/code", town.code()))
    again = town.ask(town.browser(), MEGAFON)
    assert again.location.startswith("/signin/phone/code"), "known by now: the code goes by SMS at once"


def test_a_wrong_code_for_a_push_that_was_declined_says_so(town: Town) -> None:
    browser = town.browser()
    page = browser.follow(town.ask(browser, MEGAFON))
    prompt = town.prompt()
    denied = town.operator.failure(prompt, "authorization_error", "Subscriber denied the request")
    assert town.notify(prompt, denied).status_code == 204
    page = _type(browser, page, "/signin/phone/push", "000000")
    assert "отклонён" in page.text
    assert ("instead", "sms") in html.read(page).form("/signin/phone").buttons


@pytest.mark.sr("SR-137")
def test_a_mere_yes_opens_a_browser_that_proved_the_number_and_no_other(town: Town) -> None:
    town.set_up(mobile_id={"shows_code": False})
    browser = town.browser()
    page = browser.follow(town.ask(browser, MEGAFON))
    assert _is_in(browser, town, _type(browser, page, "/signin/phone/code", town.code()))
    assert not town.operator.prompts
    browser.delete_cookie(town.deployment.cookie_name("sid"), domain=town.deployment.host)
    page = browser.follow(town.ask(browser, MEGAFON))
    prompt = town.prompt()
    form = html.read(page).form("/signin/phone/push")
    assert "code" not in form.fields
    page = browser.post("/signin/phone/push", data=form.filled())
    assert "Сначала подтвердите запрос на телефоне" in page.text
    town.notify(prompt, town.operator.success(prompt))
    assert _is_in(browser, town, browser.post("/signin/phone/push", data=form.filled()))
    stranger = town.browser()
    assert town.ask(stranger, MEGAFON).location.startswith("/signin/phone/code")


@pytest.mark.sr("SR-124", "SR-129")
def test_a_number_that_is_not_sent_to_costs_nothing(town: Town) -> None:
    browser = town.browser()
    for number in (
        "+7 495 123-45-67",
        "8 800 555-35-35",
        "112",
        "+44 7400 123456",
        "+7 701 123 45 67",
        "нет",
    ):
        page = town.ask(browser, number)
        assert page.status_code == 200
        assert 'id="problem"' in page.text
    assert not town.gateway.received
    assert not town.deployment.rows("number_counters")


# What a stranger can see


def _shape(answer: TestResponse, page: TestResponse) -> tuple[Any, ...]:
    names = sorted(name for name, _ in answer.headers if name not in {"X-Reference", "Location"})
    forms = [(form.action, sorted(form.fields), form.buttons) for form in html.read(page).forms]
    return answer.status_code, answer.location.partition("?")[0], names, page.status_code, forms


@pytest.mark.sr("SR-133")
@pytest.mark.parametrize("number", [OTHER, MEGAFON])
def test_a_number_over_its_limits_looks_like_any_other(town: Town, number: str) -> None:
    shapes, sizes = [], []
    for turn in range(6):  # all but the first are refused
        browser = town.browser()
        answer = town.ask(browser, number)
        page = browser.follow(answer)
        shapes.append(_shape(answer, page))
        sizes.append(len(answer.location))
        if turn == 0:
            fresh = town.browser()
            unused = town.ask(fresh, number[:-1] + "8")
            assert _shape(unused, fresh.follow(unused)) == shapes[0]
            assert abs(len(unused.location) - sizes[0]) <= 8
    assert all(shape == shapes[0] for shape in shapes)
    assert max(sizes) - min(sizes) <= 8
    town.deployment.clock_file.advance(1)
    assert len(town.gateway.received) + len(town.operator.prompts) <= 2


def _medians(town: Town, turns: int) -> tuple[float, float]:
    """How long the answer takes for a number that may be sent to, and for one that may not."""

    def seconds(number: str) -> float:
        browser = town.browser()
        page = browser.follow(browser.authorize(town.store))
        page = browser.post("/signin", data=html.read(page).form("/signin").filled(way="phone"))
        form = html.read(browser.follow(page)).form("/signin/phone").filled(phone=number)
        before = time.perf_counter()
        assert browser.post("/signin/phone", data=form).status_code == 303
        return time.perf_counter() - before

    town.set_up(limits={"send_to_verify_percent": 0})
    town.ask(town.browser(), OTHER)
    pairs = [(seconds(f"+7916124{turn:04d}"), seconds(OTHER)) for turn in range(turns)]
    usual, over = (statistics.median(side) for side in zip(*pairs, strict=True))
    return usual, over


@pytest.mark.sr("SR-133")
def test_a_number_over_its_limits_is_answered_in_the_same_time(town: Town) -> None:
    usual, over = _medians(town, 30)
    assert abs(usual - over) < 0.02


@pytest.mark.soak
@pytest.mark.sr("SR-133")
def test_a_thousand_answers_take_the_same_time(town: Town) -> None:
    usual, over = _medians(town, 1000)
    assert abs(usual - over) < 0.02


@pytest.mark.sr("SR-133", "SR-129")
def test_asking_again_too_early_keeps_the_code(town: Town) -> None:
    browser = town.browser()
    page = browser.follow(town.ask(browser, OTHER))
    form = html.read(page).form("/signin/phone")
    again = browser.follow(browser.post("/signin/phone", data=form.filled(again="1")))
    assert "Следующий код можно отправить через" in again.text
    assert _is_in(browser, town, _type(browser, again, "/signin/phone/code", town.code()))
    assert len(town.gateway.received) == 1


@pytest.mark.sr("SR-129", "SR-133")
def test_a_long_wait_is_told_in_hours(town: Town) -> None:
    town.set_up(limits={"sms_gaps_s": [], "sms_per_day": 1})
    browser = town.browser()
    browser.follow(town.ask(browser, OTHER))
    another = town.browser()
    page = another.follow(town.ask(another, OTHER))
    assert "Следующий код можно отправить через 24 часа" in page.text


@pytest.mark.sr("SR-130")
def test_an_address_that_asks_too_often_is_told(town: Town) -> None:
    town.set_up(limits={"sends_per_address_10_minutes": 2})
    outcomes = [
        town.ask(FarBrowser(town.deployment), f"+7 916 123-45-0{turn}").status_code for turn in range(4)
    ]
    assert outcomes == [303, 303, 429, 429]


@pytest.mark.sr("SR-148")
def test_in_a_wave_of_wrong_codes_a_stranger_is_asked_to_wait(town: Town) -> None:
    town.set_up(limits={"wrong_codes_10_minutes": 1})
    for turn in range(4):
        browser = town.browser()
        page = browser.follow(town.ask(browser, f"+7 916 123-45-1{turn}"))
        _type(browser, page, "/signin/phone/code", "000000")
    browser = town.browser()
    page = browser.follow(town.ask(browser, OTHER))
    held = _type(browser, page, "/signin/phone/code", "000000")
    assert "Сейчас приходит много неверных кодов. Попробуйте через" in held.text


@pytest.mark.sr("SR-147")
def test_whose_number_is_flooded_sends_a_message_and_is_in(town: Town) -> None:
    town.set_up(limits={"sms_gaps_s": [], "sms_per_day": 1})
    town.browser().follow(town.ask(town.browser(), OTHER))
    browser = town.browser()
    page = browser.follow(town.ask(browser, OTHER))
    form = html.read(page).form("/signin/phone")
    assert ("instead", "message") in form.buttons
    page = browser.follow(browser.post("/signin/phone", data=form.filled(instead="message")))
    assert "+7 916 •••-••-67" in page.text
    (code,) = set(re.findall(r"(?<=body=)\d{6}", page.text))
    form = html.read(page).form("/signin/phone/message")
    for path in ("/signin/phone/code", "/signin/phone/push"):
        elsewhere = browser.get(path, query_string=form.fields)
        assert elsewhere.status_code == 200
        assert html.read(elsewhere).form("/signin/phone")
    page = browser.post("/signin/phone/message", data=form.filled())
    assert "SMS ещё не пришло" in page.text
    assert town.receive(79161234568, code).status_code == 204
    assert "SMS ещё не пришло" in browser.post("/signin/phone/message", data=form.filled()).text
    assert town.receive(79161234567, code, user="stranger").status_code == 401
    assert town.receive(None, code).status_code == 400
    assert town.receive(79161234567, code).status_code == 204
    assert "Ваше SMS пришло" in browser.get("/signin/phone/message", query_string=form.fields).text
    assert _is_in(browser, town, browser.post("/signin/phone/message", data=form.filled()))
    assert browser.post("/signin/phone/message", data=form.filled()).location.startswith("/authorize")


def test_two_presses_at_once_sign_in_once_and_show_no_error(town: Town) -> None:
    browser = town.browser()
    page = browser.follow(town.ask(browser, OTHER))
    code = town.code()
    first, second = (_type(browser, page, "/signin/phone/code", code) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert _is_in(browser, town, second)
