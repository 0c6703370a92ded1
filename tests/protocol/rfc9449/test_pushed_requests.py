"""RFC 9449 §10.1: a request that is pushed with a proof gives a code for that key."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Deployment, Service, answered
from tests.protocol.rfc9126.pushing import visit
from tests.provider.proofs import Holder, exchange

PAR = f"{ISSUER}/par"


def push(browser: Browser, service: Service, proof: str, /, **changed: str) -> TestResponse:
    return browser.post(
        "/par", data=service.request(**changed), headers={"Authorization": service.basic, "DPoP": proof}
    )


@pytest.mark.rule("RFC 9449", "10.1", "the proof of a pushed request binds its code like dpop_jkt")
@pytest.mark.sr("SR-044")
@pytest.mark.parametrize("said", [True, False])
def test_the_code_is_for_the_key(maria: Browser, store: Service, holder: Holder, said: bool) -> None:
    jkt = {"dpop_jkt": holder.jkt} if said else {}
    for proved in (True, False):
        taken = push(maria, store, holder.proof(PAR), **jkt)
        assert taken.status_code == 201, taken.text
        assert taken.headers["DPoP-Nonce"]
        code = answered(visit(maria, store, taken.json["request_uri"]))["code"]
        proof = holder.proof() if proved else Holder(holder.clock).proof()
        answer = exchange(maria, store, code, proof)
        assert answer.status_code == (200 if proved else 400)
        if not proved:
            assert answer.json["error"] == "invalid_grant"


@pytest.mark.rule("RFC 9449", "10.1", "a proof by another key than dpop_jkt is refused")
def test_two_keys(maria: Browser, store: Service, holder: Holder) -> None:
    answer = push(maria, store, holder.proof(PAR), dpop_jkt=Holder(holder.clock).jkt)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.rule("RFC 9449", "10.1", "the proof is for /par, and comes once")
def test_bad_proofs(maria: Browser, store: Service, holder: Holder) -> None:
    good = holder.proof(PAR)
    assert push(maria, store, good).status_code == 201
    for proof in (good, "x", holder.proof(), holder.proof(PAR, "GET"), holder.proof(PAR, iat=1)):
        answer = push(maria, store, proof)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.rule("RFC 9449", "10.1", "where nonces are demanded, they are here too")
def test_nonces(deployment: Deployment, maria: Browser, holder: Holder) -> None:
    bank = deployment.register("bank", dpop_require_nonce=True)
    refused = push(maria, bank, holder.proof(PAR))
    assert (refused.status_code, refused.json["error"]) == (400, "use_dpop_nonce")
    nonce = refused.headers["DPoP-Nonce"]
    assert push(maria, bank, holder.proof(PAR, nonce=nonce)).status_code == 201
