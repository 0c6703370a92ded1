"""FAPI 2.0 Message Signing: requests, answers and introspection that can be kept for evidence."""

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Deployment
from tests.protocol.fapi2.bank import REDIRECT, Bank, now
from tests.protocol.fapi2.test_security_profile import sections
from tests.provider.tokens import claims, header


def signed(bank: Bank, **changed: Any) -> str:
    """A good request object, changed; JARM is asked for."""
    signing = bank.signing
    return signing.sign(signing.claims(**{"response_mode": "jwt", **changed}))


def told(bank: Bank, answer: TestResponse) -> dict[str, Any]:
    """What a signed answer says, after its signature was checked with our published keys."""
    assert answer.location.startswith(REDIRECT)
    sent = parse_qs(urlsplit(answer.location).query)
    assert sent.keys() == {"response"}
    keys = KeySet.import_key_set(bank.browser.get("/jwks.json").json)
    return dict(jwt.decode(sent["response"][0], keys, algorithms=["ES256"]).claims)


@pytest.mark.rule(
    "FAPI 2.0 MS",
    "5.3",
    "a whole flow: signed request, signed answer, tokens bound by DPoP, signed introspection",
)
@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_a_whole_flow(deployment: Deployment, maria: Browser, algorithm: str) -> None:
    bank = Bank.register(deployment, maria, algorithm, fapi="message_signing")
    got = told(bank, bank.visit(bank.push_signed(signed(bank))))
    assert (got["iss"], got["aud"], got["state"]) == (ISSUER, "bank", "the state")
    answer = bank.exchange(got["code"])
    assert answer.status_code == 200, answer.text
    assert claims(answer.json["access_token"])["cnf"] == {"jkt": bank.holder.jkt}
    assert bank.userinfo(answer.json["access_token"]).status_code == 200
    state = claims(bank.introspect(answer.json["access_token"]).text)["token_introspection"]
    assert (state["active"], state["cnf"]) == (True, {"jkt": bank.holder.jkt})


@pytest.mark.rule("FAPI 2.0 MS", "5.3.1", "a request that is not signed is refused")
def test_unsigned_requests(signing_bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    answer = signing_bank.push(response_mode="jwt")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert sections(caplog) == {"FAPI 2.0 MS §5.3.1"}
    signing = signing_bank.signing
    unsigned = signing.sign(alg="none").rpartition(".")[0] + "."
    for text in (unsigned, signed(signing_bank)[:-4] + "AAAA"):
        answer = signing_bank.push_signed(text)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request_object")


@pytest.mark.rule("FAPI 2.0 MS", "5.3.1", "signed requests come by /par, and nowhere else")
def test_signed_requests_are_pushed(signing_bank: Bank) -> None:
    answer = signing_bank.signing.visit(signing_bank.browser, signed(signing_bank))
    assert told(signing_bank, answer)["error"] == "invalid_request"


@pytest.mark.rule("FAPI 2.0 MS", "5.3.1", "aud is our issuer, or a list with it")
def test_audience(signing_bank: Bank) -> None:
    for audience in (ISSUER, [ISSUER], ["https://other.example", ISSUER]):
        assert signing_bank.push_signed(signed(signing_bank, aud=audience)).status_code == 201
    for bad in ("https://other.example", ["https://other.example"], f"{ISSUER}/par", None, []):
        answer = signing_bank.push_signed(signed(signing_bank, aud=bad))
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request_object")


@pytest.mark.rule("FAPI 2.0 MS", "5.3.1", "nbf is there, and at most 60 minutes ago")
@pytest.mark.rule("FAPI 2.0 MS", "5.3.1", "exp is there, and at most 60 minutes after nbf")
def test_times(signing_bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    moment = now(signing_bank)
    for begins, ends in ((-3580, 10), (0, 3600), (8, 3608), (-1800, 1800)):
        good = signed(signing_bank, nbf=moment + begins, exp=moment + ends, iat=None)
        assert signing_bank.push_signed(good).status_code == 201, (begins, ends)
    bad: list[dict[str, Any]] = [
        {"nbf": None},
        {"exp": None},
        {"nbf": moment - 3620, "exp": moment - 30},
        {"nbf": moment - 3620, "exp": moment + 60},
        {"nbf": moment, "exp": moment + 3601},
        {"nbf": moment - 1800, "exp": moment + 1830},
        {"nbf": moment + 66, "exp": moment + 600},
        {"nbf": str(moment), "exp": moment + 60},
    ]
    for changed in bad:
        answer = signing_bank.push_signed(signed(signing_bank, **changed))
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request_object"), changed
    assert "FAPI 2.0 MS §5.3.1" in sections(caplog)


@pytest.mark.rule("FAPI 2.0 SP", "5.3", "signed requests stay a choice under the Security Profile alone")
def test_the_security_profile_is_content_with_less(bank: Bank) -> None:
    assert bank.push_signed(bank.signing.sign(bank.signing.claims(nbf=None, exp=None))).status_code == 201


@pytest.mark.rule("FAPI 2.0 MS", "5.3.1", "what stands beside a signed request does not count")
def test_what_stands_beside(signing_bank: Bank) -> None:
    form = {"request": signed(signing_bank), "state": "another", "scope": "openid phone", "nonce": "another"}
    got = told(signing_bank, signing_bank.visit(signing_bank.post("/par", form)))
    assert got["state"] == "the state"
    tokens = signing_bank.exchange(got["code"]).json
    assert (tokens["scope"], claims(tokens["id_token"])["nonce"]) == ("openid profile", "the nonce")


@pytest.mark.rule("FAPI 2.0 MS", "5.4.1", "answers are signed, or not asked for at all")
def test_unsigned_answers(signing_bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    for mode in ("query", "form_post", None):
        answer = signing_bank.push_signed(signed(signing_bank, response_mode=mode))
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
        modes = "jwt, query.jwt, form_post.jwt"
        assert answer.json["error_description"] == f"say response_mode, one of: {modes}"
    assert sections(caplog) == {"FAPI 2.0 MS §5.4.1"}


@pytest.mark.rule("FAPI 2.0 MS", "5.4.1", "refusals are signed too")
def test_signed_refusals(signing_bank: Bank) -> None:
    stranger = Bank(
        signing_bank.deployment, signing_bank.deployment.client(), signing_bank.service, signing_bank.signer
    )
    got = told(stranger, stranger.visit(stranger.push_signed(signed(stranger, prompt="none"))))
    assert (got["error"], got["state"], got["iss"]) == ("login_required", "the state", ISSUER)
    unpushed = signing_bank.browser.authorize(signing_bank.service)
    assert told(signing_bank, unpushed)["error"] == "invalid_request"


@pytest.mark.rule("FAPI 2.0 MS", "5.5.1", "introspection is signed by RFC 9701")
def test_introspection(signing_bank: Bank) -> None:
    for token in ("x", "a.b.c"):
        answer = signing_bank.introspect(token)
        assert answer.content_type == "application/token-introspection+jwt"
        assert header(answer.text)["alg"] == "ES256"
        assert claims(answer.text)["token_introspection"] == {"active": False}
