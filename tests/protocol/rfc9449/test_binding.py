"""RFC 9449 §5, §6, §10: tokens, grants and codes that are bound to a key, and stay so."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service, answered
from tests.provider.proofs import Holder, ask, bound_tokens, exchange, own, refresh
from tests.provider.tokens import claims, grant, introspect, tokens, userinfo


def check_error(answer: TestResponse, code: str) -> None:
    assert (answer.status_code, answer.json["error"]) == (400, code), answer.text


@pytest.mark.rule("RFC 9449", "5", "tokens that were asked for with a proof have the type DPoP")
@pytest.mark.rule("RFC 9449", "6.1", "the access token says the thumbprint of the key")
@pytest.mark.rule("RFC 9449", "6.2", "so does introspection")
def test_bound_tokens(deployment: Deployment, maria: Browser, store: Service, holder: Holder) -> None:
    given = bound_tokens(maria, store, holder)
    assert given["token_type"] == "DPoP"
    assert claims(given["access_token"])["cnf"] == {"jkt": holder.jkt}
    assert "cnf" not in claims(given["id_token"])
    assert grant(deployment).cnf == f"jkt:{holder.jkt}"
    said = introspect(maria, store, given["access_token"])
    assert (said["active"], said["token_type"], said["cnf"]) == (True, "DPoP", {"jkt": holder.jkt})


@pytest.mark.rule("RFC 9449", "5", "without a proof tokens are bearer tokens as ever")
def test_bearer_tokens(deployment: Deployment, maria: Browser, store: Service) -> None:
    given = tokens(maria, store)
    assert given["token_type"] == "Bearer"
    assert "cnf" not in claims(given["access_token"])
    assert grant(deployment).cnf is None
    said = introspect(maria, store, given["access_token"])
    assert (said["token_type"], "cnf" in said) == ("Bearer", False)


@pytest.mark.rule("RFC 9449", "5", "refresh tokens of public clients are bound to the key")
@pytest.mark.sr("SR-044")
def test_a_public_client_keeps_its_key(
    deployment: Deployment, maria: Browser, app: Service, holder: Holder
) -> None:
    given = bound_tokens(maria, app, holder)
    before = grant(deployment)
    for proof in (None, Holder(deployment.clock).proof()):
        check_error(refresh(maria, app, given["refresh_token"], proof), "invalid_grant")
        assert grant(deployment) == before
    check_error(refresh(maria, app, given["refresh_token"], "x"), "invalid_dpop_proof")
    assert grant(deployment) == before
    again = refresh(maria, app, given["refresh_token"], holder.proof()).json
    assert (again["token_type"], claims(again["access_token"])["cnf"]) == ("DPoP", {"jkt": holder.jkt})
    assert refresh(maria, app, again["refresh_token"], holder.proof()).status_code == 200


@pytest.mark.rule("RFC 9449", "5", "a confidential client may come with a new key")
@pytest.mark.sr("SR-044")
def test_a_confidential_client_may_change_keys_but_not_do_without(
    deployment: Deployment, maria: Browser, store: Service, holder: Holder
) -> None:
    given, other = bound_tokens(maria, store, holder), Holder(deployment.clock)
    before = grant(deployment)
    check_error(refresh(maria, store, given["refresh_token"], None), "invalid_grant")
    assert grant(deployment) == before
    again = refresh(maria, store, given["refresh_token"], other.proof()).json
    assert (again["token_type"], claims(again["access_token"])["cnf"]) == ("DPoP", {"jkt": other.jkt})
    check_error(refresh(maria, store, again["refresh_token"], None), "invalid_grant")
    assert refresh(maria, store, again["refresh_token"], holder.proof()).status_code == 200


@pytest.mark.sr("SR-044", "SR-035")
def test_a_lost_answer_is_given_again_to_the_key_alone(
    deployment: Deployment, maria: Browser, app: Service, holder: Holder
) -> None:
    given = bound_tokens(maria, app, holder)
    lost = refresh(maria, app, given["refresh_token"], holder.proof()).json
    check_error(refresh(maria, app, given["refresh_token"], None), "invalid_grant")
    check_error(
        refresh(maria, app, given["refresh_token"], Holder(deployment.clock).proof()), "invalid_grant"
    )
    found = refresh(maria, app, given["refresh_token"], holder.proof()).json
    assert found["refresh_token"] == lost["refresh_token"]


@pytest.mark.rule(
    "RFC 9449", "5", "a bearer grant gives bound tokens to who proves a key, and stays what it is"
)
def test_a_bearer_grant_may_have_bound_tokens(
    deployment: Deployment, maria: Browser, app: Service, holder: Holder
) -> None:
    given = tokens(maria, app)
    again = refresh(maria, app, given["refresh_token"], holder.proof()).json
    assert (again["token_type"], claims(again["access_token"])["cnf"]) == ("DPoP", {"jkt": holder.jkt})
    assert refresh(maria, app, again["refresh_token"], None).json["token_type"] == "Bearer"


def test_a_services_own_token_is_bound_too(maria: Browser, robot: Service, holder: Holder) -> None:
    given = own(maria, robot, holder.proof()).json
    assert (given["token_type"], claims(given["access_token"])["cnf"]) == ("DPoP", {"jkt": holder.jkt})
    said = introspect(maria, robot, given["access_token"])
    assert (said["token_type"], said["cnf"]) == ("DPoP", {"jkt": holder.jkt})
    assert own(maria, robot, None).json["token_type"] == "Bearer"


@pytest.mark.rule("RFC 9449", "5.2", "a client of bound tokens gets no others")
@pytest.mark.sr("SR-044")
def test_a_client_of_bound_tokens_only(
    deployment: Deployment, maria: Browser, store: Service, robot: Service, holder: Holder
) -> None:
    given = tokens(maria, store)
    deployment.change(store, dpop_bound_access_tokens=True)
    deployment.change(robot, dpop_bound_access_tokens=True)
    code = maria.code(store)
    check_error(exchange(maria, store, code, None), "invalid_dpop_proof")
    check_error(refresh(maria, store, given["refresh_token"], None), "invalid_dpop_proof")
    check_error(own(maria, robot, None), "invalid_dpop_proof")
    assert exchange(maria, store, code, holder.proof()).json["token_type"] == "DPoP"
    assert refresh(maria, store, given["refresh_token"], holder.proof()).json["token_type"] == "DPoP"
    assert own(maria, robot, holder.proof()).json["token_type"] == "DPoP"


@pytest.mark.rule("RFC 9449", "10", "a code that was asked for with dpop_jkt is redeemed with that key alone")
@pytest.mark.sr("SR-027")
def test_a_code_for_one_key(deployment: Deployment, maria: Browser, store: Service, holder: Holder) -> None:
    code = maria.code(store, dpop_jkt=holder.jkt)
    check_error(exchange(maria, store, code, None), "invalid_grant")
    check_error(exchange(maria, store, code, Holder(deployment.clock).proof()), "invalid_grant")
    assert deployment.rows("grants") == []
    assert exchange(maria, store, code, holder.proof()).json["token_type"] == "DPoP"


@pytest.mark.rule("RFC 9449", "10", "dpop_jkt is a SHA-256 thumbprint, once")
def test_a_bad_dpop_jkt(maria: Browser, store: Service, holder: Holder) -> None:
    for bad in ("x", holder.jkt + "=", holder.jkt[:-1], holder.jkt + "A", "é" * 43, f"{holder.jkt[:-1]}\n"):
        assert answered(maria.authorize(store, dpop_jkt=bad))["error"] == "invalid_request"
    twice = maria.get(
        "/authorize", query_string=[*store.request(dpop_jkt=holder.jkt).items(), ("dpop_jkt", holder.jkt)]
    )
    assert answered(twice)["error"] == "invalid_request"
    assert "code" in answered(maria.authorize(store, dpop_jkt=None))


def test_dpop_jkt_outlives_the_pages(
    deployment: Deployment, browser: Browser, store: Service, holder: Holder
) -> None:
    """Somebody who has to sign in first comes back with the same request."""
    waiting = browser.authorize(store, dpop_jkt=holder.jkt)
    assert waiting.location.startswith("/signin?ask=")
    deployment.sign_in(browser)
    # The page on which people sign in leads back with the ask.
    ask_ = waiting.location.partition("ask=")[2].partition("&")[0]
    code = answered(browser.get(f"/authorize?ask={ask_}"))["code"]
    check_error(exchange(browser, store, code, None), "invalid_grant")
    assert exchange(browser, store, code, holder.proof()).status_code == 200


@pytest.mark.sr("SR-026")
def test_a_code_that_comes_twice_ends_a_bound_grant_too(
    maria: Browser, store: Service, holder: Holder
) -> None:
    code = maria.code(store)
    given = exchange(maria, store, code, holder.proof()).json
    check_error(exchange(maria, store, code, holder.proof()), "invalid_grant")
    access = given["access_token"]
    assert ask(maria, access, holder.bound(access)).status_code == 401


def test_no_statement_more_for_bound_tokens(
    deployment: Deployment, maria: Browser, store: Service, holder: Holder
) -> None:
    tokens(maria, store)  # from now on the sector knows her
    counts = []
    for proofs in ([None, None], [holder.proof(), holder.proof()]):
        code = maria.code(store)
        with deployment.statements() as seen:
            given = exchange(maria, store, code, proofs[0])
            assert given.status_code == 200, given.text
            assert refresh(maria, store, given.json["refresh_token"], proofs[1]).status_code == 200
            access = given.json["access_token"]
            bound = given.json["token_type"] == "DPoP"
            answer = ask(maria, access, holder.bound(access)) if bound else userinfo(maria, access)
            assert answer.status_code == 200
        counts.append(len([statement for statement in seen if "versions" not in statement]))
    assert counts[0] == counts[1]
