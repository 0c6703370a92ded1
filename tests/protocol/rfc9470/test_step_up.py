"""RFC 9470: tokens say how and when their person proved who they are; userinfo may demand more, and says what to ask for."""

import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.clients import self_registration
from app.clients.metadata import BadMetadata
from app.clients.policy import Policy
from tests.deployment import FED, PHONE, Browser, Deployment, Service, answered
from tests.protocol.rfc9126.pushing import pushed, visit
from tests.provider.proofs import Holder, ask
from tests.provider.proofs import exchange as proved_exchange
from tests.provider.tokens import claims, exchange, introspect, refresh, tokens, userinfo

NUMBER = "+79201234567"
LONG = 3600
PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@pytest.fixture
def bank(deployment: Deployment) -> Service:
    """A service that is told of people who proved their phone within the hour."""
    return deployment.register("bank", userinfo_acr=PHONE, userinfo_max_age=LONG)


@pytest.fixture
def diary(deployment: Deployment) -> Service:
    """A service that is told of people who signed in within the hour, by whatever way."""
    return deployment.register("diary", userinfo_max_age=LONG, access_token_format="opaque")


def proved(deployment: Deployment, browser: Browser, acr: str) -> None:
    """One and the same person proves the phone, well or less well."""
    deployment.sign_in(browser, NUMBER, provider="phone", claims={"name": "Мария"}, acr=acr)


def challenge(answer: TestResponse, scheme: str = "Bearer") -> dict[str, str]:
    """The parameters of a refusal for want of authentication."""
    assert (answer.status_code, answer.json) == (401, {"error": "insufficient_user_authentication"}), (
        answer.text
    )
    assert answer.headers["Cache-Control"] == "no-store"
    name, _, rest = answer.headers["WWW-Authenticate"].partition(" ")
    said = dict(PARAMETER.findall(rest))
    assert (name, said["error"]) == (scheme, "insufficient_user_authentication")
    return said


def stepped_up(
    deployment: Deployment, browser: Browser, service: Service, said: dict[str, str]
) -> dict[str, Any]:
    """The tokens of a new request for what the challenge says; the person proves the phone for it."""
    asked = {name: said[name] for name in ("acr_values", "max_age") if name in said}
    page = browser.authorize(service, **asked)
    assert page.location.startswith("/signin?")
    ways = re.findall(r'name="way" value="(\w+)"', browser.follow(page).text)
    assert "acr_values" not in said or ways[0] == "phone"  # the way that reaches the level comes first
    proved(deployment, browser, PHONE)
    code = answered(browser.get(page.location.replace("/signin", "/authorize", 1)))["code"]
    answer = exchange(browser, service, code)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


@pytest.mark.rule("RFC 9470", "6.1", "access tokens say acr and auth_time")
@pytest.mark.rule("RFC 9470", "6.2", "so does introspection")
@pytest.mark.parametrize("form", ["jwt", "opaque"])
def test_what_tokens_say(deployment: Deployment, browser: Browser, form: str) -> None:
    service = deployment.register(access_token_format=form)
    proved(deployment, browser, PHONE)
    deployment.clock_file.advance(100)
    now = deployment.clock.now() // 1000
    given = tokens(browser, service)
    state = introspect(browser, service, given["access_token"])
    assert state["acr"] == PHONE
    assert 95 <= now - state["auth_time"] <= 120
    if form == "jwt":
        said = claims(given["access_token"])
        assert (said["acr"], said["auth_time"]) == (state["acr"], state["auth_time"])


@pytest.mark.rule(
    "RFC 9470", "3", "a level that is too low is answered with the levels and the age to ask for"
)
@pytest.mark.rule("RFC 9470", "4", "who asks for just that gets a token that passes")
def test_a_higher_level(deployment: Deployment, browser: Browser, bank: Service) -> None:
    proved(deployment, browser, FED)
    first = tokens(browser, bank)
    said = challenge(userinfo(browser, first["access_token"]))
    assert said["error_description"] == "A higher level of authentication is required"
    assert (said["acr_values"], said["max_age"]) == (PHONE, str(LONG))
    second = stepped_up(deployment, browser, bank, said)
    told = userinfo(browser, second["access_token"])
    assert (told.status_code, told.json["sub"]) == (200, claims(first["access_token"])["sub"])
    challenge(userinfo(browser, first["access_token"]))  # the former token stays what it was


@pytest.mark.rule("RFC 9470", "3", "a sign-in that is too long ago is answered with max_age")
def test_a_newer_sign_in(deployment: Deployment, browser: Browser, diary: Service) -> None:
    proved(deployment, browser, PHONE)
    given = tokens(browser, diary, "openid profile offline_access")
    assert userinfo(browser, given["access_token"]).status_code == 200
    deployment.clock_file.advance(LONG - 60)
    renewed = refresh(browser, diary, given["refresh_token"]).json
    assert userinfo(browser, renewed["access_token"]).status_code == 200
    deployment.clock_file.advance(120)
    said = challenge(userinfo(browser, renewed["access_token"]))
    assert said["error_description"] == "More recent authentication is required"
    assert (said["max_age"], "acr_values" in said) == (str(LONG), False)
    again = stepped_up(deployment, browser, diary, said)
    assert userinfo(browser, again["access_token"]).status_code == 200


@pytest.mark.rule("RFC 9470", "6", "a refresh proves nothing: auth_time and acr stay as they were")
@pytest.mark.sr("SR-079")
def test_a_refresh_is_no_sign_in(deployment: Deployment, browser: Browser, diary: Service) -> None:
    proved(deployment, browser, FED)
    given = tokens(browser, diary, "openid offline_access")
    before = introspect(browser, diary, given["access_token"])
    proved(deployment, browser, PHONE)  # of no use for what was granted earlier
    deployment.clock_file.advance(LONG + 60)
    renewed = refresh(browser, diary, given["refresh_token"]).json
    after = introspect(browser, diary, renewed["access_token"])
    assert (after["auth_time"], after["acr"]) == (before["auth_time"], FED)
    challenge(userinfo(browser, renewed["access_token"]))


@pytest.mark.rule(
    "RFC 9470",
    "5",
    "a demanded level that was asked for is reached, or the request fails: no token is refused twice",
)
def test_a_level_that_is_not_reached(deployment: Deployment, browser: Browser, bank: Service) -> None:
    proved(deployment, browser, FED)
    page = browser.authorize(bank, acr_values=PHONE)
    assert page.location.startswith("/signin?")
    proved(deployment, browser, FED)
    got = answered(browser.get(page.location.replace("/signin", "/authorize", 1)))
    assert (got["error"], "code" in got) == ("unmet_authentication_requirements", False)
    assert "code" in answered(browser.authorize(bank))  # who does not ask is not held up
    assert "code" in answered(browser.authorize(bank, acr_values=f"{PHONE} {FED}"))  # nor who takes either
    assert answered(browser.authorize(bank, acr_values=PHONE, prompt="none"))["error"] == "login_required"


@pytest.mark.rule("RFC 9470", "5", "a level that its request did not name is a wish, by whatever way it came")
@pytest.mark.parametrize(
    "asked", [{}, {"claims": json.dumps({"id_token": {"acr": {"value": PHONE}}})}], ids=["default", "claims"]
)
def test_a_wish_stays_a_wish(deployment: Deployment, browser: Browser, asked: dict[str, str]) -> None:
    bank = deployment.register("bank", userinfo_acr=PHONE, default_acr_values=[PHONE])
    proved(deployment, browser, FED)
    assert "code" in answered(browser.authorize(bank, prompt="none", **asked))
    assert "code" in answered(visit(browser, bank, pushed(browser, bank, prompt="none", **asked)))
    posted = browser.post("/authorize", data=bank.request(prompt="none", **asked))
    assert "code" in answered(browser.get(posted.location))
    for first in (browser.authorize(bank, **asked), visit(browser, bank, pushed(browser, bank, **asked))):
        assert first.location.startswith("/signin?")
        assert re.findall(r'name="way" value="(\w+)"', browser.follow(first).text)[0] == "phone"
        proved(deployment, browser, FED)
        assert "code" in answered(browser.get(first.location.replace("/signin", "/authorize", 1)))


@pytest.mark.rule("RFC 9470", "3", "the challenge has the scheme that the token came by")
def test_with_dpop(deployment: Deployment, browser: Browser, bank: Service) -> None:
    proved(deployment, browser, FED)
    holder = Holder(deployment.clock)
    access = proved_exchange(browser, bank, browser.code(bank), holder.proof()).json["access_token"]
    said = challenge(ask(browser, access, holder.bound(access)), "DPoP")
    assert (said["acr_values"], said["algs"]) == (PHONE, "ES256 PS256 EdDSA")
    thief = ask(browser, access, Holder(deployment.clock).bound(access))
    assert thief.json == {"error": "invalid_token"}  # and is told nothing of what is demanded


def test_others_are_not_asked(deployment: Deployment, browser: Browser, store: Service) -> None:
    proved(deployment, browser, FED)
    given = tokens(browser, store, "openid offline_access")
    deployment.clock_file.advance(LONG * 2)
    renewed = refresh(browser, store, given["refresh_token"]).json
    assert userinfo(browser, renewed["access_token"]).status_code == 200


def test_an_operator_may_demand_it_of_living_tokens(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    proved(deployment, browser, FED)
    access = tokens(browser, store)["access_token"]
    deployment.change(store, userinfo_acr=PHONE)
    said = challenge(userinfo(browser, access))
    assert (said["acr_values"], "max_age" in said) == (PHONE, False)
    deployment.change(store, userinfo_acr="")
    assert userinfo(browser, access).status_code == 200


@pytest.mark.sr("SR-056")
@pytest.mark.parametrize("members", [{"userinfo_acr": PHONE}, {"userinfo_max_age": 600}])
def test_only_operators_demand_it(members: dict[str, Any]) -> None:
    given = {"client_name": "Лавка", "redirect_uris": ["https://merchant.example/cb"]}
    with pytest.raises(BadMetadata, match="only an operator"):
        self_registration.check(given | members, frozenset({"openid"}), Policy())


@pytest.mark.parametrize(
    "members",
    [
        {"userinfo_acr": "phr"},
        {"userinfo_acr": "urn:mostid:acr:3"},
        {"userinfo_max_age": 59},
        {"userinfo_max_age": -1},
    ],
)
def test_what_nobody_could_meet_is_not_registered(deployment: Deployment, members: dict[str, Any]) -> None:
    with pytest.raises(BadMetadata, match=next(iter(members))):
        deployment.register("wrong", **members)
