"""Devices that ask, and a person who allows or denies in a browser."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deployment, Service
from tests.html import PageForm, read
from tests.provider.tokens import post

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def tv(deployment: Deployment) -> Service:
    """A service of our own that runs on devices; a public client."""
    return deployment.register(
        "tv",
        client_name="Кино",
        redirect_uris=[],
        grant_types=[DEVICE_CODE, "refresh_token"],
        token_endpoint_auth_method="none",
    )


@pytest.fixture
def foreign_tv(deployment: Deployment) -> Service:
    """A third party's."""
    return deployment.register(
        "foreign-tv",
        client_name="Чужое кино",
        first_party=False,
        redirect_uris=[],
        grant_types=[DEVICE_CODE],
    )


@pytest.fixture
def device(deployment: Deployment) -> Browser:
    """What the device sends its requests with; it has no cookies of anybody's."""
    return deployment.client()


def ask(device: Browser, service: Service, /, **form: str | None) -> TestResponse:
    """`POST /device_authorization`."""
    return post(device, "/device_authorization", service, {"scope": "openid profile"} | form)


def started(device: Browser, service: Service, scope: str = "openid profile") -> dict[str, Any]:
    """The codes of a new request."""
    answer = ask(device, service, scope=scope)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def poll(device: Browser, service: Service, code: str | None, /, **changed: str | None) -> TestResponse:
    """Ask for tokens."""
    form: dict[str, str | None] = {"grant_type": DEVICE_CODE, "device_code": code}
    return post(device, "/token", service, form | changed)


def type_code(browser: Browser, user_code: str) -> TestResponse:
    """Type the code into the page; as far as our own pages lead."""
    form = read(browser.get("/device")).form("/device")
    return browser.follow(browser.post("/device", data=form.filled(user_code=user_code)))


def approval(browser: Browser, user_code: str) -> PageForm:
    """The form that allows or denies; the browser must have just signed in."""
    page = type_code(browser, user_code)
    assert page.status_code == 200, page.text
    return read(page).form("/device")


def decide(browser: Browser, user_code: str, decision: str = "allow", *scopes: str) -> TestResponse:
    """From the code to the decision."""
    form = approval(browser, user_code)
    return browser.post("/device", data=form.filled(decision=decision, scope=list(scopes)))
