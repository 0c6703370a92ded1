"""Renewing access, and signing out here or everywhere."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from examples.service.app import Service
from examples.store.service import STORE
from tests.examples.conftest import Browser, Time
from tests.examples.issuer import Issuer

LIFE_S = 600


def renewals(issuer: Issuer) -> list[str]:
    """Refresh tokens that came to the token endpoint."""
    return [call["refresh_token"] for call in issuer.calls("/somewhere/token") if "refresh_token" in call]


@pytest.mark.rule("RFC 6749", "6", "access is renewed when it ends, with the newest refresh token")
def test_access_is_renewed_when_it_ends(store: Browser, issuer: Issuer, now: Time) -> None:
    store.sign_in()
    store.get("/")
    assert renewals(issuer) == []
    for number in (1, 2):
        now.offset = number * LIFE_S
        assert 'id="sub"' in store.get("/").text
        store.get("/product/rope")
        assert renewals(issuer) == [f"refresh-{n}" for n in range(1, number + 1)]
    assert all("scope" not in call for call in issuer.calls("/somewhere/token"))


def test_renew_now(store: Browser, issuer: Issuer, now: Time) -> None:
    shown = store.sign_in().text
    now.offset = 61
    page = store.follow(store.post("/renew"))
    assert renewals(issuer) == ["refresh-1"]
    assert page.text.partition('id="renewed">')[2][:8] != shown.partition('id="renewed">')[2][:8]


def test_a_sign_in_that_ended_at_the_provider_ends_here(store: Browser, issuer: Issuer, now: Time) -> None:
    store.sign_in()
    issuer.refuses_renewal, now.offset = True, LIFE_S
    page = store.get("/").text
    assert "You signed out elsewhere" in page
    assert 'id="signin"' in page
    assert 'id="sub"' not in page
    assert "You signed out elsewhere" not in store.get("/").text


def test_a_provider_that_is_down_signs_nobody_out(store: Browser, issuer: Issuer, now: Time) -> None:
    store.sign_in()
    issuer.down, now.offset = True, LIFE_S
    page = store.get("/").text
    assert "MostID is not answering; you are still signed in here." in page
    assert 'id="sub"' in page
    issuer.down = False
    assert "not answering" not in store.get("/").text
    assert renewals(issuer) == ["refresh-1", "refresh-1"]


@pytest.mark.rule("OIDC Core", "12.2", "a renewed ID token of somebody else is not believed")
def test_a_renewed_id_token_of_somebody_else_is_not_believed(
    store: Browser, issuer: Issuer, now: Time
) -> None:
    store.sign_in()
    issuer.claims, now.offset = {"sub": "s-boris"}, LIFE_S
    assert "s-boris" not in store.get("/").text


def test_sign_out_here_gives_the_tokens_back(store: Browser, issuer: Issuer) -> None:
    store.sign_in()
    page = store.follow(store.post("/signout"))
    assert 'id="signin"' in page.text
    assert 'id="sub"' not in page.text
    (revoked,) = issuer.calls("/somewhere/revoke")
    assert (revoked["token"], revoked["token_type_hint"], revoked["auth"]) == (
        "refresh-1", "refresh_token", "basic:client",
    )  # fmt: skip


def test_a_former_cookie_opens_nothing_after_sign_out(store: Browser) -> None:
    store.sign_in()
    cookie = store.client.get_cookie("store_session", "localhost")
    assert cookie is not None
    store.post("/signout")
    store.client.set_cookie("store_session", cookie.value, domain="localhost")
    assert 'id="sub"' not in store.get("/").text


def test_sign_out_here_works_while_the_provider_is_down(store: Browser, issuer: Issuer) -> None:
    store.sign_in()
    token = store.form_token()
    issuer.down = True
    store.post("/signout", {"csrf_token": token})
    assert 'id="signin"' in store.get("/").text


@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "the request names the person's ID token and a registered way back"
)
def test_sign_out_everywhere_leads_to_the_provider_and_back(store: Browser, issuer: Issuer) -> None:
    store.sign_in()
    answer = store.post("/signout-everywhere")
    assert answer.location.startswith(f"{issuer.url}/somewhere/leave?")
    sent = parse_qs(urlsplit(answer.location).query)
    assert sent["id_token_hint"][0].count(".") == 2
    assert sent["post_logout_redirect_uri"] == ["http://localhost:8200/signed-out"]
    assert 'id="sub"' not in store.get("/").text
    page = store.get(f"/signed-out?state={sent['state'][0]}")
    assert "You are signed out" in page.text
    assert store.get(f"/signed-out?state={sent['state'][0]}").status_code == 303


@pytest.mark.parametrize("query", ["", "?state=", "?state=made-up"])
def test_nobody_is_told_a_sign_out_that_did_not_happen(store: Browser, query: str) -> None:
    store.sign_in()
    assert store.get(f"/signed-out{query}").status_code == 303
    assert 'id="sub"' in store.get("/").text


@pytest.mark.parametrize("path", ["/signout", "/signout-everywhere", "/renew", "/product/rope/add"])
def test_a_form_that_is_not_ours_changes_nothing(store: Browser, issuer: Issuer, path: str) -> None:
    store.sign_in()
    assert store.get(path).status_code == 405
    assert store.post(path, {"csrf_token": ""}).status_code == 403
    assert store.post(path, {"csrf_token": "x" * 43}).status_code == 403
    assert store.post(path, Origin="http://evil.example").status_code == 403
    assert store.post(path, Origin="null").status_code == 403
    assert store.post(path, **{"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert 'id="sub"' in store.get("/").text
    assert len(issuer.calls("/somewhere/token")) == 1
    assert (
        store.post(path, Origin="http://localhost:8200", **{"Sec-Fetch-Site": "same-origin"}).status_code
        == 303
    )


def test_a_form_of_another_browser_is_refused(browser_of: Callable[[Service], Browser]) -> None:
    one = browser_of(STORE)
    other = Browser(one.app)
    one.sign_in()
    other.sign_in()
    assert one.post("/signout", {"csrf_token": other.form_token()}).status_code == 403
