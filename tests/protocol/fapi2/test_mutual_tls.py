"""FAPI 2.0 Security Profile by certificates: authentication and bound tokens without a signature of the client's own."""

import pytest

from tests.deployment import HTTPS, Deploy, Deployment, Service, answered
from tests.protocol.fapi2.bank import MEMBERS
from tests.protocol.rfc8705.authority import PROXY, WRITTEN, Holder, exchange, holder, post, refresh, userinfo
from tests.protocol.rfc9126.pushing import visit
from tests.provider.proofs import Holder as ProofHolder
from tests.provider.tokens import claims

METHODS = ["tls_client_auth", "self_signed_tls_client_auth"]


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    """Behind a proxy that hands certificates on."""
    return deploy(client_certificates=True, trusted_proxies=(f"{PROXY}/32",), issuer=HTTPS)


@pytest.mark.rule(
    "FAPI 2.0 SP", "5.3.2.1", "mutual TLS authenticates, and tokens are bound to the certificate or by DPoP"
)
@pytest.mark.parametrize("bound", ["certificate", "dpop"])
@pytest.mark.parametrize("method", METHODS)
def test_a_whole_flow(deployment: Deployment, method: str, bound: str) -> None:
    owner, browser = holder(deployment.clock), deployment.client()
    deployment.sign_in(browser)
    named = (
        {"tls_client_auth_subject_dn": WRITTEN} if method == METHODS[0] else {"jwks": {"keys": [owner.jwk()]}}
    )
    members = MEMBERS | named | {"token_endpoint_auth_method": method}
    if bound == "certificate":
        members["tls_client_certificate_bound_access_tokens"] = True
    bank = deployment.register("bank", **members)
    key = ProofHolder(deployment.clock)

    def headers(path: str) -> dict[str, str]:
        proof = {"DPoP": key.proof(f"{HTTPS}{path}")} if bound == "dpop" else {}
        return owner.headers(**proof)

    pushed = post(browser, "/par", bank, dict(bank.request()), headers("/par"))
    code = answered(visit(browser, bank, pushed.json["request_uri"]))["code"]
    refused = exchange(browser, bank, code, {} if bound == "certificate" else owner.headers())
    assert refused.json["error"] == ("invalid_client" if bound == "certificate" else "invalid_dpop_proof")
    given = exchange(browser, bank, code, headers("/token")).json
    cnf = {"x5t#S256": owner.thumbprint} if bound == "certificate" else {"jkt": key.jkt}
    assert claims(given["access_token"])["cnf"] == cnf
    again = refresh(browser, bank, given["refresh_token"], headers("/token")).json
    assert again["refresh_token"] == given["refresh_token"]
    assert userinfo(browser, again["access_token"], {}).status_code == 401
    if bound == "certificate":
        assert userinfo(browser, again["access_token"], owner.headers()).status_code == 200
        assert userinfo(browser, again["access_token"], _another(deployment).headers()).status_code == 401


def _another(deployment: Deployment) -> Holder:
    return holder(deployment.clock)


@pytest.mark.rule("FAPI 2.0 SP", "5.3.2.1", "a bank without its certificate is nobody")
def test_without_a_certificate(deployment: Deployment) -> None:
    bank: Service = deployment.register(
        "bank", **MEMBERS, token_endpoint_auth_method=METHODS[0], tls_client_auth_subject_dn=WRITTEN
    )
    answer = post(deployment.client(), "/par", bank, dict(bank.request()), {})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
