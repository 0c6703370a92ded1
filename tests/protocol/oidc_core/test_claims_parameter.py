"""OIDC Core §5.5: claims asked for one by one."""

import json
import secrets
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.deployment import FED, PHONE, Browser, Deployment, Service, answered
from tests.html import read
from tests.provider.tokens import claims, exchange, refresh, tokens, userinfo

EVERYTHING = ["openid", "profile", "email", "phone", "offline_access"]
BAD_DOCUMENTS = (
    " ", "null", "true", "1", '"x"', "[]", "{", "}", "{}}", "{'userinfo':{}}", '{"userinfo":[]}',
    '{"userinfo":"name"}', '{"id_token":1}', '{"id_token":false}', '{"userinfo":{"name":1}}',
    '{"userinfo":{"name":[]}}', '{"userinfo":{"name":"x"}}', '{"userinfo":{"name":{"essential":"true"}}}',
    '{"userinfo":{"name":{"essential":1}}}', '{"userinfo":{"name":{"essential":null}}}',
    '{"id_token":{"acr":{"values":"urn:mostid:acr:1"}}}', '{"id_token":{"acr":{"values":[]}}}',
    '{"id_token":{"acr":{"essential":true,"values":[1]}}}', '{"id_token":{"acr":{"values":[{}]}}}',
    '{"id_token":{"acr":{"value":null}}}', '{"id_token":{"sub":{"value":7}}}', '{"id_token":{"sub":{"value":""}}}',
    '{"id_token":{"sub":{"value":["a"]}}}', '{"userinfo":{"sub":{"values":[null]}}}',
    '{"id_token":{"sub":{"value":"a","values":["a"]}}}', '{"userinfo":{"a":null,"a":null}}',
    '{"userinfo":{},"userinfo":{}}', '{"userinfo":{"a":{"value":NaN}}}', '{"userinfo":{"a":{"value":-Infinity}}}',
    '{"userinfo":{"name":null},}', '{"userinfo":{"name":nul}}', "[" * 1_100, '{"userinfo":' * 300,
    '{"a":' * 150 + "1" + "}" * 150, '{"userinfo":{"a":{"value":' + "9" * 4_096 + "}}}", '{"x":"' + "y" * 4_096 + '"}',
    '{"id_token":{"sub":{"values":' + json.dumps([str(n) for n in range(11)]) + "}}}", "\x00", "{\x00}", "\ufeff{}",
)  # fmt: skip


@pytest.fixture
def store(deployment: Deployment) -> Service:
    """A service that may ask for everything."""
    return deployment.register(
        "store", allowed_scopes=EVERYTHING, grant_types=["authorization_code", "refresh_token"]
    )


def asked(**places: Any) -> str:
    return json.dumps(places)


def only(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


def goes_to(browser: Browser, service: Service, **changed: str | None) -> str:
    answer = browser.authorize(service, **changed)
    assert answer.status_code == 303
    return answer.location.partition("?")[0] if answer.location.startswith("/") else "service"


@pytest.mark.rule(
    "OIDC Core", "5.5", "a claim of the userinfo member is told at userinfo, and nothing else of its scope"
)
def test_single_claims_at_userinfo(signed_in: Browser, store: Service) -> None:
    got = tokens(
        signed_in, store, "openid", claims=asked(userinfo={"name": {"essential": True}, "email": None})
    )
    assert got["scope"] == "openid"
    said = userinfo(signed_in, got["access_token"]).json
    assert {name: said[name] for name in said if name != "sub"} == {
        "name": "Мария Иванова",
        "email": "maria@mail.ru",
    }
    assert not {"name", "email"} & claims(got["id_token"]).keys()


@pytest.mark.rule(
    "OIDC Core", "5.5", "a claim of the id_token member is told in the ID token, and not at userinfo"
)
def test_single_claims_in_the_id_token(signed_in: Browser, store: Service) -> None:
    wanted = {
        **only("given_name", "email_verified", "iss", "aud", "exp", "nonce"),
        "auth_time": {"essential": True},
    }
    got = tokens(signed_in, store, "openid", claims=asked(id_token=wanted))
    said = claims(got["id_token"])
    assert (said["given_name"], said["email_verified"]) == ("Мария", True)
    assert (said["aud"], said["nonce"], "auth_time" in said) == ("store", "the nonce", True)
    assert "email" not in said
    assert set(userinfo(signed_in, got["access_token"]).json) == {"sub"}


@pytest.mark.rule(
    "OIDC Core", "5.5.1", "a claim that we do not know, or the person does not have, is no error"
)
def test_unknown_and_missing_claims_are_left_out(signed_in: Browser, store: Service) -> None:
    wanted = {
        "phone_number": {"essential": True},
        "address": {"essential": True},
        "https://x/y": None,
        "name#ru": None,
    }
    got = tokens(
        signed_in, store, "openid", claims=asked(userinfo=wanted, id_token=wanted, other=[1], more=None)
    )
    assert set(userinfo(signed_in, got["access_token"]).json) == {"sub"}
    assert not wanted.keys() & claims(got["id_token"]).keys()


@pytest.mark.parametrize(
    "document", ["{}", '{"userinfo":null,"id_token":null}', '{"userinfo":{}}', ' {"id_token": {} } ']
)
@pytest.mark.rule("OIDC Core", "5.5", "a document that asks for nothing is answered as if it were not there")
def test_documents_that_ask_for_nothing(signed_in: Browser, store: Service, document: str) -> None:
    got = tokens(signed_in, store, "openid", claims=document)
    assert set(userinfo(signed_in, got["access_token"]).json) == {"sub"}


@pytest.mark.rule("OIDC Core", "5.5", "a document that is malformed is refused with invalid_request")
def test_malformed_documents_are_refused(signed_in: Browser, store: Service) -> None:
    headers = {"Authorization": store.basic}
    for document in BAD_DOCUMENTS:
        pushed = signed_in.post("/par", data=store.request(claims=document), headers=headers)
        assert (pushed.status_code, pushed.json["error"]) == (400, "invalid_request"), document[:60]
        if len(document) < 500 and "\x00" not in document:  # what an address may hold
            answer = signed_in.authorize(store, claims=document)
            assert answer.status_code == 303, repr(document)
            assert answered(answer)["error"] == "invalid_request", document
    assert "code" in answered(signed_in.authorize(store, claims="{}"))


@pytest.mark.rule(
    "OIDC Core", "5.5", "a claim beyond the scopes that the client is permitted is not told, then or later"
)
@pytest.mark.sr("SR-174")
def test_claims_beyond_the_clients_scopes(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    narrow = deployment.register("narrow", allowed_scopes=["openid", "profile"])
    document = asked(userinfo=only("email", "name"), id_token=only("email"))
    got = tokens(signed_in, narrow, "openid", claims=document)
    assert set(userinfo(signed_in, got["access_token"]).json) == {"sub", "name"}
    assert "email" not in claims(got["id_token"])
    wide = tokens(signed_in, store, "openid", claims=document)
    deployment.change(store, allowed_scopes=["openid", "profile"])
    assert set(userinfo(signed_in, wide["access_token"]).json) == {"sub", "name"}


@pytest.mark.rule("OIDC Core", "12.2", "a refresh tells the same claims as the first exchange")
def test_refresh_keeps_the_claims(signed_in: Browser, store: Service) -> None:
    first = tokens(signed_in, store, "openid", claims=asked(userinfo=only("email"), id_token=only("name")))
    renewed = refresh(signed_in, store, first["refresh_token"]).json
    assert claims(renewed["id_token"])["name"] == "Мария Иванова"
    assert userinfo(signed_in, renewed["access_token"]).json["email"] == "maria@mail.ru"


@pytest.mark.sr("SR-174", "SR-016")
@pytest.mark.rule(
    "OIDC Core", "5.5", "a third party gets a claim when its person has agreed to what holds it"
)
def test_consent_covers_single_claims(deployment: Deployment, signed_in: Browser, merchant: Service) -> None:
    deployment.change(merchant, allowed_scopes=["openid", "email"])
    document = asked(userinfo=only("email"), id_token=only("email"))
    assert goes_to(signed_in, merchant, scope="openid") == "/consent"
    for switches, told in (({"scope": []}, False), ({"scope": ["email"]}, True)):
        page = signed_in.follow(
            signed_in.authorize(merchant, scope="openid", prompt="consent", claims=document)
        )
        assert "maria@mail.ru" not in page.text
        sent = read(page).form("/consent").filled(decision="allow", **switches)
        code = answered(signed_in.follow(signed_in.post("/consent", data=sent)))["code"]
        from_code = _exchanged(signed_in, merchant, code)
        assert ("email" in claims(from_code["id_token"])) is told
        assert ("email" in userinfo(signed_in, from_code["access_token"]).json) is told
    assert "code" in answered(signed_in.authorize(merchant, scope="openid", prompt="none", claims=document))


@pytest.mark.rule(
    "OIDC Core", "5.5.1", "a sub that is not the session's person gets no answer for somebody else"
)
def test_sub_by_value(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    sub = claims(tokens(signed_in, store)["id_token"])["sub"]
    other = deployment.client()
    deployment.sign_in(other, "2")
    theirs = claims(tokens(other, store)["id_token"])["sub"]
    for place in ("id_token", "userinfo"):
        for wish in ({"value": sub}, {"values": [theirs, sub]}, None, {"essential": True}):
            document = json.dumps({place: {"sub": wish}})
            assert claims(tokens(signed_in, store, prompt="none", claims=document)["id_token"])["sub"] == sub
        for half in ("a\ud800", "a\x00b"):  # no text that means the same to everybody
            document = json.dumps({place: {"sub": {"value": half}}})
            got = answered(signed_in.authorize(store, prompt="none", claims=document))
            assert got["error"] == "invalid_request", ascii(half)
        for value in (theirs, "nobody", "я" * 50, "x" * 3_000):
            document = json.dumps({place: {"sub": {"value": value}}})
            got = answered(signed_in.authorize(store, prompt="none", claims=document))
            assert got["error"] == "login_required", value[:20]
            assert goes_to(signed_in, store, claims=document) == "/signin"
    both = asked(id_token={"sub": {"value": sub}}, userinfo={"sub": {"value": theirs}})
    assert answered(signed_in.authorize(store, prompt="none", claims=both))["error"] == "login_required"


@pytest.mark.rule("OIDC Core", "5.5.1", "who signs in anew and is still another person is refused")
def test_sub_by_value_after_a_sign_in(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    first = signed_in.authorize(store, claims=asked(id_token={"sub": {"value": "nobody"}}))
    deployment.clock_file.advance(1)
    deployment.sign_in(signed_in)
    assert answered(_back(signed_in, first))["error"] == "login_required"


@pytest.mark.rule("OIDC Core", "5.5.1.1", "an essential acr is reached by a step more, or the request fails")
def test_essential_acr_is_reached(deployment: Deployment, signed_in: Browser, store: Service) -> None:
    document = asked(id_token={"acr": {"essential": True, "values": [PHONE, "urn:mostid:acr:3"]}})
    assert answered(signed_in.authorize(store, prompt="none", claims=document))["error"] == "login_required"
    first = signed_in.authorize(store, claims=document)
    assert first.location.startswith("/signin?")
    deployment.clock_file.advance(1)
    deployment.sign_in(signed_in)  # by Mail.ru again
    assert answered(_back(signed_in, first))["error"] == "unmet_authentication_requirements"
    second = signed_in.authorize(store, claims=document)
    deployment.clock_file.advance(1)
    deployment.sign_in(signed_in, "+79201234567", provider="phone", claims={}, acr=PHONE)
    code = answered(_back(signed_in, second))["code"]
    assert claims(_exchanged(signed_in, store, code)["id_token"])["acr"] == PHONE
    lower = asked(id_token={"acr": {"essential": True, "value": FED}})
    assert claims(tokens(signed_in, store, claims=lower)["id_token"])["acr"] == FED


@pytest.mark.parametrize(
    "wish",
    [
        {"value": "phr"},
        {"values": ["urn:mostid:acr:3", "phrh"]},
        {"value": "уровень"},
        {"value": f"{FED}\n"},
        {"value": f"{FED} {PHONE}"},
    ],
)
@pytest.mark.rule(
    "OpenID Connect Core Error Code unmet_authentication_requirements",
    "3",
    "a level that nothing here gives fails at once",
)
def test_essential_acr_that_cannot_be_met(
    deployment: Deployment, signed_in: Browser, store: Service, wish: dict[str, Any]
) -> None:
    essential = asked(id_token={"acr": {"essential": True, **wish}})
    for prompt in (None, "none"):
        got = answered(signed_in.authorize(store, prompt=prompt, claims=essential))
        assert (got["error"], got["state"]) == ("unmet_authentication_requirements", "the state")
    voluntary = asked(id_token={"acr": wish})
    assert claims(tokens(signed_in, store, claims=voluntary)["id_token"])["acr"] == FED
    any_level = asked(id_token={"acr": {"essential": True}})
    assert claims(tokens(signed_in, store, claims=any_level)["id_token"])["acr"] == FED


@pytest.mark.rule("OIDC Core", "5.5.1.1", "a voluntary acr is looked for once")
def test_voluntary_acr_is_a_wish(signed_in: Browser, store: Service) -> None:
    wish = asked(id_token={"acr": {"values": [PHONE]}})
    assert goes_to(signed_in, store, claims=wish) == "/signin"
    assert "code" in answered(signed_in.authorize(store, prompt="none", claims=wish))


@pytest.mark.sr("SR-009", "SR-027")
@pytest.mark.parametrize("nonce", ["n" * 43, "n" * 1_024, "\x01" * 1_024, "ы" * 512])
def test_a_code_with_every_claim_stays_short(
    deployment: Deployment, signed_in: Browser, store: Service, nonce: str
) -> None:
    accounts = "https://api.example/" + "a" * 480
    deployment.change(store, resources=[accounts])
    names = only(
        "name", "given_name", "family_name", "nickname", "picture", "gender", "birthdate", "locale", "updated_at",
        "email", "email_verified", "phone_number", "phone_number_verified",
    )  # fmt: skip
    asked_for = {
        "scope": " ".join(EVERYTHING),
        "claims": asked(userinfo=names, id_token=names),
        "nonce": nonce,
        "resource": accounts,
    }
    code = signed_in.code(store, **asked_for, dpop_jkt="a" * 43)
    assert len(code) <= 1_000
    code = signed_in.code(store, **asked_for)
    assert len(code) <= 1_000
    got = _exchanged(signed_in, store, code)
    said = claims(got["id_token"])
    assert (got["scope"], said["nonce"], said["email"]) == (" ".join(EVERYTHING), nonce, "maria@mail.ru")
    assert exchange(signed_in, store, code).status_code == 400  # twice is found out all the same


@pytest.mark.rule("OIDC Core", "5.5", "a large document goes through the pages and comes out whole")
def test_a_large_document_through_the_pages(deployment: Deployment, browser: Browser, store: Service) -> None:
    ignored = {f"https://claims.example/{number:x}{secrets.token_hex(12)}": None for number in range(40)}
    document = asked(userinfo=ignored | only("email"))
    first = browser.authorize(store, scope="openid", claims=document)
    assert first.location.startswith("/signin?")
    deployment.clock_file.advance(1)
    deployment.sign_in(browser)
    got = _exchanged(browser, store, answered(_back(browser, first))["code"])
    assert set(userinfo(browser, got["access_token"]).json) == {"sub", "email"}


@pytest.mark.sr("SR-004")
@pytest.mark.rule(
    "OIDC Core", "5.5", "a pushed request carries claims as well; a malformed one is refused there"
)
def test_pushed_claims(signed_in: Browser, store: Service) -> None:
    headers = {"Authorization": store.basic}
    bad = signed_in.post("/par", data=store.request(claims="{"), headers=headers)
    assert (bad.status_code, bad.json["error"]) == (400, "invalid_request")
    document = asked(userinfo=only("email"))
    pushed = signed_in.post("/par", data=store.request(scope="openid", claims=document), headers=headers)
    uri = pushed.json["request_uri"]
    answer = signed_in.get("/authorize", query_string={"client_id": store.client_id, "request_uri": uri})
    got = _exchanged(signed_in, store, answered(answer)["code"])
    assert set(userinfo(signed_in, got["access_token"]).json) == {"sub", "email"}


def test_no_statement_more_without_claims_for_the_id_token(
    deployment: Deployment, signed_in: Browser, store: Service
) -> None:
    tokens(signed_in, store)  # its subject is made
    counts = []
    for document in (None, asked(userinfo=only("email")), asked(id_token=only("email"))):
        code = signed_in.code(store, scope="openid", **({"claims": document} if document else {}))
        with deployment.statements() as seen:
            got = _exchanged(signed_in, store, code)
        with deployment.statements() as read_:
            userinfo(signed_in, got["access_token"])
        counts.append(
            tuple(len([one for one in said if "FROM versions" not in one]) for said in (seen, read_))
        )
    plain, at_userinfo, in_token = counts
    assert at_userinfo == plain
    assert in_token == (plain[0] + 1, plain[1])


def _exchanged(browser: Browser, service: Service, code: str) -> dict[str, Any]:
    answer = exchange(browser, service, code)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def _back(browser: Browser, first: TestResponse) -> TestResponse:
    """Come back to the endpoint with the ask, as the pages send the browser after their work."""
    return browser.get(first.location.replace("/signin", "/authorize", 1))
