"""Who is asked what, and when: prompt, max_age, hints, acr_values, with and without a session."""

import base64
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.deployment import FED, PHONE, Browser, Deployment, Service, answered
from tests.html import read
from tests.provider.tokens import claims, exchange, tokens

TABLES = (
    "sessions",
    "grants",
    "consents",
    "audit",
    "outbox",
    "identities",
    "links",
    "attributes",
    "number_counters",
)


def id_token(browser: Browser, service: Service, **changed: str) -> dict[str, Any]:
    return claims(tokens(browser, service, **changed)["id_token"])


def everything(deployment: Deployment) -> list[object]:
    return [deployment.rows(table) for table in TABLES]


def goes_to(browser: Browser, service: Service, **changed: str | None) -> str:
    """Which page comes first; "service" where none does."""
    answer = browser.authorize(service, **changed)
    assert answer.status_code == 303
    return answer.location.partition("?")[0] if answer.location.startswith("/") else "service"


@pytest.mark.sr("SR-018")
@pytest.mark.rule("OIDC Core", "3.1.2.6", "prompt=none answers login_required where nobody is signed in")
def test_none_without_a_session(deployment: Deployment, store: Service) -> None:
    for browser in (deployment.client(), _with_dead_cookie(deployment)):
        before = everything(deployment)
        state = "s" * 128
        got = answered(browser.authorize(store, prompt="none", state=state))
        assert (got["error"], got["state"]) == ("login_required", state)
        assert everything(deployment) == before
        assert browser.cookie("sid") in {None, "dead"}


def _with_dead_cookie(deployment: Deployment) -> Browser:
    browser = deployment.client()
    browser.put_cookie("browser", "b" * 22)
    browser.put_cookie("sid", "dead")
    return browser


@pytest.mark.sr("SR-018", "SR-017")
@pytest.mark.rule("OIDC Core", "3.1.2.6", "prompt=none answers consent_required where consent is missing")
def test_none_without_consent(deployment: Deployment, browser: Browser, merchant: Service) -> None:
    deployment.sign_in(browser)
    before = everything(deployment)
    assert answered(browser.authorize(merchant, prompt="none"))["error"] == "consent_required"
    assert everything(deployment) == before


@pytest.mark.sr("SR-018")
@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "prompt=none gives a code without a page, with the same sub and auth_time"
)
def test_none_with_a_session(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    first = id_token(browser, store)
    deployment.clock_file.advance(100)
    before = deployment.rows("sessions")
    second = id_token(browser, store, prompt="none")
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])
    assert deployment.rows("sessions") == before


@pytest.mark.sr("SR-018")
@pytest.mark.parametrize("more", ["login", "consent", "select_account", "login consent"])
@pytest.mark.rule("OIDC Core", "3.1.2.1", "prompt=none together with another value is refused")
def test_none_stands_alone(deployment: Deployment, browser: Browser, store: Service, more: str) -> None:
    deployment.sign_in(browser)
    got = answered(browser.authorize(store, prompt=f"none {more}"))
    assert got["error"] == "invalid_request"
    assert answered(browser.authorize(store, prompt="register"))["error"] == "invalid_request"


@pytest.mark.sr("SR-018")
def test_none_that_would_need_a_new_proof_is_refused(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    deployment.clock_file.advance(10)
    for changed in ({"max_age": "5"}, {"max_age": "0"}):
        assert answered(browser.authorize(store, prompt="none", **changed))["error"] == "login_required"
    assert "code" in answered(browser.authorize(store, prompt="none", max_age="3600"))
    assert "code" in answered(browser.authorize(store, prompt="none", acr_values=PHONE))


@pytest.mark.sr("SR-019")
@pytest.mark.rule("OIDC Core", "3.1.2.1", "prompt=login asks for a new proof although a session exists")
@pytest.mark.parametrize(
    "changed",
    [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "login consent"}],
)
def test_a_new_proof_is_asked_for_and_nothing_less_is_enough(
    deployment: Deployment, browser: Browser, store: Service, changed: dict[str, str | None]
) -> None:
    deployment.sign_in(browser)
    old = id_token(browser, store)
    deployment.clock_file.advance(30)
    first = browser.authorize(store, **changed)
    assert first.location.startswith("/signin?ask=")
    waiting = first.location.replace("/signin", "/authorize", 1)
    assert browser.get(waiting).location.startswith("/signin?ask=")  # nothing was proved
    deployment.sign_in(browser)
    then = browser.get(waiting)
    if "consent" in (changed.get("prompt") or ""):
        assert then.location.startswith("/consent")
        return
    new = claims(exchange(browser, store, answered(then)["code"]).json["id_token"])
    assert new["auth_time"] >= old["auth_time"] + 30
    assert new["sub"] == old["sub"]


@pytest.mark.sr("SR-019")
@pytest.mark.rule("OIDC Core", "3.1.2.6", "a person who declines is answered with access_denied")
def test_who_turns_back_keeps_the_old_session_and_gives_nothing(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser)
    old, cookie = id_token(browser, store), browser.cookie("sid")
    deployment.clock_file.advance(30)
    before = everything(deployment)
    page = read(browser.follow(browser.authorize(store, prompt="login")))
    answer = browser.follow(browser.post("/signin", data=page.form("/signin").filled(decision="deny")))
    got = answered(answer)
    assert (got["error"], got["state"]) == ("access_denied", "the state")
    assert "code" not in got
    assert everything(deployment) == before
    assert browser.cookie("sid") == cookie
    assert id_token(browser, store)["auth_time"] == old["auth_time"]


@pytest.mark.sr("SR-019")
@pytest.mark.rule("OIDC Core", "3.1.2.1", "max_age asks again when the proof is older, and only then")
def test_max_age(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    at = id_token(browser, store)["auth_time"]
    assert id_token(browser, store, max_age="10000")["auth_time"] == at
    deployment.clock_file.advance(60)
    assert goes_to(browser, store, max_age="59") == "/signin"
    assert goes_to(browser, store, max_age="70") == "service"
    assert goes_to(browser, store, max_age="9999999999") == "service"
    assert id_token(browser, store, max_age="70")["auth_time"] == at


@pytest.mark.sr("SR-019")
@pytest.mark.rule("OIDC Core", "3.1.2.1", "the proof that a request asked for answers it for moments only")
@pytest.mark.parametrize(
    ("changed", "lasts"),
    [
        ({"prompt": "login"}, 120),
        ({"max_age": "0"}, 120),
        ({"prompt": "login", "max_age": "60"}, 120),
        ({"prompt": "login", "max_age": "200"}, 200),
    ],
)
def test_an_address_of_ours_that_is_visited_again(
    deployment: Deployment, browser: Browser, store: Service, changed: dict[str, str | None], lasts: int
) -> None:
    first = browser.authorize(store, **changed)
    waiting = first.location.replace("/signin", "/authorize", 1)
    for _ in range(2):  # and asked again, it is answered again
        deployment.sign_in(browser)
        deployment.clock_file.advance(lasts - 10)
        assert "code" in answered(browser.get(waiting))
        deployment.clock_file.advance(15)
        assert browser.get(waiting).location.startswith("/signin?ask=")


@pytest.mark.rule("OIDC Core", "3.1.2.1", "who reads long what is asked signs in once more, and decides once")
def test_a_long_look_at_the_consent_page(deployment: Deployment, browser: Browser, merchant: Service) -> None:
    first = browser.authorize(merchant, prompt="login", max_age="30")
    waiting = first.location.replace("/signin", "/authorize", 1)
    deployment.sign_in(browser)
    form = read(browser.follow(browser.get(waiting))).form("/consent")
    deployment.clock_file.advance(200)
    after = browser.post("/consent", data=form.filled(decision="allow"))
    again = browser.get(after.location)
    assert again.location.startswith("/signin?ask=")
    deployment.sign_in(browser)
    assert "code" in answered(browser.get(again.location.replace("/signin", "/authorize", 1)))


@pytest.mark.sr("SR-019")
def test_max_age_is_reckoned_as_the_service_will(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    """auth_time is told in whole seconds: what a service would find too old is never issued."""
    deployment.sign_in(browser)
    at = id_token(browser, store)["auth_time"]
    for _ in range(20):
        deployment.clock_file.advance(0.25)
        before = deployment.clock.now() / 1000
        if goes_to(browser, store, max_age="2") == "service":
            assert before - at <= 2.1


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "1e3", " 1", "٣", "99999999999", "0x10"])
def test_a_max_age_that_is_no_number_is_refused(browser: Browser, store: Service, value: str) -> None:
    assert answered(browser.authorize(store, max_age=value))["error"] == "invalid_request"


@pytest.mark.rule("OIDC Core", "3.1.2.1", "prompt=consent asks for consent, of our own services too")
def test_consent_can_be_asked_for(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    assert goes_to(browser, store) == "service"
    assert goes_to(browser, store, prompt="consent") == "/consent"


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "acr_values are a wish: asked for once, then answered with what there is"
)
def test_a_level_is_asked_for_once(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    assert goes_to(browser, store, acr_values=FED) == "service"
    assert goes_to(browser, store, acr_values=f"{PHONE} {FED}") == "service"
    assert goes_to(browser, store, acr_values="urn:mostid:acr:3 urn:unknown phr") == "service"
    first = browser.authorize(store, acr_values=PHONE)
    assert first.location.startswith("/signin")
    deployment.sign_in(browser)  # by Mail.ru again
    assert "code" in answered(browser.get(first.location.replace("/signin", "/authorize", 1)))


@pytest.mark.sr("SR-079")
def test_a_phone_proof_satisfies_its_level(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser, "+79201234567", provider="phone", claims={}, acr=PHONE)
    got = id_token(browser, store, acr_values=PHONE)
    assert (got["acr"], got["amr"]) == (PHONE, ["sms", "otp"])


@pytest.mark.sr("SR-020")
def test_a_login_hint_tells_nothing(deployment: Deployment, store: Service) -> None:
    deployment.sign_in(deployment.client(), "+79201234567", provider="phone", claims={}, acr=PHONE)
    pages = []
    for hint in ("+79201234567", "+79209999999"):
        browser = deployment.client()
        browser.put_cookie("browser", "b" * 22)
        page = browser.follow(browser.authorize(store, login_hint=hint))
        form = read(page).form("/signin")
        phone = browser.follow(browser.post("/signin", data=form.filled(way="phone")))
        assert phone.status_code == 200
        pages.append(
            [
                _bare(page.text, form.fields),
                _bare(phone.text, read(phone).forms[0].fields).replace(hint[2:], ""),
            ]
        )
    known, unknown = pages
    assert known[0] == unknown[0]
    assert _without_number(known[1]) == _without_number(unknown[1])


def _bare(text: str, fields: dict[str, str]) -> str:
    """A page without the values that differ for each visitor."""
    for value in fields.values():
        text = text.replace(value, "")
    return "\n".join(line for line in text.split("\n") if "ask=" not in line)


def _without_number(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if 'id="phone"' not in line)


@pytest.mark.rule("OIDC Core", "3.1.2.1", "an ID token hint is accepted with prompt=none, an expired one too")
def test_an_id_token_hint_of_the_person(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    hint = tokens(browser, store)["id_token"]
    for _ in range(2):
        assert "code" in answered(browser.authorize(store, prompt="none", id_token_hint=hint))
        deployment.clock_file.advance(3600)


@pytest.mark.sr("SR-020")
@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "a hint of somebody else is never answered with the person who is there"
)
def test_an_id_token_hint_of_somebody_else(deployment: Deployment, store: Service) -> None:
    maria, ivan = deployment.client(), deployment.client()
    deployment.sign_in(maria, "1")
    deployment.sign_in(ivan, "2")
    hint = tokens(maria, store)["id_token"]
    assert answered(ivan.authorize(store, prompt="none", id_token_hint=hint))["error"] == "login_required"
    first = ivan.authorize(store, id_token_hint=hint)
    assert first.location.startswith("/signin")
    waiting = first.location.replace("/signin", "/authorize", 1)
    deployment.sign_in(ivan, "2")  # the same person again
    assert answered(ivan.get(waiting))["error"] == "login_required"
    deployment.sign_in(ivan, "1")
    assert "code" in answered(ivan.get(waiting))


def test_a_hint_that_is_not_ours_is_refused(deployment: Deployment, browser: Browser, store: Service) -> None:
    other = deployment.register("other")
    deployment.sign_in(browser)
    good = tokens(browser, store)
    head, body, mark = good["id_token"].split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    forged = (f"{none}.{body}.", f"{head}.{body}.{mark[:-4]}AAAA", good["access_token"], "x", "a.b.c", "..")
    for hint in (*forged, tokens(browser, other)["id_token"]):
        got = answered(browser.authorize(store, prompt="none", id_token_hint=hint))
        assert got["error"] == "invalid_request"


@pytest.mark.rule(
    "OIDC Core", "3.1.2.1", "display, ui_locales, claims_locales and login_hint are taken as they come"
)
@pytest.mark.parametrize(
    "changed",
    [{"display": value} for value in ("page", "popup", "touch", "wap", "x")]
    + [
        {"ui_locales": "se fr-CA de"},
        {"claims_locales": "se"},
        {"login_hint": "a@b"},
        {"foo": "1"},
    ],
)
def test_wishes_that_mean_nothing_here_do_no_harm(
    deployment: Deployment, browser: Browser, store: Service, changed: dict[str, str]
) -> None:
    deployment.sign_in(browser)
    asked = store.request() | changed
    assert "code" in answered(browser.get(f"/authorize?{urlencode(asked)}"))


@pytest.mark.rule("OIDC Core", "3.1.2.1", "pages speak the first of ui_locales that we know")
@pytest.mark.parametrize(
    ("wish", "language"), [("en", "en"), ("de en-GB ru", "en"), ("ru-RU", "ru"), ("de", "ru")]
)
def test_the_service_may_wish_for_a_language(
    browser: Browser, store: Service, wish: str, language: str
) -> None:
    for changed in ({}, {"redirect_uri": "https://evil.example"}):
        page = browser.follow(browser.authorize(store, ui_locales=wish, **changed))
        assert f'<html lang="{language}">' in page.text


def test_a_blocked_person_is_asked_to_sign_in(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    person = deployment.sign_in(browser)
    deployment.set_status(person, "blocked")
    assert goes_to(browser, store) == "/signin"
    assert answered(browser.authorize(store, prompt="none"))["error"] == "login_required"
