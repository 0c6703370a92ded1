"""A deployment whose upstreams are the simulators, and people who come in by them."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Deploy, Deployment, Service, deploy
from tests.html import PageForm, read
from tests.simulation import Simulation, code_of

__all__ = ["deploy"]

Enter = Callable[..., TestResponse]


@pytest.fixture
def settings() -> dict[str, object]:
    """Settings of the deployment, for a module to replace."""
    return {}


@pytest.fixture
def deployment(deploy: Deploy, simulation: Simulation, settings: dict[str, object]) -> Deployment:
    """Codes by SMS, no pushes; Mail.ru as it is simulated."""
    upstreams = {
        "sms": {"url": f"{simulation.url}/sms/v1/sms"},
        "mobile_id": {"enabled": False},
        "mailru": {
            "authorize_url": f"{simulation.url}/mailru/login",
            "token_url": f"{simulation.url}/mailru/token",
            "userinfo_url": f"{simulation.url}/mailru/userinfo",
        },
    }
    return deploy(**(upstreams | settings))


@pytest.fixture
def browser(deployment: Deployment) -> Browser:
    """A browser without cookies."""
    return deployment.client()


@pytest.fixture
def store(deployment: Deployment) -> Service:
    """A service of our own."""
    return deployment.register("store")


def first_page(browser: Browser, service: Service, **changed: str | None) -> PageForm:
    """The form of the journey's first page."""
    return read(browser.follow(browser.authorize(service, **changed))).form("/signin")


@pytest.fixture
def by_phone(simulation: Simulation) -> Enter:
    """From the first page in by a code: `by_phone(browser, form, "+79201234567", shared="1")`. As far as it leads."""

    def enter(browser: Browser, form: PageForm, number: str, **fields: str) -> TestResponse:
        before = len(simulation.sms(number))
        asks = read(browser.follow(browser.post("/signin", data=form.filled(way="phone", **fields))))
        sent = browser.post("/signin/phone", data=asks.form("/signin/phone").filled(phone=number))
        page = read(browser.follow(sent)).form("/signin/phone/code")
        code = code_of(simulation.latest_sms(number, before + 1))
        return browser.post("/signin/phone/code", data=page.filled(code=code))

    return enter


@pytest.fixture
def by_mailru(simulation: Simulation) -> Enter:
    """From the first page in through Mail.ru: `by_mailru(browser, form, "maria")`. The answer of the callback."""

    def enter(browser: Browser, form: PageForm, person: str, **fields: str) -> TestResponse:
        away = browser.post("/signin", data=form.filled(way="mailru", **fields)).location
        page = simulation.http.get(away)
        sent = {"person": person, "decision": "allow"}
        back = page.headers.get("Location") or simulation.http.post(away, data=sent).headers["Location"]
        assert back.startswith(f"{ISSUER}/signin/mailru/callback?"), back
        parts = urlsplit(back)
        return browser.get(f"{parts.path}?{parts.query}")

    return enter
