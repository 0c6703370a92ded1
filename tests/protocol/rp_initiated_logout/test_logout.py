"""OpenID Connect RP-Initiated Logout 1.0, in the order of its sections."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service, answered
from tests.html import PageForm, read
from tests.provider.forgery import foreign_signed, tampered, unsigned
from tests.provider.tokens import claims, dead, tokens

BACK = "http://localhost:8200/signed-out"


@pytest.fixture
def shop(deployment: Deployment) -> Service:
    return deployment.register("shop", post_logout_redirect_uris=[BACK, BACK + "?from=mostid"])


@pytest.fixture
def hint(deployment: Deployment, browser: Browser, shop: Service) -> str:
    """The ID token of a browser that is signed in, and in the shop."""
    deployment.sign_in(browser)
    return str(tokens(browser, shop)["id_token"])


def logout(browser: Browser, **fields: str) -> TestResponse:
    return browser.get(f"/logout?{urlencode(fields)}")


def question(answer: TestResponse) -> PageForm:
    """The form of the page that asks whether to sign out."""
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    return read(answer).form("/logout")


def decide(browser: Browser, form: PageForm, decision: str) -> TestResponse:
    return browser.post("/logout", data=form.filled(decision=decision))


def is_in(browser: Browser, service: Service) -> bool:
    return "code" in answered(browser.authorize(service, prompt="none"))


@pytest.mark.sr("SR-091")
@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "a hint that names the session of this browser signs it out at once"
)
@pytest.mark.parametrize("back", [BACK, BACK + "?from=mostid"])
@pytest.mark.parametrize("state", [None, "a b&c=мост"])
def test_a_good_request(browser: Browser, shop: Service, hint: str, back: str, state: str | None) -> None:
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": back} | ({"state": state} if state else {})
    answer = logout(browser, **fields)
    assert answer.location.startswith(back)
    got = answered(answer)
    assert got.get("state") == state
    assert not is_in(browser, shop)
    assert answered(browser.authorize(shop, prompt="none"))["error"] == "login_required"


@pytest.mark.rule("OIDC RP-Initiated Logout", "2", "an expired ID token is a good hint")
def test_an_expired_hint(deployment: Deployment, browser: Browser, shop: Service, hint: str) -> None:
    deployment.clock_file.advance(86_400)
    assert logout(browser, id_token_hint=hint, post_logout_redirect_uri=BACK).location == BACK
    assert not is_in(browser, shop)


@pytest.mark.rule("OIDC RP-Initiated Logout", "2", "a request may be POSTed")
def test_a_posted_request(deployment: Deployment, browser: Browser, shop: Service, hint: str) -> None:
    """The browser sends none of our cookies with a foreign form: they come with the GET that follows."""
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s"}
    headers = {"Origin": "http://localhost:8200", "Sec-Fetch-Site": "cross-site"}
    answer = deployment.client().post("/logout", data=fields, headers=headers)
    assert answer.status_code == 303
    assert hint not in answer.location
    assert hint.split(".")[1] not in answer.location
    assert is_in(browser, shop)
    assert browser.get(answer.location).location == f"{BACK}?state=s"
    assert not is_in(browser, shop)


@pytest.mark.sr("SR-091")
def test_a_posted_request_that_is_old_or_spoilt_asks(
    deployment: Deployment, browser: Browser, shop: Service, hint: str
) -> None:
    location = browser.post(
        "/logout", data={"id_token_hint": hint, "post_logout_redirect_uri": BACK}
    ).location
    question(browser.get(location[:-3]))
    question(browser.get("/logout?request=x"))
    deployment.clock_file.advance(601)
    question(browser.get(location))
    assert is_in(browser, shop)


UNREGISTERED = (
    "https://evil.example/", "http://localhost:8200/signed-out/", "http://localhost:8200/Signed-out", "//evil.example",
    BACK + "?x=1", BACK + "#", BACK + "?from=mostid&x", "http://localhost:8201/signed-out", "javascript:alert(1)", "/",
)  # fmt: skip


@pytest.mark.sr("SR-091", "SR-123")
@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "3", "an address that is not exactly a registered one is never gone to"
)
def test_an_address_that_is_not_registered(browser: Browser, shop: Service, hint: str) -> None:
    for uri in UNREGISTERED:
        for fields in ({"id_token_hint": hint}, {"client_id": shop.client_id}, {}):
            form = question(logout(browser, post_logout_redirect_uri=uri, **fields))
            assert is_in(browser, shop)
    done = decide(browser, form, "allow")
    assert (done.status_code, "Location" in done.headers) == (200, False)
    for uri in UNREGISTERED:
        assert logout(browser, post_logout_redirect_uri=uri, id_token_hint=hint).status_code == 200


@pytest.mark.sr("SR-091")
@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "a hint that is not ours counts for nothing: the person is asked"
)
@pytest.mark.parametrize("spoil", [unsigned, tampered, foreign_signed, lambda hint: "x"])
def test_a_bad_hint(browser: Browser, shop: Service, hint: str, spoil: Callable[[str], str]) -> None:
    form = question(logout(browser, id_token_hint=spoil(hint), post_logout_redirect_uri=BACK, state="s"))
    assert is_in(browser, shop)
    done = decide(browser, form, "allow")
    assert (done.status_code, "Location" in done.headers) == (200, False)
    assert not is_in(browser, shop)


@pytest.mark.sr("SR-091")
def test_an_access_token_is_no_hint(browser: Browser, shop: Service, hint: str) -> None:
    access = str(tokens(browser, shop)["access_token"])
    question(logout(browser, id_token_hint=access, post_logout_redirect_uri=BACK))
    assert is_in(browser, shop)


@pytest.mark.sr("SR-091")
@pytest.mark.rule("OIDC RP-Initiated Logout", "2", "client_id must be the one that the hint was given to")
def test_a_hint_of_another_client(deployment: Deployment, browser: Browser, shop: Service, hint: str) -> None:
    other = deployment.register("other", post_logout_redirect_uris=["https://other.example/out"])
    question(logout(browser, id_token_hint=hint, client_id=other.client_id))
    question(logout(browser, id_token_hint=hint, post_logout_redirect_uri="https://other.example/out"))
    assert is_in(browser, shop)


@pytest.mark.sr("SR-091", "SR-085")
@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "2", "without a hint the person is asked; a bare GET signs nobody out"
)
@pytest.mark.parametrize(
    "fields", [{}, {"state": "s"}, {"client_id": "shop"}, {"client_id": "nobody"}, {"logout_hint": "x"}]
)
def test_without_a_hint(browser: Browser, shop: Service, hint: str, fields: dict[str, str]) -> None:
    form = question(logout(browser, **fields))
    assert is_in(browser, shop)
    done = decide(browser, form, "allow")
    assert read(done).title == "Вы вышли · MostID"
    assert not is_in(browser, shop)


@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "3", "with client_id alone the person is asked and then goes back"
)
def test_back_to_a_client_that_only_says_its_name(browser: Browser, shop: Service, hint: str) -> None:
    page = logout(browser, client_id=shop.client_id, post_logout_redirect_uri=BACK, state="s")
    assert "Витрина" in page.text
    assert "http://localhost:8200" in page.headers["Content-Security-Policy"]
    assert decide(browser, question(page), "allow").location == f"{BACK}?state=s"
    assert not is_in(browser, shop)


@pytest.mark.rule(
    "OIDC RP-Initiated Logout",
    "2",
    "logout_hint names the session or the person; what it contradicts is asked about",
)
def test_a_logout_hint(deployment: Deployment, browser: Browser, shop: Service, hint: str) -> None:
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": BACK}
    said = claims(hint)
    for other in ("maria@mail.ru", said["sub"][:-1], said["sid"].swapcase(), "x" * 2_000):
        form = question(logout(browser, logout_hint=other, **fields))
        assert is_in(browser, shop)
    assert decide(browser, form, "allow").location == BACK
    for name in ("sub", "sid"):
        deployment.sign_in(browser)
        fields["id_token_hint"] = str(tokens(browser, shop)["id_token"])
        assert logout(browser, logout_hint=claims(fields["id_token_hint"])[name], **fields).location == BACK
        assert not is_in(browser, shop)


def test_a_logout_hint_alone_proves_and_reveals_nothing(browser: Browser, shop: Service, hint: str) -> None:
    """Whoever it names, the page is the same."""
    pages = [logout(browser, client_id="shop", logout_hint=text) for text in (claims(hint)["sub"], "z" * 36)]
    assert is_in(browser, shop)
    texts = {read(page).title + "".join(question(page).fields) for page in pages}
    assert len(texts) == 1


@pytest.mark.sr("SR-091")
def test_a_hint_of_another_session_asks(
    deployment: Deployment, browser: Browser, shop: Service, hint: str
) -> None:
    """An old ID token, of the same person or another: whoever is here now decides."""
    for subject in ("1", "2"):
        other = deployment.client()
        deployment.sign_in(other, subject)
        question(logout(other, id_token_hint=hint, post_logout_redirect_uri=BACK))
        assert is_in(other, shop)


def test_whoever_says_no_stays(deployment: Deployment, browser: Browser, shop: Service, hint: str) -> None:
    before = deployment.rows("sessions")
    for decision in ("deny", "", "yes", "ALLOW"):
        answer = decide(browser, question(logout(browser)), decision)
        assert answer.status_code == 200
        assert "Set-Cookie" not in {name for name, value in answer.headers if "mostid_sid" in value}
    assert is_in(browser, shop)
    assert deployment.rows("sessions") == before


@pytest.mark.sr("SR-085")
def test_an_answer_that_our_page_did_not_send_is_not_taken(
    deployment: Deployment, browser: Browser, shop: Service, hint: str
) -> None:
    foreign = question(logout(_signed_in(deployment)))
    for fields in ({}, {"csrf_token": "x"}, {"csrf_token": foreign.fields["csrf_token"]}):
        assert browser.post("/logout", data={"decision": "allow"} | fields).status_code == 400
    own = question(logout(browser)).filled(decision="allow")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.post("/logout", data=own, headers=headers).status_code == 403
    assert is_in(browser, shop)


def _signed_in(deployment: Deployment) -> Browser:
    browser = deployment.client()
    deployment.sign_in(browser, "9")
    return browser


@pytest.mark.rule("OIDC RP-Initiated Logout", "2", "whoever is not signed in is led back by a good hint")
def test_nobody_is_signed_in(deployment: Deployment, shop: Service, hint: str) -> None:
    stranger = deployment.client()
    assert logout(stranger, id_token_hint=hint, post_logout_redirect_uri=BACK).location == BACK
    page = logout(stranger)
    assert read(page).title == "Вы вышли · MostID"
    assert 'id="continue"' not in page.text


@pytest.mark.sr("SR-091")
@pytest.mark.rule(
    "OIDC RP-Initiated Logout", "3", "without a good hint nobody is redirected before they chose to go on"
)
def test_nobody_is_signed_in_and_nothing_proves_who_asks(
    deployment: Deployment, shop: Service, hint: str
) -> None:
    stranger = deployment.client()
    fields = {"client_id": shop.client_id, "post_logout_redirect_uri": BACK, "state": "s"}
    posted = stranger.post("/logout", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    for page in (logout(stranger, **fields), stranger.get(posted.location)):
        assert (page.status_code, "Location" in page.headers) == (200, False)
        assert read(page).title == "Вы вышли · MostID"
        assert f'id="continue" href="{BACK}?state=s"' in page.text
    foreign = logout(stranger, **fields | {"post_logout_redirect_uri": "https://evil.example/"})
    spoilt = logout(stranger, **fields | {"id_token_hint": unsigned(hint)})
    for page in (foreign, spoilt):
        assert (page.status_code, "Location" in page.headers, 'id="continue"' in page.text) == (
            200,
            False,
            False,
        )


def test_the_address_of_a_disabled_client_is_not_gone_to(
    deployment: Deployment, browser: Browser, shop: Service, hint: str
) -> None:
    deployment.disable(shop)
    deployment.clock_file.advance(2)
    question(logout(browser, id_token_hint=hint, post_logout_redirect_uri=BACK))


def test_signing_out_ends_what_services_have_and_leaves_word(
    deployment: Deployment, browser: Browser, shop: Service, hint: str
) -> None:
    """Of MostID and of every service of this session; sessions elsewhere go on."""
    second = deployment.register("second", client_name="Площадь")
    given = [tokens(browser, service) for service in (shop, second)]
    elsewhere = deployment.client()
    deployment.sign_in(elsewhere)
    page = decide(browser, question(logout(browser)), "allow")
    assert "Витрина" in page.text
    assert "Площадь" in page.text
    assert dead(browser, shop, given[0])
    assert dead(browser, second, given[1])
    told = {(row.kind, row.client_id) for row in deployment.rows("outbox")}
    assert told == {("session.ended", "shop"), ("session.ended", "second")}
    assert [row.kind for row in deployment.rows("audit") if row.kind == "session.ended"] == ["session.ended"]
    assert is_in(elsewhere, shop)


@pytest.mark.sr("SR-093", "SR-082")
def test_nothing_of_the_session_is_left_in_the_browser(browser: Browser, shop: Service, hint: str) -> None:
    old = browser.cookie("sid") or ""
    page = decide(browser, question(logout(browser)), "allow")
    assert browser.cookie("sid") is None
    assert page.headers["Cache-Control"] == "no-store"
    browser.put_cookie("sid", old)
    assert not is_in(browser, shop)


@pytest.mark.rule("OIDC RP-Initiated Logout", "2", "ui_locales choose the language of the pages")
def test_the_language_of_the_pages(browser: Browser, shop: Service, hint: str) -> None:
    page = logout(browser, ui_locales="en", state="s")
    assert '<html lang="en">' in page.text
    assert '<html lang="en">' in decide(browser, question(page), "allow").text


def test_the_question_can_be_read_in_the_other_language(browser: Browser, shop: Service, hint: str) -> None:
    page = logout(browser, client_id="shop", post_logout_redirect_uri=BACK)
    switch = next(link for link in read(page).links.values() if "lang=en" in link)
    english = browser.get(switch)
    assert "Sign out of MostID?" in english.text
    assert decide(browser, question(english), "allow").location == BACK
