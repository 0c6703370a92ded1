"""FAPI 2.0 Security Profile: what an authorization server shall do, in the order of its sections."""

import logging
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import KeySet

from app.clients.metadata import BadMetadata
from app.keys.sealing import encode
from tests.deployment import ISSUER, Browser, Deployment, answered
from tests.protocol.fapi2.bank import REDIRECT, Bank, now
from tests.protocol.rfc7523.signer import Signer, new_key
from tests.provider.proofs import Holder
from tests.provider.tokens import claims, header

PAR = f"{ISSUER}/par"
LISTS = [[ISSUER], [ISSUER, f"{ISSUER}/token"], f"{ISSUER}/token", PAR, f"{ISSUER}/", [], None]


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3", "a whole flow: pushed request, private_key_jwt, PKCE, tokens bound by DPoP"
)
@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_a_whole_flow(deployment: Deployment, maria: Browser, algorithm: str) -> None:
    bank = Bank.register(deployment, maria, algorithm)
    got = answered(bank.visit(bank.push()))
    assert (got["iss"], got["state"]) == (ISSUER, "the state")
    answer = bank.exchange(got["code"])
    assert answer.status_code == 200, answer.text
    given = answer.json
    assert given["token_type"] == "DPoP"
    assert claims(given["access_token"])["cnf"] == {"jkt": bank.holder.jkt}
    assert header(given["access_token"])["alg"] == "ES256"
    keys = KeySet.import_key_set(maria.get("/jwks.json").json)
    told = jwt.decode(given["id_token"], keys, algorithms=["ES256"]).claims
    assert (told["iss"], told["aud"], told["nonce"]) == (ISSUER, "bank", "the nonce")
    person = bank.userinfo(given["access_token"])
    assert (person.status_code, person.json["sub"]) == (200, told["sub"])
    assert bank.userinfo(bank.refresh(given["refresh_token"]).json["access_token"]).status_code == 200


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "discovery metadata is in both well-known documents")
def test_discovery(browser: Browser) -> None:
    names = ("openid-configuration", "oauth-authorization-server")
    one, other = (browser.get(f"/.well-known/{name}").json for name in names)
    assert one == other
    assert one["pushed_authorization_request_endpoint"] == PAR
    assert {"PS256", "ES256", "EdDSA"} <= set(one["token_endpoint_auth_signing_alg_values_supported"])
    assert set(one["dpop_signing_alg_values_supported"]) == {"PS256", "ES256", "EdDSA"}
    assert one["authorization_response_iss_parameter_supported"]


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "the password grant is refused")
def test_passwords(bank: Bank) -> None:
    form = {"grant_type": "password", "username": "maria", "password": "secret"}
    answer = bank.post("/token", form, proof=bank.holder.proof())
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "a client authenticates by its assertion, and in no other way")
@pytest.mark.parametrize("path", ["/par", "/token", "/introspect", "/revoke"])
def test_no_other_authentication(bank: Bank, path: str) -> None:
    for form, headers in (
        ({"client_id": "bank"}, {}),
        ({"client_id": "bank", "client_secret": "x"}, {}),
        ({}, {"Authorization": "Basic YmFuazp4"}),
    ):
        answer = bank.browser.post(path, data={"grant_type": "client_credentials"} | form, headers=headers)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "no access token without a key that it is bound to")
def test_tokens_are_bound(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    answer = bank.exchange(bank.code(), proof="")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_dpop_proof")
    assert "FAPI 2.0 SP §5.3.2.1" in sections(caplog)


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "a refresh without a proof gives nothing and spends nothing")
def test_refreshed_tokens_are_bound(bank: Bank) -> None:
    given = bank.tokens()
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert bank.post("/token", form).json["error"] == "invalid_dpop_proof"
    renewed = bank.refresh(given["refresh_token"]).json
    assert claims(renewed["access_token"])["cnf"] == {"jkt": bank.holder.jkt}


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "a client's own tokens are bound too")
def test_client_credentials(deployment: Deployment, maria: Browser) -> None:
    bank = Bank.register(
        deployment, maria, grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["stock.read"]
    )
    form = {"grant_type": "client_credentials"}
    assert bank.post("/token", form).json["error"] == "invalid_dpop_proof"
    assert bank.post("/token", form, proof=bank.holder.proof()).json["token_type"] == "DPoP"


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "the audience of an assertion is our issuer as one text")
@pytest.mark.parametrize("audience", LISTS, ids=str)
def test_audience(bank: Bank, audience: Any) -> None:
    assertion = bank.signer.assertion(bank.signer.claims(aud=audience))
    answer = bank.push(assertion=assertion)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "refresh tokens do not rotate: the same one goes on being good")
def test_no_rotation(bank: Bank) -> None:
    given = bank.tokens()
    seen = {given["access_token"]}
    for _ in range(3):
        answer = bank.refresh(given["refresh_token"])
        assert answer.status_code == 200, answer.text
        assert answer.json["refresh_token"] == given["refresh_token"]
        assert answer.json["access_token"] not in seen
        seen.add(answer.json["access_token"])
        bank.deployment.clock_file.advance(3600)


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "what does not rotate still ends: unused, too old, or taken back")
@pytest.mark.sr("SR-039", "SR-045")
def test_refresh_tokens_end(bank: Bank) -> None:
    token = bank.tokens(scope="openid offline_access")["refresh_token"]
    bank.deployment.clock_file.advance(bank.deployment.settings.lifetimes.refresh_idle_s - 3600)
    assert bank.refresh(token).status_code == 200
    bank.deployment.clock_file.advance(bank.deployment.settings.lifetimes.refresh_idle_s - 3600)
    assert bank.refresh(token).status_code == 200
    assert bank.post("/revoke", {"token": token}).status_code == 200
    assert bank.refresh(token).json["error"] == "invalid_grant"
    bank.deployment.sign_in(bank.browser)
    token = bank.tokens(scope="openid offline_access")["refresh_token"]
    bank.deployment.clock_file.advance(bank.deployment.settings.lifetimes.refresh_idle_s + 5)
    assert bank.refresh(token).json["error"] == "invalid_grant"


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "a code lives 60 seconds")
@pytest.mark.sr("SR-023")
def test_codes_die(bank: Bank) -> None:
    code = bank.code()
    bank.deployment.clock_file.advance(60)
    answer = bank.exchange(code)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3.2.1", "a code is for the key that dpop_jkt or the proof of its push named"
)
@pytest.mark.parametrize("by", ["dpop_jkt", "proof"])
def test_codes_are_for_a_key(bank: Bank, by: str) -> None:
    named = {"dpop_jkt": bank.holder.jkt} if by == "dpop_jkt" else {}
    for proof, status in ((Holder(bank.deployment.clock).proof(), 400), (None, 200)):
        shown = bank.holder.proof(PAR) if by == "proof" else None
        code = answered(bank.visit(bank.push(proof=shown, **named)))["code"]
        assert bank.exchange(code, proof=proof).status_code == status


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3.2.1", "iat and nbf may lie up to 10 seconds ahead of our clock, never more than 60"
)
@pytest.mark.sr("SR-032", "SR-043")
@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_clocks(bank: Bank, claim: str) -> None:
    for ahead, status in ((8, 201), (66, 401)):
        assertion = bank.signer.assertion(
            bank.signer.claims(**{claim: now(bank) + ahead, "exp": now(bank) + 200})
        )
        assert bank.push(assertion=assertion).status_code == status
    for ahead, status in ((8, 200), (66, 400)):
        proof = bank.holder.proof(**{claim: now(bank) + ahead})
        assert bank.exchange(bank.code(), proof=proof).status_code == status
    for ahead, status in ((8, 201), (66, 400)):
        signing = bank.signing
        text = signing.sign(signing.claims(**{claim: now(bank) + ahead, "exp": now(bank) + 200}))
        assert bank.push_signed(text).status_code == status


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "response_type is code")
@pytest.mark.parametrize("kind", ["token", "id_token", "code id_token", "none", None])
def test_response_types(bank: Bank, kind: str | None) -> None:
    error = "invalid_request" if kind is None else "unsupported_response_type"
    answer = bank.push(response_type=kind)
    assert (answer.status_code, answer.json["error"]) == (400, error)


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "requests that were not pushed are refused, signed ones too")
def test_requests_are_pushed(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    signing = bank.signing
    for answer in (bank.browser.authorize(bank.service), signing.visit(bank.browser, signing.sign())):
        assert answer.location.startswith(REDIRECT)
        assert answered(answer)["error"] == "invalid_request"
    assert "FAPI 2.0 SP §5.3.2.2" in sections(caplog)


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "nobody pushes a request without having authenticated")
def test_pushes_are_authenticated(bank: Bank) -> None:
    answer = bank.browser.post("/par", data=bank.service.request())
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    foreign = Signer(bank.deployment, "bank", "ES256", new_key("ES256"))
    assert bank.push(assertion=foreign.assertion()).status_code == 401


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "PKCE with S256")
@pytest.mark.sr("SR-007", "SR-028")
def test_pkce(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    for changed in (
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
    ):
        answer = bank.push(**changed)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert sections(caplog) == {"FAPI 2.0 SP §5.3.2.2"}
    code = bank.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    for verifier in ({}, {"code_verifier": "v" * 43}):
        answer = bank.post("/token", form | verifier, proof=bank.holder.proof())
        assert answer.json["error"] == "invalid_grant"


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "redirect_uri is pushed with the request")
def test_redirect_uri(bank: Bank) -> None:
    for uri in (None, "https://evil.example/cb"):
        answer = bank.push(redirect_uri=uri)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "every answer names its issuer (RFC 9207), errors too")
@pytest.mark.sr("SR-008")
def test_issuer(bank: Bank) -> None:
    stranger = Bank(bank.deployment, bank.deployment.client(), bank.service, bank.signer)
    refused = answered(stranger.visit(stranger.push(prompt="none")))
    assert (refused["error"], refused["iss"]) == ("login_required", ISSUER)
    assert answered(bank.visit(bank.push()))["iss"] == ISSUER


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "a code that comes twice is refused, and what it gave ends")
@pytest.mark.sr("SR-026")
def test_codes_work_once(bank: Bank) -> None:
    code = bank.code()
    given = bank.exchange(code).json
    assert bank.exchange(code).json["error"] == "invalid_grant"
    assert bank.refresh(given["refresh_token"]).json["error"] == "invalid_grant"
    assert bank.userinfo(given["access_token"]).status_code == 401


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "browsers are redirected by 303, never by 307")
@pytest.mark.sr("SR-011")
def test_redirects(bank: Bank) -> None:
    assert bank.visit(bank.push()).status_code == 303
    stranger = Bank(bank.deployment, bank.deployment.client(), bank.service, bank.signer)
    page = stranger.visit(stranger.push())
    assert (page.status_code, page.location.partition("?")[0]) == (303, "/signin")


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.2", "a reference lives less than 600 seconds, and then is no good")
@pytest.mark.sr("SR-021")
def test_references(bank: Bank) -> None:
    pushed = bank.push()
    assert pushed.json["expires_in"] < 600
    bank.deployment.clock_file.advance(pushed.json["expires_in"] + 5)
    assert bank.visit(pushed).status_code == 400


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3.2.2", "a reference is spent by its answer, not by the page that it opens"
)
def test_references_outlive_a_page(bank: Bank) -> None:
    stranger = Bank(bank.deployment, bank.deployment.client(), bank.service, bank.signer)
    pushed = stranger.push()
    assert stranger.visit(pushed).location.startswith("/signin")
    assert bank.visit(pushed).location.startswith(REDIRECT)
    assert bank.visit(pushed).status_code == 400


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3.2.2", "a nonce of 64 characters comes back in the ID token; none is none"
)
@pytest.mark.sr("SR-009")
def test_nonces(bank: Bank) -> None:
    for nonce in ("n" * 64, None):
        assert claims(bank.tokens(nonce=nonce)["id_token"]).get("nonce") == nonce
    long = "s" * 1000  # clients keep their own state there
    assert answered(bank.visit(bank.push(state=long)))["state"] == long


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "there is no redirect to an address that is not registered")
@pytest.mark.sr("SR-005")
def test_no_open_redirects(bank: Bank) -> None:
    for changed in ({"redirect_uri": "https://evil.example/"}, {"request_uri": "https://evil.example/"}):
        answer = bank.browser.authorize(bank.service, **changed)
        assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.rule("FAPI 2.0 SP", "5.3.4", "a bound token is no bearer token, and never comes in an address")
@pytest.mark.sr("SR-041", "SR-042")
def test_resources(bank: Bank) -> None:
    access = bank.tokens()["access_token"]
    assert bank.userinfo(access, "Bearer").status_code == 401
    bare = bank.browser.get("/userinfo", headers={"Authorization": f"DPoP {access}"})
    assert bare.status_code == 401
    assert bank.browser.get(f"/userinfo?access_token={access}").status_code == 400
    other = Holder(bank.deployment.clock).bound(access)
    stolen = bank.browser.get("/userinfo", headers={"Authorization": f"DPoP {access}", "DPoP": other})
    assert stolen.status_code == 401


@pytest.mark.rule("FAPI 2.0 SP", "5.4.1", "RS256 and none are refused in assertions and request objects")
@pytest.mark.sr("SR-062")
def test_algorithms(deployment: Deployment, maria: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mostid.provider")
    bank = Bank.register(deployment, maria, "PS256")
    weak = Signer(deployment, "bank", "RS256", bank.signer.key)
    answer = bank.push(assertion=weak.assertion())
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert bank.push(assertion=bank.signer.assertion(alg="none")).status_code == 401
    signing = bank.signing
    signing.algorithm = "RS256"
    answer = bank.push_signed(signing.sign())
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request_object")
    assert "FAPI 2.0 SP §5.4.1" in sections(caplog)
    assert bank.push_signed(bank.signing.sign()).status_code == 201


@pytest.mark.rule("FAPI 2.0 SP", "5.4.1", "nothing is signed for such a client by RS256, asked for or not")
def test_our_algorithms(bank: Bank) -> None:
    given = bank.tokens()
    introspected = bank.introspect(given["access_token"], accept="application/token-introspection+jwt").text
    for token in (given["id_token"], given["access_token"], introspected):
        assert header(token)["alg"] == "ES256"


@pytest.mark.rule("FAPI 2.0 SP", "5.4.1", "RSA keys have 2048 bits at least")
def test_short_keys(deployment: Deployment, maria: Browser) -> None:
    modulus = encode(rsa.generate_private_key(65537, 1024).public_key().public_numbers().n.to_bytes(128))
    with pytest.raises(BadMetadata, match="jwks"):
        Bank.register(deployment, maria, jwks={"keys": [{"kty": "RSA", "e": "AQAB", "n": modulus}]})


def sections(caplog: pytest.LogCaptureFixture) -> set[str]:
    """What the log says of where the specification demands it."""
    return {str(line.section) for line in caplog.records if hasattr(line, "section")}
