"""A request that waits while its person signs in: frozen, of one browser, and never a dead end."""

import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from app.sessions.ask import LONGEST
from tests.deployment import Browser, Deploy, Deployment, Service, answered
from tests.html import read
from tests.provider.tokens import exchange

STEPS = ("/signin", "/signin/phone", "/signin/phone/code", "/signin/phone/push", "/consent", "/authorize")
FORMS = (
    "/signin",
    "/signin/phone",
    "/signin/phone/code",
    "/signin/phone/push",
    "/signin/phone/handed-over",
    "/consent",
)


def ask_of(answer: TestResponse) -> str:
    """The ask that a redirect to one of our pages carries."""
    return parse_qs(urlsplit(answer.location).query)["ask"][0]


def continued(page: TestResponse) -> dict[str, str]:
    """Where the button of an expired page leads."""
    link = urlsplit(read(page).links["continue"])
    assert (link.scheme, link.netloc, link.path) == ("", "", "/authorize")
    return {name: values[0] for name, values in parse_qs(link.query).items()}


@pytest.mark.sr("SR-015")
def test_an_ask_is_of_no_use_in_another_browser(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """What was copied can be continued as one's own request, from its beginning, and not otherwise."""
    ask = ask_of(browser.authorize(store))
    other = deployment.client()
    deployment.sign_in(other)
    for path in STEPS:
        page = other.get(f"{path}?{urlencode({'ask': ask})}")
        assert page.status_code == 400, path
        assert continued(page) == store.request()
        assert ask not in page.text.replace(f"ask={ask}&amp;lang=", "")
    for path in FORMS:
        token = read(other.follow(other.authorize(store, prompt="login"))).forms[0].fields["csrf_token"]
        sent = {"ask": ask, "csrf_token": token, "decision": "allow", "way": "phone", "phone": "+79201234567"}
        assert other.post(path, data=sent).status_code == 400, path
    assert deployment.rows("number_counters") == []


@pytest.mark.sr("SR-015")
def test_an_ask_of_a_browser_that_lost_its_cookies_is_continued(browser: Browser, store: Service) -> None:
    ask = ask_of(browser.authorize(store))
    browser.delete_cookie("mostid_browser", domain="localhost")
    page = browser.get(f"/signin?{urlencode({'ask': ask})}")
    assert "Витрина" in page.text
    assert browser.follow(browser.get(read(page).links["continue"])).status_code == 200


@pytest.mark.sr("SR-016")
def test_no_letter_of_an_ask_can_be_changed(deployment: Deployment, browser: Browser, store: Service) -> None:
    ask = ask_of(browser.authorize(store, prompt="login"))
    deployment.sign_in(browser)
    changed = [ask[:at] + ("A" if ask[at] != "A" else "B") + ask[at + 1 :] for at in range(0, len(ask), 7)]
    for text in (
        *changed,
        ask[:-1],
        ask + "A",
        ask[4:],
        "",
        "x",
        ask.swapcase(),
        "AQ" * 900,
        "я",
        "A" * 8000,
    ):
        page = browser.get(f"/authorize?{urlencode({'ask': text})}")
        assert page.status_code == 400
        assert "continue" not in read(page).links


@pytest.mark.sr("SR-016")
def test_what_is_sent_beside_an_ask_changes_nothing(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    evil = deployment.register("evil", redirect_uris=["https://evil.example/cb"])
    ask = ask_of(browser.authorize(store, scope="openid"))
    deployment.sign_in(browser)
    more = evil.request(scope="openid email phone", state="other", prompt="none", response_type="token")
    answer = browser.get(f"/authorize?{urlencode(more | {'ask': ask})}")
    assert answer.location.startswith(store.redirect_uri)
    assert answered(answer)["state"] == "the state"
    given = exchange(browser, store, answered(answer)["code"])
    assert given.json["scope"] == "openid"


@pytest.mark.sr("SR-016")
def test_an_ask_of_the_past_is_checked_against_the_present(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    ask = ask_of(browser.authorize(store, scope="openid email"))
    deployment.sign_in(browser)
    deployment.change(store, allowed_scopes=["openid"])
    code = answered(browser.get(f"/authorize?{urlencode({'ask': ask})}"))["code"]
    given = exchange(browser, store, code)
    assert given.json["scope"] == "openid"
    deployment.change(store, redirect_uris=["https://moved.example/cb"])
    assert browser.get(f"/authorize?{urlencode({'ask': ask})}").status_code == 400


@pytest.mark.sr("SR-057")
def test_a_client_that_was_disabled_meanwhile_gets_nobody(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    ask = ask_of(browser.authorize(store))
    deployment.sign_in(browser)
    deployment.disable(store)
    deployment.clock_file.advance(2)
    for path in STEPS:
        page = browser.get(f"{path}?{urlencode({'ask': ask})}")
        assert (page.status_code, "continue" in read(page).links) == (400, False)


@pytest.mark.parametrize("path", STEPS)
def test_an_old_step_leads_on_to_the_same_service(
    deployment: Deployment, browser: Browser, store: Service, path: str
) -> None:
    asked: dict[str, str | None] = {
        "state": "мост & <b>",
        "prompt": "login",
        "ui_locales": "en",
        "login_hint": "+7",
    }
    ask = ask_of(browser.authorize(store, **asked))
    deployment.clock_file.advance(601)
    page = browser.get(f"{path}?{urlencode({'ask': ask})}")
    assert page.status_code == 400
    assert '<html lang="en">' in page.text
    assert continued(page) == store.request(**asked)
    assert browser.follow(browser.get(read(page).links["continue"])).status_code == 200
    deployment.clock_file.advance(30 * 86_400)
    page = browser.get(f"{path}?{urlencode({'ask': ask})}")
    assert (page.status_code, "continue" in read(page).links) == (400, False)


@pytest.mark.parametrize("path", ["/signin", "/authorize"])
def test_a_step_of_yesterday_has_the_service_ask_anew(
    deployment: Deployment, browser: Browser, path: str
) -> None:
    """It has forgotten its state by then; what it began itself it will know."""
    shop = deployment.register(initiate_login_uri="https://shop.example/login")
    ask = ask_of(browser.authorize(shop))
    deployment.clock_file.advance(7 * 3600)
    page = browser.get(f"{path}?{urlencode({'ask': ask})}")
    assert read(page).links["continue"] == "https://shop.example/login?iss=http%3A%2F%2Flocalhost%3A8000"


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "a request may be POSTed: it goes on by GET, where the browser sends its cookies"
)
@pytest.mark.sr("SR-011")
def test_a_posted_request(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    cross_site = (
        deployment.client()
    )  # SameSite=Lax: the browser sends none of our cookies with a foreign form
    headers = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    answer = cross_site.post("/authorize", data=store.request(), headers=headers)
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    assert "code" in answered(browser.get(answer.location))
    stranger = deployment.client()
    assert stranger.get(answer.location).location.startswith("/signin?ask=")
    silent = cross_site.post("/authorize", data=store.request(prompt="none"), headers=headers)
    assert answered(stranger.get(silent.location))["error"] == "login_required"


def test_a_posted_request_with_faults(browser: Browser, store: Service) -> None:
    assert answered(browser.post("/authorize", data=store.request(scope="x")))["error"] == "invalid_scope"
    assert (
        browser.post("/authorize", data=store.request(redirect_uri="https://evil.example")).status_code == 400
    )
    assert browser.post("/authorize").status_code == 400


def test_a_head_request_is_answered_as_a_get_is(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    path = f"/authorize?{urlencode(store.request())}"
    answer = browser.head(path)
    assert (answer.status_code, answer.data) == (303, b"")
    assert answer.location.startswith("/signin?ask=")
    deployment.sign_in(browser)
    assert "code" in answered(browser.head(path))
    bad = browser.head(f"/authorize?{urlencode(store.request(redirect_uri='x'))}")
    assert (bad.status_code, bad.data) == (400, b"")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_not_for_this_address(browser: Browser, method: str) -> None:
    answer = browser.open("/authorize", method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def large(service: Service) -> dict[str, str | None]:
    """A request that nothing makes small."""
    return {"state": secrets.token_urlsafe(768), "nonce": secrets.token_urlsafe(768)}


def test_a_request_too_large_to_travel_waits_in_the_store(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    asked = large(store)
    answer = browser.authorize(store, **asked)
    ask = ask_of(answer)
    assert len(ask) <= LONGEST
    assert browser.follow(answer).status_code == 200
    deployment.sign_in(browser)
    got = answered(browser.get(f"/authorize?{urlencode({'ask': ask})}"))
    assert got["state"] == asked["state"]
    given = exchange(browser, store, got["code"])
    assert given.status_code == 200


def test_losing_the_store_loses_only_the_request(deploy: Deploy) -> None:
    deployment = deploy()
    store, browser = deployment.register(), deployment.client()
    ask = ask_of(browser.authorize(store, **large(store)))
    (deployment.settings.data_dir / "ephemeral.db").unlink()
    again = deploy(data_dir=deployment.settings.data_dir)
    other = again.client()
    other.put_cookie("browser", browser.cookie("browser") or "")
    page = other.get(f"/signin?{urlencode({'ask': ask})}")
    assert (page.status_code, "continue" in read(page).links) == (400, False)


def test_one_address_begins_so_many_journeys_a_minute(deployment: Deployment, store: Service) -> None:
    most = deployment.settings.limits.signin_starts_per_address_minute
    path = f"/authorize?{urlencode(store.request())}"
    deployment.clock_file.advance(60 - deployment.clock.now() / 1000 % 60)  # to the beginning of a minute
    statuses = [_from(deployment, "203.0.113.9", path).status_code for _ in range(most + 2)]
    assert statuses == [303] * most + [429] * 2
    busy = _from(deployment, "203.0.113.9", path)
    assert (busy.content_type, busy.headers["Retry-After"]) == ("text/html; charset=utf-8", "30")
    posted = deployment.client().post(
        "/authorize", data=store.request(), environ_overrides={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert posted.status_code == 429
    assert _from(deployment, "203.0.113.10", path).status_code == 303
    signed_in = deployment.client()
    deployment.sign_in(signed_in)
    assert "code" in answered(signed_in.get(path, environ_overrides={"REMOTE_ADDR": "203.0.113.9"}))
    deployment.clock_file.advance(61)
    assert _from(deployment, "203.0.113.9", path).status_code == 303


def _from(deployment: Deployment, address: str, path: str) -> TestResponse:
    return deployment.client().get(path, environ_overrides={"REMOTE_ADDR": address})


def test_the_whole_journey_can_be_read_in_the_other_language(browser: Browser, store: Service) -> None:
    for page in (browser.follow(browser.authorize(store)), browser.authorize(store, redirect_uri="x")):
        assert '<html lang="ru">' in page.text
        switch = next(link for link in read(page).links.values() if "lang=en" in link)
        english = browser.get(switch)
        assert (english.status_code, '<html lang="en">' in english.text) == (page.status_code, True)
        browser.delete_cookie("mostid_lang", domain="localhost")
