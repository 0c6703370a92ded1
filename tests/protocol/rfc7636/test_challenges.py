"""Proof Key for Code Exchange at the authorization endpoint (RFC 7636 §4.3)."""

import pytest

from tests.deployment import Deployment, answered

GOOD = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


BAD_CHALLENGES: list[tuple[str | None, str | None]] = [
    (None, None), (None, "S256"), (GOOD, None), (GOOD, "plain"), (GOOD, "s256"), (GOOD, "S512"), ("", "S256"),
    (GOOD[:-1], "S256"), (GOOD + "A", "S256"), (GOOD + "=", "S256"), (GOOD[:-1] + "+", "S256"), (GOOD[:-1] + "/", "S256"),
    (GOOD[:-1] + "~", "S256"), (GOOD[:-1] + " ", "S256"), (GOOD[:-1] + "я", "S256"), ("a" * 128, "S256"), (GOOD, "none"),
]  # fmt: skip


@pytest.mark.sr("SR-007")
@pytest.mark.rule(
    "RFC 7636", "4.4.1", "a request without an S256 challenge of 43 letters is refused, whoever sends it"
)
@pytest.mark.parametrize("public", [True, False])
def test_pkce_by_s256_is_demanded(deployment: Deployment, public: bool) -> None:
    method = "none" if public else "client_secret_basic"
    service = deployment.register(token_endpoint_auth_method=method)
    browser = deployment.client()
    deployment.sign_in(browser)
    for challenge, how in BAD_CHALLENGES:
        got = answered(browser.authorize(service, code_challenge=challenge, code_challenge_method=how))
        assert got["error"] == "invalid_request", (challenge, how)
        assert "code" not in got
    assert browser.code(service, code_challenge=GOOD)


@pytest.mark.sr("SR-007", "SR-028")
@pytest.mark.rule(
    "RFC 7636", "4.3", "where a client may do without, a challenge that it sends is checked all the same"
)
def test_an_operator_may_lift_pkce_for_one_client_and_a_challenge_still_counts(
    deployment: Deployment,
) -> None:
    lifted, usual = deployment.register(require_pkce=False), deployment.register()
    browser = deployment.client()
    deployment.sign_in(browser)
    without: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    assert browser.code(lifted, **without)
    assert answered(browser.authorize(usual, **without))["error"] == "invalid_request"
    for challenge, how in BAD_CHALLENGES[1:]:
        got = answered(browser.authorize(lifted, code_challenge=challenge or None, code_challenge_method=how))
        assert got["error"] == "invalid_request", (challenge, how)
