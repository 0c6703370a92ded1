"""How a service pushes a request, and a browser comes with its reference."""

from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests.deployment import Browser, Service
from tests.provider.tokens import post


def push(browser: Browser, service: Service, /, **changed: str | None) -> TestResponse:
    """`POST /par`."""
    return post(browser, "/par", service, dict(service.request(**changed)))


def pushed(browser: Browser, service: Service, /, **changed: str | None) -> str:
    """The reference of a request that was taken."""
    answer = push(browser, service, **changed)
    assert answer.status_code == 201, answer.text
    return str(answer.json["request_uri"])


def visit(browser: Browser, service: Service, reference: str, /, **more: str) -> TestResponse:
    """`GET /authorize` with a reference."""
    asked = {"client_id": service.client_id, "request_uri": reference} | more
    return browser.get(f"/authorize?{urlencode(asked)}")
