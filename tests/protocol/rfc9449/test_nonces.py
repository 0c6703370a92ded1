"""RFC 9449 §8, §9: nonces that proofs hold where we say so, so that none can be made in store."""

import pytest

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.provider.proofs import Holder, ask, bound_tokens, exchange, own
from tests.provider.tokens import tokens


@pytest.mark.rule("RFC 9449", "8.2", "a nonce comes with each answer to a proof, good or bad")
def test_nonces_are_given(maria: Browser, store: Service, robot: Service, holder: Holder) -> None:
    access = bound_tokens(maria, store, holder)["access_token"]
    answers = [
        own(maria, robot, holder.proof()),
        own(maria, robot, "x"),
        ask(maria, access, holder.bound(access)),
        ask(maria, access, "x"),
    ]
    assert len({answer.headers["DPoP-Nonce"] for answer in answers}) == 1
    assert all(len(answer.headers.getlist("DPoP-Nonce")) == 1 for answer in answers)
    assert "DPoP-Nonce" not in own(maria, robot, None).headers


@pytest.mark.rule("RFC 9449", "8", "where a nonce is demanded, a proof without it is refused and told of it")
@pytest.mark.rule("RFC 9449", "9", "so it is at resources")
@pytest.mark.parametrize("by_client", [False, True])
def test_nonces_are_demanded(deploy: Deploy, by_client: bool) -> None:
    deployment = deploy() if by_client else deploy(dpop_require_nonce=True)
    store = deployment.register("store", **({"dpop_require_nonce": True} if by_client else {}))
    browser, holder = deployment.client(), Holder(deployment.clock)
    deployment.sign_in(browser)
    code = browser.code(store)
    refused = exchange(browser, store, code, holder.proof())
    assert (refused.status_code, refused.json["error"]) == (400, "use_dpop_nonce")
    nonce = refused.headers["DPoP-Nonce"]
    for bad in ("", "x", nonce + "x", nonce[:-1], 1, [nonce], {"a": nonce}):
        answer = exchange(browser, store, code, holder.proof(nonce=bad))
        assert (answer.status_code, answer.json["error"]) == (400, "use_dpop_nonce")
    given = exchange(browser, store, code, holder.proof(nonce=nonce))
    assert given.status_code == 200
    access = given.json["access_token"]
    refused = ask(browser, access, holder.bound(access))
    assert (refused.status_code, refused.json["error"]) == (401, "use_dpop_nonce")
    assert refused.headers["WWW-Authenticate"].startswith('DPoP realm="MostID", error="use_dpop_nonce"')
    nonce = refused.headers["DPoP-Nonce"]
    assert ask(browser, access, holder.bound(access, nonce=nonce)).status_code == 200
    assert tokens(browser, store)["token_type"] == "Bearer"


@pytest.mark.rule("RFC 9449", "8.2", "a nonce is good for minutes, then a new one is given")
def test_nonces_age(deploy: Deploy) -> None:
    deployment = deploy(dpop_require_nonce=True)
    robot = deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    browser, holder = deployment.client(), Holder(deployment.clock)
    first = own(browser, robot, holder.proof()).headers["DPoP-Nonce"]
    deployment.clock_file.advance(300)
    answer = own(browser, robot, holder.proof(nonce=first))
    assert answer.status_code == 200
    second = answer.headers["DPoP-Nonce"]
    assert second != first
    deployment.clock_file.advance(300)
    answer = own(browser, robot, holder.proof(nonce=first))
    assert (answer.status_code, answer.json["error"]) == (400, "use_dpop_nonce")
    assert own(browser, robot, holder.proof(nonce=second)).status_code == 200


def test_a_proof_that_lacks_a_nonce_is_not_spent(deploy: Deploy) -> None:
    """Only a proof that was good in all else counts as used."""
    deployment = deploy(dpop_require_nonce=True)
    robot = deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    browser, holder = deployment.client(), Holder(deployment.clock)
    nonce = own(browser, robot, holder.proof(jti="mine")).headers["DPoP-Nonce"]
    assert own(browser, robot, holder.proof(jti="mine", nonce=nonce)).status_code == 200


def test_a_nonce_that_nobody_demands_does_no_harm(
    deployment: Deployment, browser: Browser, robot: Service, holder: Holder
) -> None:
    for nonce in ("x", 1, [], None):
        assert own(browser, robot, holder.proof(nonce=nonce)).status_code == 200
