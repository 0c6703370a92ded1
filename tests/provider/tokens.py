"""What a service does with tokens, said shortly: exchange, refresh, use, introspect, revoke, and read them."""

import base64
import json
from typing import Any

from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service

ALL = "openid profile email phone offline_access"


def post(browser: Browser, path: str, service: Service, form: dict[str, str | None]) -> TestResponse:
    """POST a form as this service; None takes a parameter away."""
    sent = {name: value for name, value in form.items() if value is not None}
    if service.secret is None:
        return browser.post(path, data={"client_id": service.client_id} | sent)
    return browser.post(path, data=sent, headers={"Authorization": service.basic})


def exchange(browser: Browser, service: Service, code: str, /, **changed: str | None) -> TestResponse:
    """Redeem a code."""
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": service.redirect_uri,
        "code_verifier": service.verifier,
    }
    return post(browser, "/token", service, form | changed)


def refresh(browser: Browser, service: Service, token: str, /, **changed: str | None) -> TestResponse:
    """Use a refresh token."""
    form: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": token}
    return post(browser, "/token", service, form | changed)


def tokens(
    browser: Browser, service: Service, scope: str = "openid profile email", **asked: str
) -> dict[str, Any]:
    """The token answer for a new code; the browser must be signed in."""
    answer = exchange(browser, service, browser.code(service, scope=scope, **asked))
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def userinfo(browser: Browser, access: str) -> TestResponse:
    """Ask who this is."""
    return browser.get("/userinfo", headers={"Authorization": f"Bearer {access}"})


def introspect(browser: Browser, service: Service, token: str) -> dict[str, Any]:
    """The state of a token, as its service is told."""
    answer = post(browser, "/introspect", service, {"token": token})
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def revoke(browser: Browser, service: Service, token: str) -> TestResponse:
    """Give a token back."""
    return post(browser, "/revoke", service, {"token": token})


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, unverified."""
    return _part(token, 1)


def header(token: str) -> dict[str, Any]:
    """The header of a JWT."""
    return _part(token, 0)


def grant(deployment: Deployment) -> Any:
    """The row of the one grant that there is."""
    rows = deployment.rows("grants")
    assert len(rows) == 1
    return rows[0]


def dead(browser: Browser, service: Service, given: dict[str, Any]) -> bool:
    """Whether everything of a token answer is refused everywhere; never half of it."""
    access, renewal = given["access_token"], given["refresh_token"]
    alive = {
        userinfo(browser, access).status_code == 200,
        introspect(browser, service, access)["active"],
        introspect(browser, service, renewal)["active"],
        refresh(browser, service, renewal).status_code == 200,
    }
    assert len(alive) == 1, alive
    return not alive.pop()


def _part(token: str, number: int) -> dict[str, Any]:
    part = token.split(".")[number]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
