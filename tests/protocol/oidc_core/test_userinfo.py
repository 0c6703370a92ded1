"""OIDC Core §5.3: what userinfo says of a person."""

from typing import Any

import pytest

from tests.deployment import CLAIMS, Browser, Deployment, Service
from tests.provider.tokens import claims, tokens, userinfo

PROFILE: dict[str, str] = dict(CLAIMS) | {
    "nickname": "Маша",
    "picture": "https://filin.mail.ru/pic?d=x",
    "gender": "female",
    "birthdate": "1990-02-28",
    "locale": "ru_RU",
}
BY_SCOPE = {
    "profile": {
        "name", "given_name", "family_name", "nickname", "picture", "gender", "birthdate", "locale", "updated_at",
    },
    "email": {"email", "email_verified"},
    "phone": {"phone_number", "phone_number_verified"},
}  # fmt: skip
TYPES: dict[str, type] = {"email_verified": bool, "phone_number_verified": bool, "updated_at": int}


@pytest.fixture
def store(deployment: Deployment) -> Service:
    """A service that may ask for everything."""
    return deployment.register("store", allowed_scopes=["openid", *BY_SCOPE, "offline_access"])


def told(browser: Browser, service: Service, scope: str) -> dict[str, Any]:
    answer = userinfo(browser, tokens(browser, service, scope)["access_token"])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.json)


@pytest.mark.rule("OIDC Core", "5.4", "each scope stands for its claims; none is said that was not asked for")
@pytest.mark.sr("SR-174")
def test_each_scope_stands_for_its_claims(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser, claims=PROFILE)
    assert set(told(browser, store, "openid")) == {"sub"}
    for scope, names in BY_SCOPE.items():
        expected = set() if scope == "phone" else names
        assert set(told(browser, store, f"openid {scope}")) == {"sub"} | expected, scope
    everything = told(browser, store, "openid " + " ".join(BY_SCOPE))
    assert set(everything) == {"sub"} | BY_SCOPE["profile"] | BY_SCOPE["email"]
    assert {name: everything[name] for name in PROFILE} == PROFILE


@pytest.mark.rule("OIDC Core", "5.3.2", "no claim is null or empty, and each has its type")
def test_no_claim_is_null_empty_or_of_another_type(deployment: Deployment, store: Service) -> None:
    for number, known in enumerate(({}, {"name": ""}, {"name": "Мария"}, {"email": "a@mail.ru"}, PROFILE)):
        browser = deployment.client()
        deployment.sign_in(browser, str(number), claims=known)
        said = told(browser, store, "openid " + " ".join(BY_SCOPE))
        for name, value in said.items():
            assert type(value) is TYPES.get(name, str), name
            assert value != "", name


@pytest.mark.rule(
    "OIDC Core", "5.1", "email_verified and phone_number_verified are booleans that tell the truth"
)
def test_verified_says_who_proved_it(deployment: Deployment, store: Service) -> None:
    by_mail, by_phone = deployment.client(), deployment.client()
    deployment.sign_in(by_mail, claims={"email": "maria@mail.ru"})
    deployment.sign_in(by_phone, "+79201234567", provider="phone", claims={})
    assert told(by_mail, store, "openid email")["email_verified"] is True
    said = told(by_phone, store, "openid phone email")
    assert (said["phone_number"], said["phone_number_verified"]) == ("+79201234567", True)
    assert "email_verified" not in said


@pytest.mark.rule("OIDC Core", "5.3.2", "the subject is the one of the ID token")
@pytest.mark.sr("SR-078")
def test_the_subject_is_the_id_tokens(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser)
    given = tokens(browser, store)
    assert userinfo(browser, given["access_token"]).json["sub"] == claims(given["id_token"])["sub"]


@pytest.mark.sr("SR-067", "SR-174")
def test_a_scope_that_a_client_has_lost_says_nothing_more(
    deployment: Deployment, browser: Browser, store: Service
) -> None:
    deployment.sign_in(browser, claims=PROFILE)
    access = tokens(browser, store, "openid profile email")["access_token"]
    deployment.change(store, allowed_scopes=["openid", "profile"])
    assert "email" not in userinfo(browser, access).json
    deployment.change(store, allowed_scopes=["profile"])
    assert userinfo(browser, access).status_code == 403


def test_what_changes_is_told_at_once(deployment: Deployment, browser: Browser, store: Service) -> None:
    deployment.sign_in(browser, claims={"name": "Мария"})
    access = tokens(browser, store, "openid profile")["access_token"]
    deployment.clock_file.advance(60)
    deployment.sign_in(deployment.client(), claims={"name": "Мария Петрова"})
    assert userinfo(browser, access).json["name"] == "Мария Петрова"
