"""The three services: what each of them shows, and to whom."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import examples
from examples.service.app import Service
from examples.service.words import RUSSIAN
from tests.examples.conftest import Browser
from tests.examples.issuer import Issuer

ROOT = Path(examples.__path__[0])


def test_the_store_keeps_a_basket_by_sub(store: Browser) -> None:
    assert "Sign in to buy" in store.get("/product/kettle").text
    store.sign_in()
    store.post("/product/kettle/add")
    page = store.follow(store.post("/product/kettle/add")).text
    assert "Camping kettle × 2" in page
    assert "2\u00a0980&nbsp;₽" in page
    again = Browser(store.app)
    assert "Camping kettle" not in again.get("/").text.partition("basket")[2].partition("</section>")[0]
    assert "Camping kettle × 2" in again.sign_in().text


def test_what_the_store_does_not_sell(store: Browser) -> None:
    store.sign_in()
    assert store.get("/product/none").status_code == 404
    assert store.post("/product/none/add").status_code == 404


def test_social_lets_in_at_once_who_is_signed_in(social: Browser, issuer: Issuer) -> None:
    page = social.follow(social.get("/"))
    assert 'id="sub"' in page.text
    assert "You are signed in already" in page.text
    (asked,) = issuer.calls("/somewhere/authorize")
    assert asked["prompt"] == "none"


def test_social_looks_once_and_does_not_go_round(social: Browser, issuer: Issuer) -> None:
    issuer.signed_in = False
    page = social.follow(social.get("/"))
    assert page.status_code == 200
    assert 'id="signin"' in page.text
    assert social.get("/").status_code == 200
    assert len(issuer.calls("/somewhere/authorize")) == 1
    issuer.signed_in = True
    assert 'id="sub"' in social.sign_in().text


def test_social_does_not_go_round_without_cookies(social: Browser, issuer: Issuer) -> None:
    issuer.signed_in = False
    away = social.get("/").location
    social.client.delete_cookie("social_session", domain="localhost")
    assert (
        social.get("/callback?error=login_required&state=" + away.partition("state=")[2][:43]).status_code
        == 400
    )


def test_social_stays_signed_out_after_signing_out(social: Browser, issuer: Issuer) -> None:
    social.follow(social.get("/"))
    assert 'id="signin"' in social.follow(social.post("/signout")).text
    assert social.get("/").status_code == 200


def test_social_opens_while_the_provider_is_down(social: Browser, issuer: Issuer) -> None:
    issuer.down = True
    page = social.get("/")
    assert page.status_code == 200
    assert 'id="signin"' in page.text


def test_social_shows_what_people_write_as_text(social: Browser) -> None:
    social.follow(social.get("/"))
    page = social.follow(social.post("/post", {"text": "<script>alert(1)</script>"})).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in page
    before = social.get("/").text.count("<article")
    for text in ("", "  ", "x" * 281):
        social.post("/post", {"text": text})
    assert social.get("/").text.count("<article") == before


def test_the_merchant_shows_what_was_allowed(merchant: Browser, issuer: Issuer) -> None:
    page = merchant.sign_in().text
    assert issuer.calls("/somewhere/authorize")[0]["scope"] == "openid profile email phone"
    assert "Name: given" in page
    assert "Phone number: not given" in page
    assert '<code id="scope">openid profile</code>' in page


def test_the_merchant_asks_for_one_payment(merchant: Browser, issuer: Issuer) -> None:
    merchant.sign_in()
    assert 'id="paid"' not in merchant.get("/").text
    page = merchant.sign_in("/pay").text
    (asked,) = json.loads(issuer.calls("/somewhere/authorize")[1]["authorization_details"])
    assert (asked["type"], asked["instructedAmount"]["amount"]) == ("mir_payment", "1250.00")
    assert f"1,250.00 roubles for order {asked['orderId']}" in page


@pytest.mark.parametrize("name", ["store", "social", "merchant"])
def test_pages_speak_both_languages(name: str, request: pytest.FixtureRequest, issuer: Issuer) -> None:
    browser: Browser = request.getfixturevalue(name)
    issuer.signed_in = False
    browser.follow(browser.get("/"))
    for language, word in (("ru-RU,ru;q=0.9", "Войти"), ("en-GB", "Sign in"), ("de", "Войти")):
        text = browser.get("/", language).text
        assert f'<html lang="{"en" if word == "Sign in" else "ru"}">' in text
        assert word in text
    sent = issuer.calls("/somewhere/authorize")
    browser.get("/signin", "ru")
    assert all(call["ui_locales"] == "en" for call in sent)


def test_every_text_has_its_russian() -> None:
    sources = {file: file.read_text() for file in ROOT.rglob("*.*") if file.suffix in {".html", ".py"}}
    used = {found for text in sources.values() for found in re.findall(r'_\("((?:[^"\\]|\\.)+)"', text)}
    own = "".join(text for file, text in sources.items() if file.name == "service.py")
    assert len(used) > 30
    assert not [text for text in used if text not in RUSSIAN and f'"{text}": ' not in own]


@pytest.mark.parametrize("name", ["store", "social", "merchant"])
def test_answers_are_not_kept_nor_framed_nor_mixed(
    name: str, request: pytest.FixtureRequest, issuer: Issuer
) -> None:
    browser: Browser = request.getfixturevalue(name)
    issuer.signed_in = False
    browser.follow(browser.get("/"))
    page = browser.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert f"form-action 'self' {issuer.url}" in policy
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(address.startswith(("/", "#")) for address in addresses)
    for address in addresses:
        if "static" in address or "common" in address:
            assert browser.get(address).status_code == 200, address


def test_services_know_nothing_of_the_provider_but_its_protocol() -> None:
    for file in ROOT.rglob("*.py"):
        assert not re.search(
            r"^(?:from|import) (?:app|config|simulators)\b", file.read_text(), re.MULTILINE
        ), file
        assert len(file.read_text().splitlines()) <= 150, file


def test_each_browser_is_its_own(browser_of: Callable[[Service], Browser], store: Browser) -> None:
    store.sign_in()
    assert 'id="signin"' in Browser(store.app).get("/").text
