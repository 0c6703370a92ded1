"""Signing in: what is asked, what is believed, what is refused."""

from typing import Any

import httpx2
import pytest

from examples.store.service import STORE
from tests.examples.conftest import Browser, Time
from tests.examples.issuer import Issuer, key


def test_a_customer_signs_in(store: Browser, issuer: Issuer) -> None:
    page = store.sign_in()
    assert page.status_code == 200
    assert '<code id="sub">s-anna</code>' in page.text
    assert '<strong id="customer-name">Анна &lt;b&gt;Ким&lt;/b&gt;</strong>' in page.text
    assert "anna@mail.ru" in page.text
    assert 'id="signin"' not in page.text


@pytest.mark.rule("RFC 7636", "4.2", "the request carries an S256 challenge, the exchange its verifier")
@pytest.mark.rule("OIDC Core", "3.1.2.1", "every request has its own state and nonce")
def test_each_request_has_its_own_state_nonce_and_challenge(store: Browser, issuer: Issuer) -> None:
    store.sign_in()
    store.sign_in()
    first, second = issuer.calls("/somewhere/authorize")
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]
    assert first["code_challenge_method"] == "S256"
    assert first["response_type"] == "code"
    exchange = issuer.calls("/somewhere/token")[0]
    assert len(exchange["code_verifier"]) >= 43
    assert exchange["auth"] == "basic:client"
    assert "client_secret" not in exchange


def test_it_comes_back_to_the_page_it_left(store: Browser) -> None:
    assert store.sign_in("/signin?next=/product/kettle").request.path == "/product/kettle"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "/%0d%0aX: y", "javascript:1", "/a?b=//c"],
)
def test_it_comes_back_to_no_other_place(store: Browser, target: str) -> None:
    assert store.sign_in(f"/signin?next={target}").request.path == "/"


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"nonce": "another"}, {}),
        ({"nonce": None}, {}),
        ({"iss": "https://evil.example"}, {}),
        ({"iss": None}, {}),
        ({"aud": "another"}, {}),
        ({"aud": None}, {}),
        ({"exp": 1}, {}),
        ({"exp": None}, {}),
        ({"iat": 99_999_999_999}, {}),
        ({"sub": None}, {}),
        ({"sub": 7}, {}),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, {}),
        ({"azp": "another"}, {}),
        ({}, {"alg": "PS256"}),
        ({}, {"alg": "RS512"}),
        ({}, {"alg": "none"}),
    ],
)
@pytest.mark.rule(
    "OIDC Core", "3.1.3.7", "an ID token that is not ours, not now or not asked for lets nobody in"
)
def test_a_wrong_id_token_lets_nobody_in(
    store: Browser, issuer: Issuer, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    issuer.claims, issuer.header = claims, header
    page = store.sign_in()
    assert page.status_code == 400
    assert 'data-kind="untrusted"' in page.text
    assert 'id="signin"' in store.get("/").text


def test_a_foreign_signature_lets_nobody_in(store: Browser, issuer: Issuer) -> None:
    issuer.key = key("k1", 1)
    assert 'data-kind="untrusted"' in store.sign_in().text


@pytest.mark.rule("OIDC Core", "10.1.1", "a key that is new to us is fetched, and not again for each token")
def test_a_rotated_key_is_learnt(store: Browser, issuer: Issuer, now: Time) -> None:
    store.sign_in()
    issuer.key = key("k2")
    issuer.published.append(issuer.key)
    assert 'data-kind="untrusted"' in store.sign_in().text  # asked for only a moment ago
    now.offset = 31
    assert 'id="sub"' in store.sign_in().text
    assert len(issuer.calls("/keys")) == 2


@pytest.mark.parametrize("iss", ["https://evil.example", None])
@pytest.mark.rule(
    "RFC 9207", "2.4", "an answer of another issuer, or of none where one was promised, is refused"
)
def test_an_answer_of_another_issuer_is_refused(store: Browser, issuer: Issuer, iss: str | None) -> None:
    issuer.answer = {"iss": iss}
    assert 'data-kind="untrusted"' in store.sign_in().text
    assert issuer.calls("/somewhere/token") == []


@pytest.mark.rule("OIDC Discovery", "4.3", "a document that names another issuer is not used")
def test_a_document_of_another_issuer_is_not_used(store: Browser, issuer: Issuer) -> None:
    issuer.metadata = {"issuer": "https://evil.example"}
    assert store.get("/signin").status_code == 503


@pytest.mark.rule("OIDC Core", "5.3.2", "userinfo of somebody else is refused")
def test_userinfo_of_somebody_else_is_refused(store: Browser, issuer: Issuer) -> None:
    issuer.userinfo_sub = "s-boris"
    assert 'data-kind="untrusted"' in store.sign_in().text


@pytest.mark.rule("RFC 6749", "10.12", "an answer counts only in the browser that asked, and once")
def test_an_answer_of_another_browser_is_refused(browser_of: Any, issuer: Issuer) -> None:
    attacker = browser_of(STORE)
    victim = Browser(attacker.app)
    victim.get("/signin")
    url = attacker.get("/signin").location
    callback = httpx2.get(url, trust_env=False).headers["Location"].removeprefix("http://localhost:8200")
    assert victim.get(callback).status_code == 400
    assert Browser(attacker.app).get(callback).status_code == 400
    assert attacker.get(callback).status_code == 303
    again = attacker.get(callback)
    assert (again.status_code, again.location) == (303, "/")
    assert len(issuer.calls("/somewhere/token")) == 1


def test_who_declines_has_not_signed_in_and_finds_back(store: Browser, issuer: Issuer) -> None:
    issuer.error = "access_denied"
    page = store.sign_in()
    assert page.status_code == 200
    assert "You did not sign in" in page.text
    assert '<a class="button" id="again" href="/signin">' in page.text
    assert 'id="back" href="/">' in page.text
    assert 'id="signin"' in page.text


def test_another_error_is_named_without_its_markup(store: Browser, issuer: Issuer) -> None:
    issuer.error = "<script>x"
    page = store.sign_in()
    assert page.status_code == 400
    assert "MostID refused: scriptx." in page.text


def test_a_provider_that_is_down_is_said_to_be(store: Browser, issuer: Issuer) -> None:
    issuer.down = True
    page = store.get("/signin")
    assert page.status_code == 503
    assert "MostID is not answering" in page.text
    issuer.down = False
    assert 'id="sub"' in store.sign_in().text


@pytest.mark.rule("OIDC Core", "4", "a sign-in may begin at the issuer, and at no other one")
def test_a_sign_in_may_begin_at_the_issuer(store: Browser, issuer: Issuer) -> None:
    assert store.get(f"/signin?iss={issuer.url}").status_code == 303
    assert store.get("/signin?iss=https://evil.example").status_code == 400


def test_the_session_changes_at_sign_in_and_its_cookie_is_shut(store: Browser) -> None:
    begun = store.get("/signin").headers["Set-Cookie"]
    store.client.set_cookie("store_session", "planted", domain="localhost")
    store.sign_in()
    cookie = store.client.get_cookie("store_session", "localhost")
    assert cookie is not None
    assert cookie.value not in {"planted", begun.partition("=")[2].partition(";")[0]}
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.path == "/"
