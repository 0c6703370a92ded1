"""RFC 8705 §3, §4: tokens and grants that are bound to a certificate, and stay so."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import HTTPS, Browser, Deploy, Deployment, Service
from tests.protocol.rfc8705.authority import (
    PROXY,
    STRANGER,
    Holder,
    exchange,
    holder,
    own,
    post,
    refresh,
    userinfo,
)  # fmt: skip
from tests.protocol.rfc8705.conftest import OWN
from tests.provider.proofs import Holder as ProofHolder
from tests.provider.tokens import claims, grant

CNF = "x5t#S256"


def check_error(answer: TestResponse, code: str) -> None:
    assert (answer.status_code, answer.json["error"]) == (400, code), answer.text


def check_challenge(answer: TestResponse) -> None:
    """The refusal of a protected resource (RFC 8705 §3, RFC 6750 §3.1)."""
    assert (answer.status_code, answer.json) == (401, {"error": "invalid_token"}), answer.text
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="MostID", error="invalid_token"')


@pytest.fixture
def given(maria: Browser, app: Service, owner: Holder) -> dict[str, str]:
    """Tokens of the public client, bound to its certificate."""
    answer = exchange(maria, app, maria.code(app), owner.headers())
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


@pytest.mark.rule("RFC 8705", "3.1", "the access token says the thumbprint of the certificate")
@pytest.mark.rule("RFC 8705", "3.2", "so does introspection")
def test_bound_tokens(deployment: Deployment, maria: Browser, store: Service, owner: Holder) -> None:
    answer = exchange(maria, store, maria.code(store), owner.headers()).json
    assert answer["token_type"] == "Bearer"
    assert claims(answer["access_token"])["cnf"] == {CNF: owner.thumbprint}
    assert "cnf" not in claims(answer["id_token"])
    assert grant(deployment).cnf == f"{CNF}:{owner.thumbprint}"
    said = post(maria, "/introspect", store, {"token": answer["access_token"]}, owner.headers()).json
    assert (said["active"], said["token_type"], said["cnf"]) == (True, "Bearer", {CNF: owner.thumbprint})


@pytest.mark.rule("RFC 8705", "3", "userinfo takes a bound token with its certificate, and with nothing less")
@pytest.mark.sr("SR-044")
def test_userinfo(deployment: Deployment, maria: Browser, owner: Holder, given: dict[str, str]) -> None:
    access = given["access_token"]
    for headers in (owner.headers(), owner.headers("NONE")):
        answer = userinfo(maria, access, headers)
        assert (answer.status_code, answer.json["name"]) == (200, "Мария Иванова")
    renewed = holder(deployment.clock, key=owner.key)
    for headers in (
        {}, {"X-SSL-Client-Verify": "SUCCESS"}, {"Client-Cert": "x"}, {"Client-Cert": f"{owner.header}, {owner.header}"},
        holder(deployment.clock).headers(), renewed.headers(),
    ):  # fmt: skip
        check_challenge(userinfo(maria, access, headers))
    check_challenge(userinfo(maria, access, owner.headers(), STRANGER))
    posted = {"access_token": access}
    at = {"REMOTE_ADDR": PROXY}
    check_challenge(maria.post("/userinfo", data=posted, environ_base=at))
    assert maria.post("/userinfo", data=posted, headers=owner.headers(), environ_base=at).status_code == 200


def test_a_certificate_that_ends_while_the_token_lives(
    deployment: Deployment, maria: Browser, app: Service
) -> None:
    short = holder(deployment.clock, days=(-1, 60 / 86_400))
    access = exchange(maria, app, maria.code(app), short.headers()).json["access_token"]
    assert userinfo(maria, access, short.headers()).status_code == 200
    deployment.clock_file.advance(120)
    check_challenge(userinfo(maria, access, short.headers()))
    check_error(exchange(maria, app, maria.code(app), short.headers()), "invalid_request")


@pytest.mark.rule("RFC 8705", "3.2", "an opaque token is bound as well: introspection alone says to what")
@pytest.mark.sr("SR-044")
def test_opaque_tokens(deployment: Deployment, maria: Browser, store: Service, owner: Holder) -> None:
    deployment.change(store, access_token_format="opaque")
    access = exchange(maria, store, maria.code(store), owner.headers()).json["access_token"]
    assert "." not in access
    said = post(maria, "/introspect", store, {"token": access}, owner.headers()).json
    assert (said["active"], said["cnf"]) == (True, {CNF: owner.thumbprint})
    assert userinfo(maria, access, owner.headers()).status_code == 200
    for headers in ({}, holder(deployment.clock).headers()):
        check_challenge(userinfo(maria, access, headers))


@pytest.mark.rule("RFC 8705", "3", "a stolen token is of no use to another client with its own certificate")
@pytest.mark.sr("SR-044")
def test_theft_across_clients(
    deployment: Deployment, maria: Browser, app: Service, store: Service, owner: Holder, given: dict[str, str]
) -> None:
    thief = holder(deployment.clock, subject=())
    other = deployment.register(
        "other",
        token_endpoint_auth_method="self_signed_tls_client_auth",
        jwks={"keys": [thief.jwk()]},
        tls_client_certificate_bound_access_tokens=True,
    )
    check_challenge(userinfo(maria, given["access_token"], thief.headers()))
    check_error(refresh(maria, other, given["refresh_token"], thief.headers()), "invalid_grant")
    check_error(refresh(maria, store, given["refresh_token"], owner.headers()), "invalid_grant")
    check_error(exchange(maria, other, maria.code(app), thief.headers()), "invalid_grant")
    said = post(maria, "/introspect", other, {"token": given["access_token"]}, thief.headers())
    assert said.json == {"active": False}
    assert (
        post(maria, "/revoke", other, {"token": given["refresh_token"]}, thief.headers()).status_code == 200
    )
    assert refresh(maria, app, given["refresh_token"], owner.headers()).status_code == 200


@pytest.mark.rule("RFC 8705", "4", "refresh tokens of public clients are bound to the certificate")
@pytest.mark.sr("SR-044")
def test_a_public_client_keeps_its_certificate(
    deployment: Deployment, maria: Browser, app: Service, owner: Holder, given: dict[str, str]
) -> None:
    before, token = grant(deployment), given["refresh_token"]
    for other in (holder(deployment.clock), holder(deployment.clock, key=owner.key)):
        check_error(refresh(maria, app, token, other.headers()), "invalid_grant")
        assert grant(deployment) == before
    for headers in ({}, {"Client-Cert": "x"}, holder(deployment.clock, days=(-2, -1)).headers()):
        check_error(refresh(maria, app, token, headers), "invalid_request")
        assert grant(deployment) == before
    again = refresh(maria, app, token, owner.headers()).json
    assert claims(again["access_token"])["cnf"] == {CNF: owner.thumbprint}
    assert refresh(maria, app, again["refresh_token"], owner.headers()).status_code == 200


@pytest.mark.rule(
    "RFC 8705", "4", "a client that proves itself may renew its certificate, and never come without"
)
@pytest.mark.sr("SR-044")
def test_a_confidential_client_may_renew_its_certificate(
    deployment: Deployment, maria: Browser, store: Service, owner: Holder
) -> None:
    token = exchange(maria, store, maria.code(store), owner.headers()).json["refresh_token"]
    renewed = holder(deployment.clock)
    again = refresh(maria, store, token, renewed.headers()).json
    assert claims(again["access_token"])["cnf"] == {CNF: renewed.thumbprint}
    check_challenge(userinfo(maria, again["access_token"], owner.headers()))
    assert refresh(maria, store, again["refresh_token"], {}).status_code == 401


@pytest.mark.rule("RFC 8705", "3.4", "a client of bound tokens gets no others")
@pytest.mark.sr("SR-044")
def test_a_client_of_bound_tokens_only(
    deployment: Deployment, maria: Browser, app: Service, owner: Holder
) -> None:
    code = maria.code(app)
    for headers in ({}, {"Client-Cert": ""}, {"Client-Cert": "x"}):
        check_error(exchange(maria, app, code, headers), "invalid_request")
    given = exchange(maria, app, code, owner.headers()).json
    deployment.change(app, tls_client_certificate_bound_access_tokens=False)
    check_error(refresh(maria, app, given["refresh_token"], owner.headers()), "invalid_grant")
    check_challenge(userinfo(maria, given["access_token"], {}))


@pytest.mark.rule(
    "RFC 8705",
    "3.4",
    "who did not ask for bound tokens gets bearer tokens, though it is known by a certificate",
)
def test_bearer_tokens(maria: Browser, robot: Service, owner: Holder) -> None:
    access = own(maria, robot, owner.headers()).json["access_token"]
    assert "cnf" not in claims(access)


def test_a_services_own_token_is_bound_too(deployment: Deployment, browser: Browser, owner: Holder) -> None:
    made = deployment.register(
        token_endpoint_auth_method="self_signed_tls_client_auth",
        jwks={"keys": [owner.jwk()]},
        tls_client_certificate_bound_access_tokens=True,
        **OWN,
    )
    access = own(browser, made, owner.headers()).json["access_token"]
    assert claims(access)["cnf"] == {CNF: owner.thumbprint}


@pytest.mark.rule(
    "RFC 8705", "3", "a token is bound to a certificate or by DPoP; a request with both is refused"
)
@pytest.mark.sr("SR-044")
def test_both_ways_at_once(
    deployment: Deployment, maria: Browser, app: Service, owner: Holder, given: dict[str, str]
) -> None:
    key = ProofHolder(deployment.clock)

    def proof() -> str:
        return key.proof(f"{HTTPS}/token")

    code = maria.code(app)
    check_error(exchange(maria, app, code, owner.headers(DPoP=proof())), "invalid_request")
    check_error(refresh(maria, app, given["refresh_token"], owner.headers(DPoP=proof())), "invalid_request")
    assert exchange(maria, app, code, owner.headers()).status_code == 200
    for scheme in ("DPoP", "Bearer"):
        bound = key.bound(given["access_token"], htu=f"{HTTPS}/userinfo")
        sent = {"Authorization": f"{scheme} {given['access_token']}", "DPoP": bound}
        answer = maria.get("/userinfo", headers=owner.headers() | sent, environ_base={"REMOTE_ADDR": PROXY})
        assert answer.status_code == (200 if scheme == "Bearer" else 401)


@pytest.mark.rule("RFC 9449", "5", "a client that is known by its certificate may bind its tokens by DPoP")
@pytest.mark.rule("RFC 8705", "5", "a proof is made for the address that was asked: an alias is one")
def test_a_certificate_to_be_known_and_dpop_to_be_bound(
    deployment: Deployment, browser: Browser, robot: Service, owner: Holder
) -> None:
    key = ProofHolder(deployment.clock)
    for origin in (HTTPS, "https://mtls.shop.ru"):
        answer = own(browser, robot, owner.headers(DPoP=key.proof(f"{origin}/token")))
        assert (answer.status_code, answer.json["token_type"]) == (200, "DPoP"), answer.text
        assert claims(answer.json["access_token"])["cnf"] == {"jkt": key.jkt}
    check_error(
        own(browser, robot, owner.headers(DPoP=key.proof("https://x.shop.ru/token"))), "invalid_dpop_proof"
    )


@pytest.mark.sr("SR-044")
def test_bound_tokens_stay_bound_when_certificates_are_switched_off(deploy: Deploy) -> None:
    proxies = (f"{PROXY}/32",)
    deployment = deploy(client_certificates=True, trusted_proxies=proxies)
    browser, owner = deployment.client(), holder(deployment.clock)
    deployment.sign_in(browser)
    app = deployment.register(
        "app", token_endpoint_auth_method="none", tls_client_certificate_bound_access_tokens=True
    )
    given = exchange(browser, app, browser.code(app), owner.headers()).json
    later = deploy(trusted_proxies=proxies, database_url=deployment.settings.database).client()
    check_challenge(userinfo(later, given["access_token"], owner.headers()))
    check_error(refresh(later, app, given["refresh_token"], owner.headers()), "invalid_request")
    assert userinfo(browser, given["access_token"], owner.headers()).status_code == 200
