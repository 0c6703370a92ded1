"""A television and a telephone: the code is shown on one, typed and allowed on the other, through the whole sign-in."""

import pytest

from tests.deployment import Browser, Deployment, Service
from tests.html import read
from tests.protocol.rfc8628.conftest import poll, started, tv
from tests.provider.tokens import claims, userinfo
from tests.signin.conftest import Enter

__all__ = ["tv"]

MARIA = "+79201234567"


@pytest.mark.rule(
    "RFC 8628", "3.3", "a person who is not signed in signs in on the way, and comes back to the device"
)
@pytest.mark.sr("SR-047", "SR-048")
@pytest.mark.parametrize("way", ["phone", "mailru"])
def test_from_the_link_on_the_screen_to_tokens(
    deployment: Deployment, browser: Browser, tv: Service, by_phone: Enter, by_mailru: Enter, way: str
) -> None:
    television = deployment.client()
    codes = started(television, tv, "openid phone email")
    link = codes["verification_uri_complete"].removeprefix(browser.issuer)
    form = read(browser.get(link)).form("/device")
    first = read(browser.follow(browser.post("/device", data=form.fields))).form("/signin")
    back = by_phone(browser, first, MARIA) if way == "phone" else by_mailru(browser, first, "maria")
    assert back.location.startswith("/device?ask=")
    page = browser.follow(back)
    assert codes["user_code"] in page.text
    allow = read(page).form("/device").filled(decision="allow")
    done = browser.post("/device", data=allow)
    assert "Можно вернуться к устройству" in done.text
    given = poll(television, tv, codes["device_code"]).json
    known = userinfo(television, given["access_token"]).json
    assert claims(given["id_token"])["sub"] == known["sub"]
    assert known.get("phone_number" if way == "phone" else "email")


@pytest.mark.sr("SR-048")
def test_whoever_turns_back_at_the_sign_in_comes_to_the_code(
    deployment: Deployment, browser: Browser, tv: Service
) -> None:
    codes = started(deployment.client(), tv)
    form = read(browser.get("/device")).form("/device").filled(user_code=codes["user_code"])
    first = read(browser.follow(browser.post("/device", data=form))).form("/signin")
    assert browser.post("/signin", data=first.filled(decision="deny")).location == "/device"
    assert poll(browser, tv, codes["device_code"]).json["error"] == "authorization_pending"
