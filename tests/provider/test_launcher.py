"""The page at `/`: the ecosystem's services for whoever is signed in, and what this place is for a stranger."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.html import read

SHOP = "http://localhost:8200/signin"
BEGINS = f"{SHOP}?iss=http%3A%2F%2Flocalhost%3A8000"


@pytest.fixture
def shop(deployment: Deployment) -> Service:
    """One with an entrance, beside others that have none or are not ours."""
    deployment.register("bare", client_name="Склад")
    deployment.register(
        client_name="Лавка",
        first_party=False,
        redirect_uris=["https://merchant.example/cb"],
        initiate_login_uri="https://merchant.example/signin",
    )
    return deployment.register("shop", initiate_login_uri=SHOP, **{"client_name#en": "Window"})


def links(page: TestResponse) -> set[str]:
    assert page.status_code == 200
    return set(read(page).links.values())


@pytest.mark.rule(
    "OIDC Core", "4", "a sign-in that begins with us is sent to the service, which learns who sends it"
)
def test_whoever_is_signed_in_sees_the_services(
    shop: Service, deployment: Deployment, browser: Browser
) -> None:
    deployment.sign_in(browser)
    page = browser.get("/")
    assert {BEGINS, "/logout"} <= links(page)
    assert "Ваши сервисы" in page.text
    assert "Витрина" in page.text
    assert "merchant" not in page.text
    assert "Склад" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_a_stranger_is_told_what_this_is(shop: Service, browser: Browser) -> None:
    page = browser.get("/")
    assert BEGINS in links(page)
    assert "/logout" not in links(page)
    assert "Один вход во все сервисы" in page.text
    for word in ("Ваши", "Вы вошли"):
        assert word not in page.text


@pytest.mark.parametrize(
    ("off", "said"),
    [
        ({}, "с учётной записью, которая у вас уже есть, или по номеру телефона."),
        (
            {"mailru": {"enabled": False}, "vkid": {"enabled": False}},
            "впускает в сервисы по номеру телефона.",
        ),
        (
            {"sms": {"enabled": False}, "mobile_id": {"enabled": False}},
            "с учётной записью, которая у вас уже есть.",
        ),
    ],
)
def test_a_stranger_is_told_of_the_ways_in_that_there_are(
    deploy: Deploy, off: dict[str, object], said: str
) -> None:
    assert said in deploy(**off).client().get("/").text


@pytest.mark.parametrize("cookie", ["x", "", "0" * 500])
def test_a_cookie_that_is_nothing_is_a_stranger(browser: Browser, cookie: str) -> None:
    browser.put_cookie("sid", cookie)
    assert "/logout" not in links(browser.get("/"))


def test_without_services_the_page_still_says_what_to_do(deployment: Deployment, browser: Browser) -> None:
    assert "Откройте сервис" in browser.get("/").text
    deployment.sign_in(browser)
    assert "он вас узнает" in browser.get("/").text


def test_the_page_speaks_the_readers_language(shop: Service, browser: Browser) -> None:
    page = browser.get("/", headers={"Accept-Language": "en"})
    assert "One sign-in for all services" in page.text
    assert "Window" in page.text


def test_a_service_that_is_stopped_leaves_the_page(
    shop: Service, deployment: Deployment, browser: Browser
) -> None:
    browser.get("/")
    deployment.disable(shop)
    deployment.clock_file.advance(2)
    assert not any(link.startswith(SHOP) for link in links(browser.get("/")))


def test_the_services_are_read_once(shop: Service, deployment: Deployment, browser: Browser) -> None:
    """A stranger's look costs no statement, a customer's the one for the session."""
    browser.get("/")
    with deployment.statements() as seen:
        browser.get("/")
    assert seen == []
    deployment.sign_in(browser)
    with deployment.statements() as seen:
        browser.get("/")
    assert len(seen) == 1


def test_only_reading(browser: Browser) -> None:
    assert browser.post("/").status_code == 405
