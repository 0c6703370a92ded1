"""RFC 6750: how userinfo takes a bearer token, and how it says that one is not good."""

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service
from tests.provider.tokens import tokens, userinfo

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def access(deployment: Deployment, browser: Browser, store: Service) -> str:
    """An access token of somebody who is signed in."""
    deployment.sign_in(browser)
    token: str = tokens(browser, store)["access_token"]
    return token


def check_refused(answer: TestResponse, status: int, code: str) -> None:
    """The challenge of RFC 6750 §3; without an error where nothing was presented."""
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == status, answer.text
    assert challenge.startswith('Bearer realm="MostID"')
    assert (f'error="{code}"' in challenge) if code else ("error" not in challenge)
    assert answer.json == ({"error": code} if code else {})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rule("RFC 6750", "2.1", "a token comes in the header, whose scheme has no case")
@pytest.mark.rule("RFC 6750", "2.2", "or in a posted form")
@pytest.mark.rule("OIDC Core", "5.3.1", "userinfo answers GET and POST")
def test_every_way_of_presenting_a_token(browser: Browser, access: str) -> None:
    answers = [
        userinfo(browser, access),
        browser.get("/userinfo", headers={"Authorization": f"bearer {access}"}),
        browser.get("/userinfo", headers={"Authorization": f"BEARER   {access} "}),
        browser.post("/userinfo", headers={"Authorization": f"Bearer {access}"}),
        browser.post("/userinfo", headers={"Authorization": f"Bearer {access}"}, data={"other": "x"}),
        browser.post("/userinfo", data={"access_token": access}),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert {answer.text for answer in answers} == {answers[0].text}


@pytest.mark.rule("RFC 6750", "2.3", "a token in the address is refused")
@pytest.mark.sr("SR-041")
def test_a_token_in_the_address_is_refused(browser: Browser, access: str) -> None:
    check_refused(browser.get(f"/userinfo?access_token={access}"), 400, "invalid_request")
    both = browser.get(f"/userinfo?access_token={access}", headers={"Authorization": f"Bearer {access}"})
    check_refused(both, 400, "invalid_request")


@pytest.mark.rule("RFC 6750", "2", "a token comes by one way")
def test_two_ways_at_once_are_refused(browser: Browser, access: str) -> None:
    bearer = {"Authorization": f"Bearer {access}"}
    check_refused(
        browser.post("/userinfo", headers=bearer, data={"access_token": access}), 400, "invalid_request"
    )
    twice = f"access_token={access}&access_token={access}"
    check_refused(browser.post("/userinfo", data=twice, content_type=FORM), 400, "invalid_request")
    posted = {"method": "GET", "data": f"access_token={access}", "content_type": FORM}
    check_refused(browser.open("/userinfo", **posted), 401, "")


@pytest.mark.rule("RFC 6750", "3.1", "who presents no token is challenged without an error")
def test_no_token(browser: Browser, store: Service) -> None:
    for headers in ({}, {"Authorization": ""}, {"Authorization": store.basic}, {"Authorization": "Digest x"}):
        check_refused(browser.get("/userinfo", headers=headers), 401, "")
    check_refused(browser.get("/userinfo", headers={"Authorization": "Bearer"}), 401, "")


@pytest.mark.rule("RFC 6750", "3.1", "a token that is malformed, foreign or expired is invalid_token")
@pytest.mark.sr("SR-064", "SR-078")
def test_a_bad_token(deployment: Deployment, browser: Browser, store: Service, access: str) -> None:
    given = tokens(browser, store)
    head, body, signature = access.split(".")
    for bad in (
        "x", access[:-1], access + "A", f"{head}.{body}.", f"{head}.{body}.{signature[::-1]}", given["id_token"],
        given["refresh_token"], browser.code(store), browser.cookie("sid") or "", "é", "x" * 9000, f"{access},{access}",
    ):  # fmt: skip
        check_refused(userinfo(browser, bad.encode().decode("latin-1")), 401, "invalid_token")
    deployment.clock_file.advance(601)
    check_refused(userinfo(browser, access), 401, "invalid_token")


@pytest.mark.rule(
    "RFC 6750", "3.1", "a token without the scope is insufficient_scope and names what is missing"
)
def test_a_token_without_openid(
    browser: Browser, deployment: Deployment, store: Service, access: str
) -> None:
    answer = userinfo(browser, tokens(browser, store, "email")["access_token"])
    check_refused(answer, 403, "insufficient_scope")
    assert 'scope="openid"' in answer.headers["WWW-Authenticate"]


def test_other_methods(browser: Browser, access: str) -> None:
    for method in ("PUT", "DELETE", "PATCH", "HEAD"):
        answer = browser.open("/userinfo", method=method, headers={"Authorization": f"Bearer {access}"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
