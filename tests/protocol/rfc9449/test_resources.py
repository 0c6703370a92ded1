"""RFC 9449 §7: userinfo takes a bound token with a proof of its key, and nothing less."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import ISSUER, Browser, Deployment, Service
from tests.provider.proofs import USERINFO, Holder, ask, ath, bound_tokens
from tests.provider.tokens import tokens, userinfo

WHERE = f'resource_metadata="{ISSUER}/.well-known/oauth-protected-resource"'
"""What each challenge says besides (RFC 9728 §5.1)."""


@pytest.fixture
def access(maria: Browser, store: Service, holder: Holder) -> str:
    """A token that is bound to the holder's key."""
    return str(bound_tokens(maria, store, holder)["access_token"])


def check_refused(answer: TestResponse, code: str = "invalid_token", status: int = 401) -> None:
    """The challenge of RFC 9449 §7.1."""
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == status, answer.text
    assert challenge == f'DPoP realm="MostID", error="{code}", {WHERE}, algs="ES256 PS256 EdDSA"'
    assert answer.json == {"error": code}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rule("RFC 9449", "7.1", "a bound token comes with the scheme DPoP and a proof for it")
def test_a_bound_token(maria: Browser, access: str, holder: Holder) -> None:
    for scheme in ("DPoP", "dpop", "DPOP"):
        answer = ask(maria, access, holder.bound(access), scheme)
        assert (answer.status_code, answer.json["name"]) == (200, "Мария Иванова")
    proof = holder.proof(USERINFO, "POST", ath=ath(access))
    posted = maria.post("/userinfo", headers={"Authorization": f"DPoP {access}", "DPoP": proof})
    assert posted.status_code == 200


@pytest.mark.rule("RFC 9449", "7.2", "a bound token is no bearer token, whatever comes with it")
@pytest.mark.sr("SR-044")
def test_a_bound_token_as_a_bearer_token(maria: Browser, access: str, holder: Holder) -> None:
    check_refused(userinfo(maria, access))
    check_refused(ask(maria, access, holder.bound(access), "Bearer"))
    check_refused(maria.post("/userinfo", data={"access_token": access}))
    proof = holder.proof(USERINFO, "POST", ath=ath(access))
    check_refused(maria.post("/userinfo", data={"access_token": access}, headers={"DPoP": proof}))


@pytest.mark.rule("RFC 9449", "7.1", "a token that is bound to no key is not taken with a proof")
def test_a_bearer_token_with_a_proof(maria: Browser, store: Service, holder: Holder) -> None:
    bearer = tokens(maria, store)["access_token"]
    check_refused(ask(maria, bearer, holder.bound(bearer)))
    assert ask(maria, bearer, holder.bound(bearer), "Bearer").status_code == 200
    assert userinfo(maria, bearer).status_code == 200


@pytest.mark.rule("RFC 9449", "4.3", "at a resource the proof is for this very token, by its very key")
@pytest.mark.sr("SR-043")
def test_bad_proofs(
    deployment: Deployment, maria: Browser, store: Service, access: str, holder: Holder
) -> None:
    other = bound_tokens(maria, store, holder)["access_token"]
    for proof in (
        None, "", "x", holder.bound(access, ath=None), holder.bound(access, ath=""), holder.bound(access, ath=1),
        holder.bound(access, ath=access), holder.bound(other), holder.bound(access, htm="POST"),
        holder.bound(access, htu=f"{ISSUER}/token"), holder.bound(access, iat=1), holder.bound(access, jti=None),
        f"{holder.bound(access)}, {holder.bound(access)}",
    ):  # fmt: skip
        check_refused(ask(maria, access, proof), "invalid_dpop_proof")
    check_refused(ask(maria, access, Holder(deployment.clock).bound(access)))
    check_refused(ask(maria, access + "x", holder.bound(access)))
    check_refused(ask(maria, "x", holder.bound("x")))


@pytest.mark.rule("RFC 9449", "11.1", "a proof is used once at a resource too")
@pytest.mark.sr("SR-043")
def test_replays(maria: Browser, access: str, holder: Holder) -> None:
    proof = holder.bound(access)
    assert ask(maria, access, proof).status_code == 200
    check_refused(ask(maria, access, proof), "invalid_dpop_proof")
    assert ask(maria, access, holder.bound(access)).status_code == 200


@pytest.mark.rule("RFC 9449", "7.1", "who presents nothing is told of both schemes")
def test_no_token(maria: Browser) -> None:
    answer = maria.get("/userinfo")
    both = f'Bearer realm="MostID", {WHERE}, DPoP algs="ES256 PS256 EdDSA"'
    assert answer.headers["WWW-Authenticate"] == both
    alone = maria.get("/userinfo", headers={"Authorization": "DPoP "})
    assert (alone.status_code, "error" in alone.headers["WWW-Authenticate"]) == (401, False)


def test_what_else_a_token_needs_is_needed_still(
    deployment: Deployment, maria: Browser, store: Service, access: str, holder: Holder
) -> None:
    narrow = bound_tokens(maria, store, holder, scope="email")["access_token"]
    answer = ask(maria, narrow, holder.bound(narrow))
    assert (answer.status_code, answer.json) == (403, {"error": "insufficient_scope"})
    deployment.clock_file.advance(601)
    check_refused(ask(maria, access, holder.bound(access)))
